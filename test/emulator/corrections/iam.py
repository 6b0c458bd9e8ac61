"""IAM as other services see it: may this service take on the role, and what may the role then do.

moto lets any service use any role name. AWS checks the trust policy, with its conditions, and the permissions; and
both spread with a delay. Sources:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
"""

import json
import time
from fnmatch import fnmatchcase

from moto.iam.models import IAMBackend, iam_backends

from .world import settings


def as_list(x):
    return x if isinstance(x, list) else [x]


def matches(patterns, value):
    return any(fnmatchcase(value, p.replace("[", "[[]")) for p in as_list(patterns))


def holds(condition, context):
    """String and ARN operators; a key the service does not send makes the statement not apply."""
    for operator, keys in (condition or {}).items():
        for key, wanted in keys.items():
            value = context.get(key.lower())
            if value is None:
                if operator.endswith("IfExists"):
                    continue
                return False
            found = matches(wanted, value) if "Like" in operator or "Arn" in operator else value in as_list(wanted)
            if found == ("Not" in operator):
                return False
    return True


def decide(documents, applies):
    statements = [s for d in documents for s in as_list(json.loads(d)["Statement"]) if applies(s)]
    return any(s["Effect"] == "Allow" for s in statements) and not any(s["Effect"] == "Deny" for s in statements)


def find(role_arn):
    _, partition, _, _, account, _ = role_arn.split(":", 5)
    try:
        return iam_backends[account][partition].get_role_by_arn(role_arn)
    except Exception:  # moto's own NotFoundException, or no such account
        return None


def spread(since):
    return time.monotonic() - since >= settings["iamPropagationMs"] / 1000


def trusts(role_arn, account, service, context):
    role = find(role_arn)
    if role is None or role.account_id != account or not spread(getattr(role, "trust_since", 0)):
        return False

    def applies(s):
        principal = s.get("Principal")
        services = as_list(principal.get("Service", [])) if isinstance(principal, dict) else []
        assumes = matches(s.get("Action", []), "sts:AssumeRole")
        return service in services and assumes and holds(s.get("Condition"), context)

    return decide([role.assume_role_policy_document], applies)


def allows(role_arn, action, resource, context):
    role = find(role_arn)
    if role is None or not spread(getattr(role, "policy_since", 0)):
        return False
    managed = [v.document for p in role.managed_policies.values() for v in p.versions if v.is_default]

    def applies(s):
        return (
            matches([a.lower() for a in as_list(s.get("Action", []))], action.lower())
            and matches(s.get("Resource", []), resource)
            and holds(s.get("Condition"), context)
        )

    return decide([*role.policies.values(), *managed], applies)


def apply():
    create_role, put_role_policy = IAMBackend.create_role, IAMBackend.put_role_policy
    update_trust = IAMBackend.update_assume_role_policy

    def create(self, *args, **kwargs):
        role = create_role(self, *args, **kwargs)
        role.trust_since = role.policy_since = time.monotonic()
        return role

    def put(self, role_name, policy_name, policy_json):
        put_role_policy(self, role_name, policy_name, policy_json)
        self.get_role(role_name).policy_since = time.monotonic()

    def update(self, role_name, policy_document):
        update_trust(self, role_name, policy_document)
        self.get_role(role_name).trust_since = time.monotonic()

    IAMBackend.create_role, IAMBackend.put_role_policy, IAMBackend.update_assume_role_policy = create, put, update
