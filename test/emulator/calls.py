"""Which AWS operation is this HTTP request, in which region, on what?"""

import json
import re
from functools import lru_cache
from urllib.parse import parse_qsl, unquote

from botocore.session import get_session

READS = ("Get", "List", "Describe", "Head", "Lookup", "Filter", "Simulate", "Test", "Assume")
RESOURCES = (
    *("DeliveryStreamName", "logGroupName", "resourceArn", "logGroupNamePrefix"),
    *("RoleName", "PolicyArn", "PolicyName", "RoleArn"),
)


@lru_cache
def routes(service):
    """(method, path pattern, names in the query, operation) of a REST service, the most exact ones first."""
    try:
        model = get_session().get_service_model(service)
    except Exception:
        return ()
    found = []
    for name in model.operation_names:
        operation = model.operation_model(name)
        if "requestUri" not in operation.http or operation.deprecated or name == "ListDirectoryBuckets":
            continue
        path, _, query = operation.http["requestUri"].partition("?")
        greedy = "[^/]+" if service == "s3" else ".+"
        pattern = re.sub(r"\{[^}]+\+\}", "(.+)", path.rstrip("/"))
        pattern = re.sub(r"\{[^}]+\}$", f"({greedy})", pattern)
        pattern = re.sub(r"\{[^}]+\}", "([^/]+)", pattern)
        names = {k for k, _ in parse_qsl(query, keep_blank_values=True)} - {"x-id"}
        found.append((operation.http["method"], re.compile(pattern + "/?$"), names, name))
    return tuple(sorted(found, key=lambda r: (-len(r[2]), -len(r[1].pattern.replace(".+", "")), r[3])))


def identify(environ, body):
    """{service, operation, region, resource, write, protocol} of a request."""
    scope = re.search(r"Credential=([^,\s]+)", environ.get("HTTP_AUTHORIZATION", ""))
    _, _, region, service, *_ = [*scope.group(1).split("/"), *[""] * 5] if scope else ("", "", "us-east-1", "s3")
    path, _, query = (environ.get("RAW_URI") or environ.get("PATH_INFO", "")).partition("?")
    method, target = environ["REQUEST_METHOD"], environ.get("HTTP_X_AMZ_TARGET")
    protocol, operation, params, labels = "rest-json", f"{method} {path}", {}, ()
    if target:
        protocol, operation, params = "json", target.split(".")[-1], parsed(body)
    elif environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        protocol, params = "query", dict(parse_qsl(body.decode("utf-8", "replace")))
        operation = params.get("Action", operation)
    else:
        protocol = "s3" if service == "s3" else protocol
        asked = {k for k, _ in parse_qsl(query, keep_blank_values=True)}
        for verb, pattern, names, name in routes(service):
            match = verb == method and names <= asked and pattern.match(path)
            if match:
                operation, labels = name, match.groups()
                break
        if operation == "PutObject" and "HTTP_X_AMZ_COPY_SOURCE" in environ:
            operation = "CopyObject"
        params = {} if protocol == "s3" else parsed(body)
    named = next((str(params[k]) for k in RESOURCES if k in params), str(params.get("name", "")))
    return {
        "service": service,
        "operation": operation,
        "region": region,
        "resource": "/".join(unquote(label) for label in labels) or named,
        "write": not operation.startswith(READS),
        "protocol": protocol,
    }


def parsed(body):
    try:
        value = json.loads(body or b"{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def error(protocol, status, code, message):
    """(status, headers, body) of an error in the shape the service's clients read."""
    if protocol in ("s3", "query"):
        inner = f"<Code>{code}</Code><Message>{message}</Message>".replace("&", "&amp;")
        body = f"<Error>{inner}</Error>"
        body = body if protocol == "s3" else f"<ErrorResponse>{body}</ErrorResponse>"
        return status, [("Content-Type", "application/xml")], body.encode()
    kind = "application/x-amz-json-1.1" if protocol == "json" else "application/json"
    body = json.dumps({"__type": code, "message": message}).encode()
    return status, [("Content-Type", kind), ("x-amzn-errortype", code)], body
