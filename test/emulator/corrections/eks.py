"""Amazon EKS: control plane logging.

moto replaces the whole logging configuration at once, answers {cluster} and knows no updates. AWS:
- UpdateClusterConfig is asynchronous and answers {update}; types not named keep their state; one update at a time.
  https://docs.aws.amazon.com/eks/latest/APIReference/API_UpdateClusterConfig.html
- The texts of the two refusals: https://github.com/aws-controllers-k8s/eks-controller (cluster/hook.go) and
  https://github.com/cloud-custodian/cloud-custodian/issues/9250
- EKS makes /aws/eks/NAME/cluster when it first writes, and makes it again when it is deleted while logging is on.
  https://docs.aws.amazon.com/eks/latest/userguide/control-plane-logs.html
  https://github.com/terraform-aws-modules/terraform-aws-eks/issues/2763
- Tag calls on a missing cluster answer NotFoundException, and UntagResource takes several keys.
  https://docs.aws.amazon.com/eks/latest/APIReference/API_UntagResource.html
"""

import json
import uuid

import moto.eks.utils
from boto3 import Session
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow
from moto.eks import urls
from moto.eks.exceptions import EKSError, InvalidParameterException, ResourceInUseException, ResourceNotFoundException
from moto.eks.models import EKSBackend, eks_backends
from moto.eks.responses import EKSResponse
from moto.logs.models import LogsBackend, logs_backends

from .world import later, settings

TYPES = ["api", "audit", "authenticator", "controllerManager", "scheduler"]


class NotFoundException(EKSError):
    TYPE, STATUS = "NotFoundException", 404


def merged(on, logging):
    """The types that are on after this request."""
    on = set(on)
    for setup in (logging or {}).get("clusterLogging") or []:
        for kind in setup.get("types") or []:
            if kind not in TYPES:
                raise InvalidParameterException(message=f"Unsupported log type {kind}")
            (on.add if setup.get("enabled") else on.discard)(kind)
    return on


def shape(on):
    parts = ((True, [t for t in TYPES if t in on]), (False, [t for t in TYPES if t not in on]))
    return {"clusterLogging": [{"types": types, "enabled": enabled} for enabled, types in parts if types]}


def write_logs(account, region, name):
    """EKS writes its first events: the log group is there from now on."""

    def write():
        cluster = eks_backends[account][region].clusters.get(name)
        if cluster and merged([], cluster.logging):
            logs_backends[account][region].ensure_log_group(f"/aws/eks/{name}/cluster")

    if settings["eksLogGroupMs"] >= 0:
        later(settings["eksLogGroupMs"], write)


def update_cluster_config(self):
    p = json.loads(self.body or "{}")
    name, logging, token = self._get_param("name"), p.get("logging"), p.get("clientRequestToken")
    cluster = self.eks_backend.describe_cluster(name)
    kinds = [k for k in ("logging", "resourcesVpcConfig", "accessConfig", "upgradePolicy") if p.get(k)]
    if not kinds:
        raise InvalidParameterException(message="The type for cluster update was not provided.", clusterName=name)
    if len(kinds) > 1:
        raise InvalidParameterException(message="Only one type of update can be allowed.", clusterName=name)
    repeated = next((u for u in cluster.updates.values() if token and u["token"] == token), None)
    if repeated:
        return ActionResult({"update": repeated})
    busy = next((u["id"] for u in cluster.updates.values() if u["status"] == "InProgress"), None)
    if busy:
        text = f"Cannot LoggingUpdate because cluster {name} currently has update {busy} in progress"
        raise ResourceInUseException(message=text, clusterName=name)
    on = merged([], cluster.logging)
    want = merged(on, logging)
    if logging and want == on:
        text = "No changes needed for the logging config provided"
        raise InvalidParameterException(message=text, clusterName=name)
    update = {
        "id": str(uuid.uuid4()),
        "status": "InProgress",
        "type": "LoggingUpdate" if logging else "ConfigUpdate",
        "params": [{"type": "ClusterLogging", "value": json.dumps(logging)}] if logging else [],
        "createdAt": utcnow(),
        "errors": [],
        "token": token,
    }
    account, region = self.current_account, self.region

    def finish():
        cluster.status = "ACTIVE"  # whether the update failed or succeeded
        if settings["eksUpdateFail"] > 0:
            settings["eksUpdateFail"] -= 1
            error = {"errorCode": settings["eksUpdateError"], "errorMessage": "as told", "resourceIds": ["subnet-1"]}
            update.update(status="Failed", errors=[error])
            return
        update["status"] = "Successful"
        cluster.logging = shape(want)
        if want:
            write_logs(account, region, name)

    cluster.updates[update["id"]] = update
    cluster.status = "UPDATING"
    answer = ActionResult({"update": dict(update)})
    later(settings["eksUpdateMs"], finish)
    return answer


def describe_update(self):
    update = self.eks_backend.describe_cluster(self._get_param("name")).updates.get(self._get_param("updateId"))
    if not update:
        raise ResourceNotFoundException(message=f"No update found for ID: {self._get_param('updateId')}")
    return ActionResult({"update": update})


def list_updates(self):
    return ActionResult({"updateIds": list(self.eks_backend.describe_cluster(self._get_param("name")).updates)})


def untag_resource(self):
    self.eks_backend.untag_resource(self._extract_arn_from_path(), self.querystring.get("tagKeys", []))
    return EmptyResult()


def not_found(method):
    def tags(self, resource_arn, *args):
        try:
            return method(self, resource_arn, *args)
        except ResourceNotFoundException as error:
            raise NotFoundException(message="Resource was not found") from error

    return tags


def apply():
    # CreateCluster builds a Session only to list the partitions: 150 ms of CPU each time.
    partitions = Session().get_available_partitions()
    moto.eks.utils.Session = lambda: type("Partitions", (), {"get_available_partitions": lambda _: partitions})()

    create_cluster, delete_log_group = EKSBackend.create_cluster, LogsBackend.delete_log_group

    def create(self, name, *args, **kwargs):
        kwargs["logging"] = shape(merged([], kwargs.get("logging")))
        cluster = create_cluster(self, name, *args, **kwargs)
        cluster.updates = {}
        return cluster

    def delete_group(self, log_group_name):
        delete_log_group(self, log_group_name)
        parts = log_group_name.split("/")
        if len(parts) == 5 and parts[:3] == ["", "aws", "eks"] and parts[4] == "cluster":
            write_logs(self.account_id, self.region_name, parts[3])

    EKSBackend.create_cluster, LogsBackend.delete_log_group = create, delete_group
    EKSBackend.tag_resource = not_found(EKSBackend.tag_resource)
    EKSBackend.untag_resource = not_found(EKSBackend.untag_resource)
    EKSBackend.list_tags_for_resource = not_found(EKSBackend.list_tags_for_resource)
    EKSResponse.update_cluster_config, EKSResponse.untag_resource = update_cluster_config, untag_resource
    EKSResponse.describe_update, EKSResponse.list_updates = describe_update, list_updates
    urls.url_paths["{0}/clusters/(?P<name>[^/]+)/updates$"] = EKSResponse.dispatch
    urls.url_paths["{0}/clusters/(?P<name>[^/]+)/updates/(?P<updateId>[^/]+)$"] = EKSResponse.dispatch
