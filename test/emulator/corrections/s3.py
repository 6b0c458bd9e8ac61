"""Amazon S3: new buckets, owners and bucket policies.

- Tags given at creation are kept, a name you own already is refused (in us-east-1 only an account-regional one is),
  and the suffix -an belongs to the account-regional namespace:
  https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
  https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
- A new bucket blocks public access, has no ACLs and is encrypted:
  https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
  https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html
- Another account's bucket answers 403:
  https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
- moto reads bucket policies without their conditions, so a statement that denies insecure transport denies all.
  Statements with a condition are stored and shown, and not enforced.
  https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies.html#example-bucket-policies-HTTP-HTTPS
- Lifecycle and encryption read back more than was put:
  https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLifecycleConfiguration.html
  https://docs.aws.amazon.com/AmazonS3/latest/API/API_ServerSideEncryptionRule.html
"""

import json

import xmltodict
from moto.core.responses import ActionResult
from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3.exceptions import BucketAlreadyOwnedByYou, InvalidBucketName
from moto.s3.models import FakeBucket, PublicAccessBlock, S3Backend, s3_backends
from moto.s3.responses import S3Response

from .iam import as_list


def refusal(status, code, message, method):
    text = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return status, {"content-type": "application/xml"}, "" if method == "HEAD" else text


def someone_elses(self):
    """The bucket is not the expected owner's, or not the caller's and has no policy that could let the caller in."""
    owner = s3_backends.bucket_accounts.get(self.bucket_name)
    if not owner:
        return False
    expected = self.headers.get("x-amz-expected-bucket-owner")
    if expected and expected != owner[1]:
        return True
    bucket = s3_backends[owner[1]][owner[0]].buckets.get(self.bucket_name)
    return owner[1] != self.current_account and bucket is not None and bucket.policy is None


def fill(self, bucket):
    """What AWS gives every new bucket."""
    bucket.public_access_block = PublicAccessBlock("true", "true", "true", "true")
    default = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": "false"}
    bucket.encryption = {"Rule": default}
    bucket.ownership_rule = bucket.ownership_rule or "BucketOwnerEnforced"
    body = xmltodict.parse(self.body)["CreateBucketConfiguration"] if self.body else {}
    tags = as_list(((body or {}).get("Tags") or {}).get("Tag") or [])
    if tags:
        self.backend.put_bucket_tagging(bucket.name, {t["Key"]: t.get("Value") or "" for t in tags})


def create_bucket(self, create):
    name, known = self.bucket_name, self.bucket_name in s3_backends.bucket_accounts
    regional = self.headers.get("x-amz-bucket-namespace") == "account-regional"
    if name.endswith("-an") and not regional:
        raise InvalidBucketName()
    if known and regional and s3_backends.bucket_accounts[name][1] == self.current_account:
        raise BucketAlreadyOwnedByYou(bucket_name=name)
    answer = create()
    if not known and name in s3_backends.bucket_accounts:
        fill(self, self.backend.get_bucket(name))
    return answer


def apply():
    on_bucket, on_key = S3Response._bucket_response, S3Response._key_response
    delete, lifecycle, encryption = (
        S3Backend.delete_bucket,
        S3Response.get_bucket_lifecycle,
        S3Response.get_bucket_encryption,
    )

    def bucket_response(self, request, full_url):
        creating = request.method == "PUT" and not set(request.args) - {"x-id"}
        if creating and self.bucket_name:
            return create_bucket(self, lambda: on_bucket(self, request, full_url))
        if someone_elses(self):
            return refusal(403, "AccessDenied", "Access Denied", request.method)
        if request.method == "PUT" and "policy" in request.args:
            try:
                json.loads(self.body)["Statement"]
            except (ValueError, KeyError, TypeError):
                return refusal(400, "MalformedPolicy", "Policies must be valid JSON", request.method)
        return on_bucket(self, request, full_url)

    def key_response(self, request, full_url):
        if someone_elses(self):
            return refusal(403, "AccessDenied", "Access Denied", request.method)
        return on_key(self, request, full_url)

    def get_permission(self, action, resource):
        if self.policy is None:
            return PermissionResult.NEUTRAL
        policy = json.loads(self.policy)
        plain = [s for s in as_list(policy["Statement"]) if not s.get("Condition")]
        if not plain:
            return PermissionResult.NEUTRAL
        return IAMPolicy(json.dumps({**policy, "Statement": plain})).is_action_permitted(action, resource)

    def get_bucket_encryption(self):
        """New buckets refuse customer-provided keys, and say so, whatever was put."""
        rule = (self.backend.get_bucket_encryption(self.bucket_name) or {}).get("Rule")
        if not rule:
            return encryption(self)
        blocked = as_list((rule.get("BlockedEncryptionTypes") or {}).get("EncryptionType") or "SSE-C")
        shown = {
            "ApplyServerSideEncryptionByDefault": rule["ApplyServerSideEncryptionByDefault"],
            "BucketKeyEnabled": str(rule.get("BucketKeyEnabled")).lower() == "true",
            "BlockedEncryptionTypes": {"EncryptionType": blocked},
        }
        self.data["Action"] = "GetBucketEncryption"
        return self.serialized(ActionResult({"ServerSideEncryptionConfiguration": {"Rules": [shown]}}))

    def get_bucket_lifecycle(self):
        status, headers, body = lifecycle(self)
        return status, {**headers, "x-amz-transition-default-minimum-object-size": "all_storage_classes_128K"}, body

    def delete_bucket(self, bucket_name):
        gone = delete(self, bucket_name)
        if gone:
            self.tagger.delete_all_tags_for_resource(gone.arn)
        return gone

    S3Response._bucket_response, S3Response._key_response = bucket_response, key_response
    S3Response.get_bucket_encryption, S3Response.get_bucket_lifecycle = get_bucket_encryption, get_bucket_lifecycle
    S3Backend.delete_bucket, FakeBucket.get_permission = delete_bucket, get_permission
