"""AWS Glue: the tags of a database go with it.

Source: https://docs.aws.amazon.com/glue/latest/dg/monitor-tags.html
"""

from moto.glue.models import GlueBackend
from moto.utilities.utils import get_partition


def apply():
    delete = GlueBackend.delete_database

    def delete_database(self, database_name):
        delete(self, database_name)
        arn = f"arn:{get_partition(self.region_name)}:glue:{self.region_name}:{self.account_id}:database/{database_name}"
        self.tagger.delete_all_tags_for_resource(arn)

    GlueBackend.delete_database = delete_database
