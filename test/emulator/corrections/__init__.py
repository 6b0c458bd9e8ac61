"""What moto answers differently from AWS, put right inside its process; one module for each service."""

from . import account, athena, cloudwatch, eks, firehose, glue, iam, logs, s3


def apply():
    for service in (account, athena, cloudwatch, eks, firehose, glue, iam, logs, s3):
        service.apply()
