"""Amazon CloudWatch: the metrics that CloudWatch Logs and Data Firehose write of themselves. moto has none of them.

- AWS/Logs, by log group; and by log group, destination type and filter:
  https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html
- AWS/Firehose, by stream:
  https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-metrics.html
"""

from datetime import timedelta

from moto.cloudwatch.models import MetricDatum, cloudwatch_backends
from moto.core.utils import utcnow
from moto.firehose.models import firehose_backends
from moto.logs.models import LogStream

from . import iam
from .world import settings


def measure(account, region, namespace, dimensions, **values):
    named = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    at = utcnow() - timedelta(milliseconds=settings["metricsAgeMs"])
    data = cloudwatch_backends[account][region].metric_data
    data.extend(MetricDatum(namespace, name, float(value), named, at) for name, value in values.items())


def apply():
    put, send = LogStream.put_log_events, LogStream._send_log_events

    def put_log_events(self, log_events):
        dimensions = {"LogGroupName": self.log_group.name}
        measure(self.account_id, self.region, "AWS/Logs", dimensions, IncomingLogEvents=len(log_events))
        return put(self, log_events)

    def _send_log_events(self, service, destination_arn, filter_name, log_events):
        if service != "firehose":
            return send(self, service, destination_arn, filter_name, log_events)
        group, count = self.log_group, len(log_events)
        dimensions = {"LogGroupName": group.name, "DestinationType": "Firehose", "FilterName": filter_name}
        role = group.subscription_filters[filter_name].role_arn
        context = {"aws:resourceaccount": self.account_id}
        stream = firehose_backends[self.account_id][self.region].lookup_name_from_arn(destination_arn)
        # The events of a filter that cannot deliver are lost, and counted.
        if not stream or not iam.allows(role, "firehose:PutRecord", destination_arn, context):
            return measure(self.account_id, self.region, "AWS/Logs", dimensions, DeliveryErrors=count)
        send(self, service, destination_arn, filter_name, log_events)
        measure(self.account_id, self.region, "AWS/Logs", dimensions, ForwardedLogEvents=count)

    LogStream.put_log_events, LogStream._send_log_events = put_log_events, _send_log_events
