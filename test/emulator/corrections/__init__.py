"""What moto answers differently from AWS, put right inside its process; one module for each service."""

from . import account, cloudwatch, eks, firehose, iam, logs, s3


def apply():
    for service in (account, cloudwatch, eks, firehose, iam, logs, s3):
        service.apply()
