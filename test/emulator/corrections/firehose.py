"""Amazon Data Firehose: states, encryption, destinations and what is delivered.

- CREATING, ACTIVE, DELETING; a stream in CREATING cannot be deleted, its name is free when DELETING is over:
  https://docs.aws.amazon.com/firehose/latest/APIReference/API_DeleteDeliveryStream.html
- "Firehose is unable to assume role": https://github.com/hashicorp/terraform-provider-aws
  (internal/service/firehose/delivery_stream.go)
- DeliveryStreamEncryptionConfiguration is always described:
  https://docs.aws.amazon.com/firehose/latest/APIReference/API_DeliveryStreamEncryptionConfiguration.html
- Fields left out of UpdateDestination keep their value; both buffering hints or none:
  https://docs.aws.amazon.com/firehose/latest/APIReference/API_UpdateDestination.html
  https://docs.aws.amazon.com/firehose/latest/APIReference/API_BufferingHints.html
- ListDeliveryStreams answers 10 names when no limit is given:
  https://docs.aws.amazon.com/firehose/latest/APIReference/API_ListDeliveryStreams.html
- Object names: https://docs.aws.amazon.com/firehose/latest/dev/s3-object-name.html
- Errors of delivery: https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-logs.html
"""

import gzip
import json
import time
import uuid

from moto.core.utils import utcnow
from moto.firehose.exceptions import InvalidArgumentException, ResourceInUseException, ResourceNotFoundException
from moto.firehose.models import FirehoseBackend, create_s3_destination_config
from moto.logs.models import logs_backends
from moto.s3.models import s3_backends

from . import iam
from .cloudwatch import measure
from .world import later, settings

READ_BACK = {  # what Describe shows of an ExtendedS3 destination when the request did not say it
    "BufferingHints": {"SizeInMBs": 5, "IntervalInSeconds": 300},
    "CompressionFormat": "UNCOMPRESSED",
    "EncryptionConfiguration": {"NoEncryptionConfig": "NoEncryption"},
    "CloudWatchLoggingOptions": {"Enabled": False},
    "S3BackupMode": "Disabled",
}


def check_destination(account, destination):
    hints = destination.get("BufferingHints") or {}
    if len({"SizeInMBs", "IntervalInSeconds"} & set(hints)) == 1:
        raise InvalidArgumentException("BufferingHints needs both SizeInMBs and IntervalInSeconds")
    role = destination.get("RoleARN")
    context = {"sts:externalid": account}
    if role and not iam.trusts(role, account, "firehose.amazonaws.com", context):
        raise InvalidArgumentException(f"Firehose is unable to assume role {role}. Please check the role provided.")


def settled(stream, name, status):
    def act():
        setattr(stream, name, status)

    return act


def encrypt(stream, wanted):
    config = {"KeyType": "AWS_OWNED_CMK", **(wanted or {}), "Status": "ENABLED"}
    stream.delivery_stream_encryption_configuration = config


def deliver(self, delivery_stream_name, version_id, s3_destination, records):
    """One object for each call, at once; a delivery that fails is written to the stream's error log."""
    bucket = s3_destination["BucketARN"].split(":")[-1]
    prefix = s3_destination.get("Prefix", "")
    zipped = s3_destination.get("CompressionFormat") == "GZIP"
    now, extension = utcnow(), s3_destination.get("FileExtension") or (".gz" if zipped else "")
    hour = "" if "!{" in prefix else now.strftime("%Y/%m/%d/%H/")
    key = f"{prefix}{hour}{delivery_stream_name}-{version_id}-{now:%Y-%m-%d-%H-%M-%S}-{uuid.uuid4()}{extension}"
    data = b"".join(r["Data"] for r in records)
    owner = s3_backends.bucket_accounts.get(bucket)
    arn = f"arn:{self.partition}:s3:::{bucket}/{key}"
    context = {"aws:resourceaccount": owner[1] if owner else "", "s3:resourceaccount": owner[1] if owner else ""}
    delivered = bool(owner) and iam.allows(s3_destination["RoleARN"], "s3:PutObject", arn, context)
    values = {"IncomingRecords": len(records), "DeliveryToS3.Success": delivered, "DeliveryToS3.DataFreshness": 0}
    measure(self.account_id, self.region_name, "AWS/Firehose", {"DeliveryStreamName": delivery_stream_name}, **values)
    if not owner:
        report(self, delivery_stream_name, s3_destination, "S3.NoSuchBucket", "The specified bucket does not exist.")
    elif not delivered:
        text = "Access was denied. Ensure that the access policy allows access to the S3 bucket."
        report(self, delivery_stream_name, s3_destination, "S3.AccessDenied", text)
    else:
        s3_backends[owner[1]][owner[0]].put_object(bucket, key, gzip.compress(data) if zipped else data)
    return [{"RecordId": str(uuid.uuid4())} for _ in records]


def report(self, stream_name, destination, code, message):
    options = destination.get("CloudWatchLoggingOptions") or {}
    group = logs_backends[self.account_id][self.region_name].groups.get(options.get("LogGroupName"))
    log = group.streams.get(options.get("LogStreamName")) if group and options.get("Enabled") else None
    log_arn = f"{group.arn}:log-stream:{options['LogStreamName']}" if log else ""
    # Firehose makes neither the group nor the stream, and says nothing when it may not write.
    if log and iam.allows(destination["RoleARN"], "logs:PutLogEvents", log_arn, {}):
        stream = self.delivery_streams[stream_name]
        event = {
            "deliveryStreamARN": stream.delivery_stream_arn,
            "destination": destination["BucketARN"],
            "deliveryStreamVersionId": int(stream.version_id),
            "message": message,
            "errorCode": code,
        }
        log.put_log_events([{"timestamp": int(time.time() * 1000), "message": json.dumps(event)}])


def apply():
    create, delete, describe, names, update, send = (
        FirehoseBackend.create_delivery_stream,
        FirehoseBackend.delete_delivery_stream,
        FirehoseBackend.describe_delivery_stream,
        FirehoseBackend.list_delivery_streams,
        FirehoseBackend.update_destination,
        FirehoseBackend.send_log_event,
    )

    def existing(self, name):
        stream = self.delivery_streams.get(name)
        if not stream:
            raise ResourceNotFoundException(f"Firehose {name} not found under account {self.account_id}.")
        return stream

    # Handlers pass everything by position: region, name, type, source, encryption, s3, extended s3, …, tags.
    def create_delivery_stream(self, region, name, kind, source, encryption, s3, extended, *rest):
        if name not in self.delivery_streams and extended:
            check_destination(self.account_id, extended)
            extended = {**READ_BACK, **extended}
        arn = create(self, region, name, kind, source, encryption, s3, extended, *rest)
        stream = self.delivery_streams[name]
        stream.delivery_stream_encryption_configuration = {"Status": "DISABLED"}
        if encryption:
            encrypt(stream, encryption)
        stream.delivery_stream_status = "CREATING"
        later(settings["firehoseCreatingMs"], settled(stream, "delivery_stream_status", "ACTIVE"))
        return arn

    def delete_delivery_stream(self, name):
        stream = existing(self, name)
        if stream.delivery_stream_status == "CREATING":
            raise ResourceInUseException(f"Firehose {name} under account {self.account_id} is in state CREATING")
        if stream.delivery_stream_status != "DELETING":
            stream.delivery_stream_status = "DELETING"
            later(settings["firehoseDeletingMs"], lambda: delete(self, name))

    def update_destination(self, name, version, destination_id, s3, extended, *rest):
        stream = existing(self, name)
        if stream.delivery_stream_status != "ACTIVE":
            raise ResourceInUseException(f"Firehose {name} is not in state ACTIVE")
        check_destination(self.account_id, extended or {})
        update(self, name, version, destination_id, s3, extended, *rest)
        for destination in stream.destinations:
            if "ExtendedS3" in destination:
                destination["S3"] = create_s3_destination_config(destination["ExtendedS3"])

    def describe_delivery_stream(self, name):
        existing(self, name)
        return describe(self, name)

    def start_delivery_stream_encryption(self, name, wanted):
        stream = existing(self, name)
        stream.delivery_stream_encryption_configuration = {**(wanted or {}), "Status": "ENABLING"}
        later(settings["firehoseCreatingMs"], lambda: encrypt(stream, wanted))

    def send_log_event(self, delivery_stream_arn, *rest):
        if self.lookup_name_from_arn(delivery_stream_arn):  # the event is lost when the stream is gone
            send(self, delivery_stream_arn, *rest)

    FirehoseBackend.create_delivery_stream = create_delivery_stream
    FirehoseBackend.delete_delivery_stream = delete_delivery_stream
    FirehoseBackend.describe_delivery_stream = describe_delivery_stream
    FirehoseBackend.update_destination = update_destination
    FirehoseBackend.list_delivery_streams = lambda self, limit, *rest: names(self, limit or 10, *rest)
    FirehoseBackend.start_delivery_stream_encryption = start_delivery_stream_encryption
    FirehoseBackend.send_log_event = send_log_event
    FirehoseBackend.put_s3_records = deliver
