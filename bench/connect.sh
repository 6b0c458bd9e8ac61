#!/usr/bin/env bash
# Connects every EKS cluster of some regions as rad-connect does, the way such scripts are written: with the aws CLI, one step
# after the other, waiting for what takes its time. It makes the same things, and looks at no more than it needs to make them.
set -euo pipefail
errors=$(mktemp)
trap 'rm -f "$errors"' EXIT
export AWS_PAGER=

EXTERNAL_ID=$1
shift
RAD_ROLE=arn:aws:iam::955322216602:role/ksoc-data-pipeline
NAME=rad-eks-audit-logs
RETENTION=7
: "${FILTER_PATTERN:?which events to deliver}"
export AWS_DEFAULT_REGION=us-east-1
ACCOUNT=$(aws sts get-caller-identity --query Account --output text)
BUCKETS="arn:aws:s3:::$NAME-$ACCOUNT-*"
OF_ACCOUNT="{\"StringEquals\": {\"aws:ResourceAccount\": \"$ACCOUNT\"}}"

policy() { echo "{\"Version\": \"2012-10-17\", \"Statement\": [$1]}"; }

role() { # name, trust, permissions
  aws iam create-role --role-name "$1" --assume-role-policy-document "$(policy "$2")" >/dev/null
  aws iam put-role-policy --role-name "$1" --policy-name rad-connect --policy-document "$(policy "$3")"
}

retry() { # what IAM has not told everybody yet
  local i
  for i in $(seq 60); do
    if "$@" 2>"$errors"; then return; fi
    sleep 2
  done
  cat "$errors" >&2
  return 1
}

accounts() {
  role rad-audit-logs \
    "{\"Effect\": \"Allow\", \"Principal\": {\"AWS\": \"$RAD_ROLE\"}, \"Action\": \"sts:AssumeRole\", \"Condition\": {\"StringEquals\": {\"sts:ExternalId\": \"$EXTERNAL_ID\"}}}, {\"Effect\": \"Allow\", \"Principal\": {\"AWS\": \"$RAD_ROLE\"}, \"Action\": \"sts:TagSession\"}" \
    "{\"Effect\": \"Allow\", \"Action\": [\"s3:GetBucketLocation\", \"s3:GetObject\", \"s3:ListBucket\"], \"Resource\": [\"$BUCKETS\", \"$BUCKETS/*\"], \"Condition\": $OF_ACCOUNT}"
  role rad-cloudwatch-logs \
    "{\"Effect\": \"Allow\", \"Principal\": {\"Service\": \"logs.amazonaws.com\"}, \"Action\": \"sts:AssumeRole\", \"Condition\": {\"StringLike\": {\"aws:SourceArn\": \"arn:aws:logs:*:$ACCOUNT:*\"}}}" \
    "{\"Effect\": \"Allow\", \"Action\": [\"firehose:PutRecord\", \"firehose:PutRecordBatch\"], \"Resource\": \"arn:aws:firehose:*:$ACCOUNT:deliverystream/$NAME\"}"
  role rad-firehose \
    "{\"Effect\": \"Allow\", \"Principal\": {\"Service\": \"firehose.amazonaws.com\"}, \"Action\": \"sts:AssumeRole\", \"Condition\": {\"StringEquals\": {\"sts:ExternalId\": \"$ACCOUNT\"}}}" \
    "{\"Effect\": \"Allow\", \"Action\": [\"s3:AbortMultipartUpload\", \"s3:GetBucketLocation\", \"s3:GetObject\", \"s3:ListBucket\", \"s3:ListBucketMultipartUploads\", \"s3:PutObject\"], \"Resource\": [\"$BUCKETS\", \"$BUCKETS/*\"], \"Condition\": $OF_ACCOUNT}, {\"Effect\": \"Allow\", \"Action\": \"logs:PutLogEvents\", \"Resource\": \"arn:aws:logs:*:$ACCOUNT:log-group:/aws/kinesisfirehose/$NAME:log-stream:S3Delivery\"}"
}

region() { # everything that a region has once
  export AWS_DEFAULT_REGION=$1
  local bucket=$NAME-$ACCOUNT-$1-an place=()
  [ "$1" = us-east-1 ] || place=(--create-bucket-configuration "LocationConstraint=$1")
  aws s3api create-bucket --bucket "$bucket" --bucket-namespace account-regional "${place[@]}" >/dev/null
  aws s3api put-bucket-tagging --bucket "$bucket" --tagging 'TagSet=[{Key=rad-data-type,Value=eks-audit-logs},{Key=ksoc-data-type,Value=eks-audit-logs}]'
  aws s3api put-bucket-versioning --bucket "$bucket" --versioning-configuration Status=Enabled
  aws s3api put-bucket-lifecycle-configuration --bucket "$bucket" --lifecycle-configuration \
    "{\"Rules\": [{\"ID\": \"rad-connect\", \"Status\": \"Enabled\", \"Filter\": {\"Prefix\": \"\"}, \"Expiration\": {\"Days\": $RETENTION}, \"NoncurrentVersionExpiration\": {\"NoncurrentDays\": $RETENTION}, \"AbortIncompleteMultipartUpload\": {\"DaysAfterInitiation\": $RETENTION}}]}" >/dev/null
  aws s3api put-bucket-policy --bucket "$bucket" --policy "$(policy "{\"Sid\": \"RadConnectTlsOnly\", \"Effect\": \"Deny\", \"Principal\": \"*\", \"Action\": \"s3:*\", \"Resource\": [\"arn:aws:s3:::$bucket\", \"arn:aws:s3:::$bucket/*\"], \"Condition\": {\"Bool\": {\"aws:SecureTransport\": \"false\", \"aws:PrincipalIsAWSService\": \"false\"}}}")"

  aws logs create-log-group --log-group-name "/aws/kinesisfirehose/$NAME"
  aws logs put-retention-policy --log-group-name "/aws/kinesisfirehose/$NAME" --retention-in-days 14
  aws logs create-log-stream --log-group-name "/aws/kinesisfirehose/$NAME" --log-stream-name S3Delivery

  retry aws firehose create-delivery-stream --delivery-stream-name "$NAME" --delivery-stream-type DirectPut \
    --delivery-stream-encryption-configuration-input KeyType=AWS_OWNED_CMK --extended-s3-destination-configuration \
    "{\"BucketARN\": \"arn:aws:s3:::$bucket\", \"RoleARN\": \"arn:aws:iam::$ACCOUNT:role/rad-firehose\", \"Prefix\": \"\", \"ErrorOutputPrefix\": \"errors/!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd/HH}/\", \"FileExtension\": \".gz\", \"CompressionFormat\": \"UNCOMPRESSED\", \"BufferingHints\": {\"IntervalInSeconds\": 60, \"SizeInMBs\": 5}, \"ProcessingConfiguration\": {\"Enabled\": false, \"Processors\": []}, \"CloudWatchLoggingOptions\": {\"Enabled\": true, \"LogGroupName\": \"/aws/kinesisfirehose/$NAME\", \"LogStreamName\": \"S3Delivery\"}, \"EncryptionConfiguration\": {\"NoEncryptionConfig\": \"NoEncryption\"}}" >/dev/null
  until [ "$(aws firehose describe-delivery-stream --delivery-stream-name "$NAME" --query DeliveryStreamDescription.DeliveryStreamStatus --output text)" = ACTIVE ]; do
    sleep 1
  done

  local cluster
  for cluster in $(aws eks list-clusters --query 'clusters[]' --output text); do connect "$1" "$cluster"; done
}

connect() { # region, cluster
  local group=/aws/eks/$2/cluster update
  if [ -z "$(aws logs describe-log-groups --log-group-name-prefix "$group" --query "logGroups[?logGroupName=='$group'].arn" --output text)" ]; then
    aws logs create-log-group --log-group-name "$group"
    aws logs put-retention-policy --log-group-name "$group" --retention-in-days 90
  fi
  retry aws logs put-subscription-filter --log-group-name "$group" --filter-name "$NAME" --filter-pattern "$FILTER_PATTERN" \
    --destination-arn "arn:aws:firehose:$1:$ACCOUNT:deliverystream/$NAME" --role-arn "arn:aws:iam::$ACCOUNT:role/rad-cloudwatch-logs"
  case "$(aws eks describe-cluster --name "$2" --query 'cluster.logging.clusterLogging[?enabled].types[]' --output text)" in
    *audit*) return ;;
  esac
  update=$(aws eks update-cluster-config --name "$2" --logging '{"clusterLogging": [{"types": ["audit"], "enabled": true}]}' --query update.id --output text)
  until [ "$(aws eks describe-update --name "$2" --update-id "$update" --query update.status --output text)" = Successful ]; do
    sleep 1
  done
}

accounts
for one in "$@"; do region "$one"; done
