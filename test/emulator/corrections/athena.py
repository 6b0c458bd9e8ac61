"""Amazon Athena: workgroups.

- One that is not there is an error: https://github.com/uber/athenadriver/pull/70
- UpdateWorkGroup, which moto lacks: https://docs.aws.amazon.com/athena/latest/APIReference/API_UpdateWorkGroup.html
- Without tags ListTagsForResource answers none, and tags go with a workgroup:
  https://docs.aws.amazon.com/athena/latest/APIReference/API_ListTagsForResource.html
- The same token is the same query:
  https://docs.aws.amazon.com/athena/latest/APIReference/API_StartQueryExecution.html
"""

import json

from moto.athena.models import AthenaBackend
from moto.athena.responses import AthenaResponse

MISSING = "WorkGroup is not found."


def refused(self, name):
    return None if name in self.athena_backend.work_groups else self.error(MISSING, 400)


def update_work_group(self):
    name, updates = self._get_param("WorkGroup"), self._get_param("ConfigurationUpdates") or {}
    if refused(self, name):
        return refused(self, name)
    group = self.athena_backend.work_groups[name]
    results = updates.pop("ResultConfigurationUpdates", None)
    if results:
        group.configuration["ResultConfiguration"] = {**group.configuration.get("ResultConfiguration", {}), **results}
    group.configuration.update(updates)
    group.state = self._get_param("State") or group.state
    return "{}"


def list_tags_for_resource(self):
    arn = self._get_param("ResourceARN")
    return json.dumps(self.athena_backend.tagger.list_tags_for_resource(arn))


def apply():
    get, delete, start = (
        AthenaResponse.get_work_group,
        AthenaBackend.delete_work_group,
        AthenaResponse.start_query_execution,
    )
    tokens = {}

    def delete_work_group(self, name):
        if name in self.work_groups:
            self.tagger.delete_all_tags_for_resource(self.work_groups[name].arn)
        delete(self, name)

    def start_query_execution(self):
        token = (self._get_param("ClientRequestToken"), self.current_account, self.region)
        if token not in tokens:
            tokens[token] = start(self)
        return tokens[token]

    AthenaResponse.get_work_group = lambda self: refused(self, self._get_param("WorkGroup")) or get(self)
    AthenaResponse.update_work_group = update_work_group
    AthenaResponse.list_tags_for_resource = list_tags_for_resource
    AthenaResponse.start_query_execution = start_query_execution
    AthenaBackend.delete_work_group = delete_work_group
