"""AWS Account Management: ListRegions, which moto lacks.

Source: https://docs.aws.amazon.com/accounts/latest/reference/API_ListRegions.html
"""

import json

from moto.account import urls
from moto.account.responses import AccountResponse

from .world import settings


def regions():
    for entry in settings["regions"]:
        name, _, status = entry.partition("=")
        yield {"RegionName": name, "RegionOptStatus": status or "ENABLED_BY_DEFAULT"}


def disabled(region):
    return any(r["RegionName"] == region and r["RegionOptStatus"] == "DISABLED" for r in regions())


def list_regions(self):
    p = json.loads(self.body or "{}")
    wanted, start, size = p.get("RegionOptStatusContains"), int(p.get("NextToken") or 0), p.get("MaxResults") or 50
    found = [r for r in regions() if not wanted or r["RegionOptStatus"] in wanted]
    more = {"NextToken": str(start + size)} if len(found) > start + size else {}
    return json.dumps({"Regions": found[start : start + size], **more})


def apply():
    AccountResponse.list_regions = list_regions
    urls.url_paths["{0}/listRegions$"] = AccountResponse.dispatch
