"""What moto answers differently from AWS, put right inside its process; one module for each service."""

from . import account, eks, firehose, iam, logs, s3


def apply():
    for service in (account, eks, firehose, iam, logs, s3):
        service.apply()
