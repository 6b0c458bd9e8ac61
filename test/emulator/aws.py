#!/usr/bin/env python3
"""An AWS for tests: moto's server with corrections, on loopback.

    python3 aws.py [--port N] [--with-parent]

Prints {"port": N} when it is ready. --with-parent ends the process when its standard input closes.

    GET  /__calls            [{service, operation, region, resource, status, write, error, userAgent, expectedOwner}]
    POST /__calls            forget them
    POST /__reset            an empty account, no calls, the settings of the start
    POST /__config {…}       settings (corrections/world.py)

Requests with the header x-emulator-quiet: 1 are not listed: for setting a test up and looking at it.
"""

import argparse
import io
import json
import os
import sys
import threading
import traceback

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]  # moto makes SDK clients to read their models: they must find no real account
os.environ.update(AWS_ACCESS_KEY_ID="none", AWS_SECRET_ACCESS_KEY="none", AWS_EC2_METADATA_DISABLED="true")
os.environ.update(AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull)
os.environ.setdefault("MOTO_ALLOW_NONEXISTENT_REGION", "true")

import corrections  # noqa: E402
from calls import error, identify  # noqa: E402
from corrections import account, world  # noqa: E402
from moto.moto_api._internal.models import moto_api_backend  # noqa: E402
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app  # noqa: E402
from werkzeug.serving import WSGIRequestHandler, make_server  # noqa: E402

UNKNOWN = {"observabilityadmin"}  # moto has no such service, and breaks on its requests

GLOBAL = ("iam", "sts", "account", "organizations")
HTML = "text/html"


class Emulator:
    def __init__(self):
        self.moto = DomainDispatcherApplication(create_backend_app)
        # moto is not made for threads: one request at a time.
        self.lock = threading.Lock()
        self.calls = []

    def __call__(self, environ, start_response):
        chunked = environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked"
        body = environ["wsgi.input"].read(-1 if chunked else int(environ.get("CONTENT_LENGTH") or 0))
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        environ.update({"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))})
        with self.lock:
            if environ["PATH_INFO"].startswith("/__"):
                status, headers, content = self.control(environ, body)
            else:
                status, headers, content = self.call(environ, body)
        if environ["REQUEST_METHOD"] != "HEAD":
            headers = [(k, v) for k, v in headers if k.lower() != "content-length"]
            headers.append(("Content-Length", str(len(content))))
        start_response(f"{status} -", headers)
        return [content]

    def control(self, environ, body):
        asked = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
        answer = {}
        if asked == "GET /__calls":
            answer = self.calls
        elif asked == "POST /__calls":
            self.calls = []
        elif asked == "POST /__reset":
            moto_api_backend.reset()
            world.reset()
            self.calls = []
        elif asked == "POST /__config":
            try:
                world.configure(json.loads(body))
            except ValueError as wrong:
                return error("rest-json", 400, "BadConfig", str(wrong))
        else:
            return error("rest-json", 404, "UnknownControl", asked)
        return 200, [("Content-Type", "application/json")], json.dumps(answer).encode()

    def call(self, environ, body):
        world.settle()
        call = identify(environ, body)
        protocol = call.pop("protocol")
        quiet = environ.get("HTTP_X_EMULATOR_QUIET") == "1"
        if account.disabled(call["region"]) and call["service"] not in GLOBAL:
            # A region that is not enabled does not know the account's keys.
            # https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html
            text = "The security token included in the request is invalid."
            answer = error(protocol, 403, "UnrecognizedClientException", text)
        else:
            answer = self.ask_moto(environ, protocol, call)
        if not quiet:
            self.calls.append(
                {
                    **call,
                    "status": answer[0],
                    "error": error_code(answer),
                    "userAgent": environ.get("HTTP_USER_AGENT", ""),
                    "expectedOwner": environ.get("HTTP_X_AMZ_EXPECTED_BUCKET_OWNER"),
                }
            )
        return answer

    def ask_moto(self, environ, protocol, call):
        caught = {}

        def start_response(status, headers, _exc_info=None):
            caught.update(status=int(status.split()[0]), headers=headers)

        name = f"{call['service']}:{call['operation']}"
        if call["service"] in UNKNOWN:
            return error(protocol, 501, "NotImplemented", f"{name} is not part of this emulator")
        try:
            parts = self.moto(environ, start_response)
            content = b"".join(parts)
            if hasattr(parts, "close"):
                parts.close()
        except NotImplementedError as missing:
            return error(protocol, 501, "NotImplemented", f"{name}: {missing}")
        except Exception as broken:
            traceback.print_exc()
            return error(protocol, 500, "InternalFailure", f"{name}: {broken!r}")
        kind = dict((k.lower(), v) for k, v in caught["headers"]).get("content-type", "")
        unknown = caught["status"] in (404, 405) and kind.startswith(HTML) and b"<!doctype" in content[:20].lower()
        if unknown:  # moto has no such route: a page for browsers, which no SDK can read
            return error(protocol, 501, "NotImplemented", f"{name} is not part of this emulator")
        return caught["status"], caught["headers"], content


def error_code(answer):
    status, headers, content = answer
    if status < 400:
        return None
    named = {k.lower(): v for k, v in headers}.get("x-amzn-errortype")
    if named:
        return named
    text = content.decode("utf-8", "replace")
    if "<Code>" in text:
        return text.split("<Code>")[1].split("<")[0]
    try:
        return json.loads(text).get("__type", "").split("#")[-1] or None
    except ValueError:
        return None


class Silent(WSGIRequestHandler):
    def log(self, *_args):
        pass


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--with-parent", action="store_true")
    args = parser.parse_args()
    world.reset()
    corrections.apply()
    server = make_server("127.0.0.1", args.port, Emulator(), threaded=True, request_handler=Silent)
    if args.with_parent:

        def end():
            sys.stdin.read()
            os._exit(0)

        threading.Thread(target=end, daemon=True).start()
    print(json.dumps({"port": server.server_port}), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
