"""The range that one run of a scheduled flow pulls (AppFlow user guide, "Flow triggers")."""

from __future__ import annotations

from datetime import datetime

from botocore.utils import parse_timestamp

from .flows import SUCCESSFUL, Flow
from .runs.job import PullWindow

_FIRST_RANGE_SECONDS = 30 * 24 * 3600.0  # the first run pulls the past 30 days
_DEFAULT_FIELD = "LastModifiedDate"  # inferred; AppFlow does not say which field it takes if none is named


def pull_window(flow: Flow, now: float) -> PullWindow | None:
    """Return the range of a run that starts now: from the last successful run's end, both moved back by scheduleOffset.

    :param flow: a scheduled flow.
    :param now: seconds since the epoch.
    :return: None for a flow whose dataPullMode is not Incremental: it pulls everything.
    """
    properties = flow.definition["triggerConfig"]["triggerProperties"]["Scheduled"]
    if properties.get("dataPullMode") != "Incremental":
        return None
    offset = properties.get("scheduleOffset", 0)
    pulled = [run.window.until for run in flow.runs.values() if run.status == SUCCESSFUL and run.window]
    if pulled:
        after = max(pulled)
    elif "firstExecutionFrom" in properties:
        first: datetime = parse_timestamp(properties["firstExecutionFrom"])
        after = first.timestamp()
    else:
        after = now - offset - _FIRST_RANGE_SECONDS
    incremental = flow.definition["sourceFlowConfig"].get("incrementalPullConfig", {})
    return PullWindow(incremental.get("datetimeTypeFieldName", _DEFAULT_FIELD), after, now - offset)
