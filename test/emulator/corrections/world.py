"""The settings, and the clock: what AWS does later happens here after a set number of milliseconds.

Nothing runs in the background. `settle` is called before each request, under the server's lock, so a test sees the
same order of events however busy the machine is.
"""

import heapq
import itertools
import json
import os
import re
import time

DEFAULTS = {
    "eksUpdateMs": 150,  # a logging update is in progress this long
    "eksUpdateFail": 0,  # so many of the next updates end Failed
    "eksUpdateError": "IpNotAvailable",  # the error code they end with
    "eksLogGroupMs": 50,  # then EKS makes the missing log group; negative: never
    "firehoseCreatingMs": 150,
    "firehoseDeletingMs": 150,
    "iamPropagationMs": 0,  # younger roles, trusts and policies are not seen by other services yet
    "filterLimit": 2,  # subscription filters a log group takes
    "metricsAgeMs": 0,  # what is counted is told as so much older
    "testMessage": True,  # PutSubscriptionFilter sends its control message through the stream
    "regions": ["us-east-1", "us-west-2", "eu-west-1"],  # "NAME" or "NAME=DISABLED"
}
settings = {}
_pending = []
_order = itertools.count()


def configure(values):
    unknown = set(values) - set(DEFAULTS)
    if unknown:
        raise ValueError(f"unknown setting: {', '.join(sorted(unknown))}")
    settings.update(values)


def reset():
    """Back to the defaults and to what the environment sets: EMULATOR_EKS_UPDATE_MS=500 is eksUpdateMs."""
    _pending.clear()
    settings.clear()
    settings.update(json.loads(json.dumps(DEFAULTS)))
    for name, default in DEFAULTS.items():
        value = os.environ.get("EMULATOR_" + re.sub(r"([A-Z])", r"_\1", name).upper())
        if value is not None:
            split = name == "regions" and not value.startswith("[")
            settings[name] = value if isinstance(default, str) else value.split(",") if split else json.loads(value)


def later(ms, act):
    if ms <= 0:
        act()
    else:
        heapq.heappush(_pending, (time.monotonic() + ms / 1000, next(_order), act))


def settle():
    while _pending and _pending[0][0] <= time.monotonic():
        heapq.heappop(_pending)[2]()
