"""Amazon CloudWatch Logs: subscription filters, tags and retention.

- PutSubscriptionFilter on an existing name overwrites it, at the limit too; its limits and its errors:
  https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutSubscriptionFilter.html
- It sends a real test message through the stream, which must be ACTIVE and writable by the role:
  https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/logs/SubscriptionFilters.html
  The two texts: https://github.com/hashicorp/terraform-provider-aws (internal/service/logs/subscription_filter.go)
- DescribeSubscriptionFilters takes a prefix and answers in ASCII order:
  https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeSubscriptionFilters.html
- Only the days listed may be a retention:
  https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
- Tags belong to the group, and go with it:
  https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_TagResource.html
- Log classes: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/logs/CloudWatch_Logs_Log_Classes.html
"""

import gzip
import json
import re
import time

from moto.firehose.models import firehose_backends
from moto.logs.exceptions import (
    InvalidParameterException,
    LimitExceededException,
    LogsClientError,
    ResourceNotFoundException,
    ValidationException,
)
from moto.logs.models import LogGroup, LogsBackend, SubscriptionFilter
from moto.logs.responses import LogsResponse

from . import iam
from .world import settings

RETENTION = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
NO_DELIVERY = (
    "Could not deliver test message to specified Firehose stream. "
    "Check if the given Firehose stream is in ACTIVE state."
)
NO_ROLE = "Make sure you have given CloudWatch Logs permission to assume the provided role."


def check_delivery(group, stream_arn, role_arn):
    """What CloudWatch Logs proves with its test message: role, stream, permission."""
    _, _, _, region, account, resource = stream_arn.split(":", 5)
    if not role_arn:
        raise InvalidParameterException("destinationArn for vendor firehose requires a roleArn")
    stream = firehose_backends[group.account_id][group.region].delivery_streams.get(resource.split("/")[-1])
    here = (region, account) == (group.region, group.account_id)
    if not here or not stream or stream.delivery_stream_status != "ACTIVE" or not iam.find(role_arn):
        raise InvalidParameterException(NO_DELIVERY)
    context = {"aws:sourcearn": f"{group.arn}:*", "aws:sourceaccount": account}
    if not iam.trusts(role_arn, account, "logs.amazonaws.com", context) and not iam.trusts(
        role_arn, account, f"logs.{region}.amazonaws.com", context
    ):
        raise ValidationException(NO_ROLE)
    if not iam.allows(role_arn, "firehose:PutRecord", stream_arn, {"aws:resourceaccount": account}):
        raise InvalidParameterException(NO_DELIVERY)


def send_test_message(group, stream_arn):
    text = "CWL CONTROL MESSAGE: Checking health of destination Firehose."
    message = {
        "messageType": "CONTROL_MESSAGE",
        "owner": "CloudwatchLogs",
        "logGroup": "",
        "logStream": "",
        "subscriptionFilters": [],
        "logEvents": [{"id": "", "timestamp": int(time.time() * 1000), "message": text}],
    }
    record = {"Data": gzip.compress(json.dumps(message).encode())}
    firehose_backends[group.account_id][group.region].put_record_batch(stream_arn.split("/")[-1], [record])


def put_filter(self, filter_name, filter_pattern, destination_arn, role_arn):
    old = self.subscription_filters.get(filter_name)
    if old:
        old.update(filter_pattern, destination_arn, role_arn)
    elif len(self.subscription_filters) >= settings["filterLimit"]:
        raise LimitExceededException()
    else:
        made = SubscriptionFilter(filter_name, self.name, filter_pattern, destination_arn, role_arn)
        self.subscription_filters[filter_name] = made


def put_retention_policy(self, log_group_name, retention_in_days):
    if retention_in_days not in RETENTION:
        allowed = f"Member must satisfy enum value set: {list(RETENTION)}"
        raise InvalidParameterException(constraint=allowed, parameter="retentionInDays", value=retention_in_days)
    if log_group_name not in self.groups:
        raise ResourceNotFoundException()
    self.groups[log_group_name].set_retention_policy(retention_in_days)


def describe_subscription_filters(self):
    prefix, limit = self._get_param("filterNamePrefix") or "", self._get_param("limit") or 50
    group = self._get_param("logGroupName")
    found = sorted(self.logs_backend.describe_subscription_filters(group), key=lambda f: f.name)
    found = [f.to_json() for f in found if f.name.startswith(prefix) and f.name > (self._get_param("nextToken") or "")]
    more = {"nextToken": found[limit - 1]["filterName"]} if len(found) > limit else {}
    return json.dumps({"subscriptionFilters": found[:limit], **more})


def describe_by_pattern(self):
    """logGroupNamePattern: anywhere in the name, and only three fields of each group."""
    pattern = self._get_param("logGroupNamePattern")
    names = sorted(name for name in self.logs_backend.groups if pattern.lower() in name.lower())
    all_fields = [self.logs_backend.groups[name].to_describe_dict() for name in names]
    return json.dumps({"logGroups": [{k: g[k] for k in ("arn", "creationTime", "logGroupName")} for g in all_fields]})


def apply():
    put, describe_groups, create = (
        LogsResponse.put_subscription_filter,
        LogsResponse.describe_log_groups,
        LogsResponse.create_log_group,
    )
    delete, to_dict, to_json = LogsBackend.delete_log_group, LogGroup.to_describe_dict, SubscriptionFilter.to_json

    def put_subscription_filter(self):
        p = json.loads(self.body)
        group = self.logs_backend.groups.get(p["logGroupName"])
        if not group:
            raise ResourceNotFoundException()
        if not re.fullmatch(r"[^:*]{1,512}", p["filterName"]) or len(p["filterPattern"]) > 1024:
            raise InvalidParameterException("1 validation error detected: filterName or filterPattern")
        if getattr(group, "log_class", "STANDARD") != "STANDARD":
            raise LogsClientError("InvalidOperationException", "The operation is not valid on the specified resource.")
        to_firehose = p["destinationArn"].split(":")[2] == "firehose"
        if to_firehose:
            check_delivery(group, p["destinationArn"], p.get("roleArn"))
        answer = put(self)
        group.subscription_filters[p["filterName"]].distribution = p.get("distribution") or "ByLogStream"
        if to_firehose and settings["testMessage"]:
            send_test_message(group, p["destinationArn"])
        return answer

    def create_log_group(self):
        answer = create(self)
        group = self.logs_backend.groups[self._get_param("logGroupName")]
        group.log_class = self._get_param("logGroupClass") or "STANDARD"
        return answer

    def delete_log_group(self, log_group_name):
        group = self.groups.get(log_group_name)
        delete(self, log_group_name)
        self.tagger.delete_all_tags_for_resource(group.arn)

    def of_group(method):
        """The resource of a tag call is a group that exists; its ARN may end in ':*'."""

        def call(self, arn, *args):
            arn = arn.removesuffix(":*")
            if ":log-group:" in arn and arn.split(":log-group:")[1] not in self.groups:
                raise ResourceNotFoundException()
            return method(self, arn, *args)

        return call

    LogGroup.put_subscription_filter = put_filter
    LogGroup.to_describe_dict = lambda g: {**to_dict(g), "logGroupClass": getattr(g, "log_class", "STANDARD")}
    SubscriptionFilter.to_json = lambda f: {**to_json(f), "distribution": getattr(f, "distribution", "ByLogStream")}
    LogsBackend.put_retention_policy, LogsBackend.delete_log_group = put_retention_policy, delete_log_group
    LogsBackend.tag_resource = of_group(LogsBackend.tag_resource)
    LogsBackend.untag_resource = of_group(LogsBackend.untag_resource)
    LogsBackend.list_tags_for_resource = of_group(LogsBackend.list_tags_for_resource)
    LogsResponse.put_subscription_filter, LogsResponse.create_log_group = put_subscription_filter, create_log_group
    LogsResponse.describe_subscription_filters = describe_subscription_filters
    LogsResponse.describe_log_groups = lambda self: (
        describe_by_pattern if self._get_param("logGroupNamePattern") else describe_groups
    )(self)
    LogsResponse.describe_account_policies = lambda _: json.dumps({"accountPolicies": []})
