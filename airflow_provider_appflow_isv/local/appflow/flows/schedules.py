"""When a scheduled flow runs, and which range a run of it pulls (AppFlow user guide, "Flow triggers").

Inferred: a rate counts from scheduleStartTime, else from the activation, else from the update that set it; both ends
of a schedule belong to it; cron expressions are in UTC. The ranges of an incremental flow's runs neither overlap nor
leave anything out: what is stamped with the end of one belongs to the next. ServiceNow stamps with whole seconds, so
the second in which a run is due is left to the next one whole: more may still be written in it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.utils import parse_timestamp

from airflow_provider_appflow_isv.local.appflow.flows.cron import Cron, ScheduleError, parse_cron
from airflow_provider_appflow_isv.local.appflow.runs.job import PullWindow

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.appflow.flows.flow import Flow, FlowVersion

_FIRST_RANGE_SECONDS = 30 * 24 * 3600.0  # the first run pulls the past 30 days
_DEFAULT_FIELD = "LastModifiedDate"  # inferred; AppFlow does not say which field it takes if none is named
_UNITS = {"minute": 60, "hour": 3600, "day": 86400}  # the only ones that any public text uses
_RATE = re.compile(rf"rate\(([0-9]{{1,9}}) ?({'|'.join(_UNITS)})s?\)")
_CRON = re.compile(r"cron\((.*)\)", re.DOTALL)
_SUCCESSFUL = "Successful"


@dataclass(frozen=True)
class Rate:
    """A ``rate(...)`` expression."""

    seconds: int

    @property
    def frequency(self) -> str:
        """How often it comes due: BYMINUTE, HOURLY or DAILY."""
        if self.seconds < _UNITS["hour"]:
            return "BYMINUTE"
        return "HOURLY" if self.seconds < _UNITS["day"] else "DAILY"


@dataclass(frozen=True)
class Schedule:
    """A scheduleExpression within its scheduleStartTime and scheduleEndTime (seconds since the epoch, or None)."""

    timing: Rate | Cron
    start: float | None = None
    end: float | None = None

    def next_run(self, after: float, anchor: float, *, inclusive: bool = False) -> float | None:
        """Return the first due time later than a moment, None if there is none any more.

        :param after: the moment, in seconds since the epoch.
        :param anchor: from when a rate without scheduleStartTime counts.
        :param inclusive: whether the moment itself may be the due time; default False.
        """
        if self.start is not None and self.start > after:
            after, inclusive = self.start, True
        if isinstance(self.timing, Cron):
            due = self.timing.after(after - 0.001 if inclusive else after)
        else:
            due = _on_grid(anchor if self.start is None else self.start, self.timing.seconds, after, inclusive)
        return due if due is not None and (self.end is None or due <= self.end) else None


def parse_schedule(properties: Mapping[str, Any]) -> Schedule:
    """Read ScheduledTriggerProperties. ``timezone`` is a label that changes nothing (AppFlow API reference).

    :param properties: the properties, already validated against the model.
    :raises ScheduleError: if the scheduleExpression is none that AppFlow knows; the text says why.
    """
    expression = properties["scheduleExpression"]
    rate, cron = _RATE.fullmatch(expression), _CRON.fullmatch(expression)
    timing: Rate | Cron
    if rate and int(rate[1]) > 0:
        timing = Rate(int(rate[1]) * _UNITS[rate[2]])
    elif cron:
        timing = parse_cron(cron[1])
    else:
        raise ScheduleError("write rate(5minutes), with a whole number above 0 of minutes, hours or days, or cron(...)")
    start, end = (properties.get(name) for name in ("scheduleStartTime", "scheduleEndTime"))
    return Schedule(timing, None if start is None else epoch(start), None if end is None else epoch(end))


def epoch(timestamp: Any) -> float:
    """Return a timestamp of a request in seconds since the epoch; one without an offset is UTC."""
    moment: datetime = parse_timestamp(timestamp)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def scheduled_properties(definition: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the ScheduledTriggerProperties of a flow's definition, None if it is not on a schedule."""
    trigger = definition["triggerConfig"]
    properties: dict[str, Any] | None = trigger.get("triggerProperties", {}).get("Scheduled")
    return properties if trigger["triggerType"] == "Scheduled" else None


def next_due(flow: Flow, after: float, *, inclusive: bool = False) -> float | None:
    """Return when an active flow runs next by itself, None if it never does again.

    Each version of the flow counts for as long as it shows; an update that leaves the schedule alone does not shift it.

    :param flow: a scheduled flow.
    :param after: the last due time, or the activation, in seconds since the epoch.
    :param inclusive: whether ``after`` itself may be the due time; default False.
    """
    schedule, anchor = None, flow.activated_at
    for version, begins, ends in _spans(flow):
        properties = scheduled_properties(version.definition)
        before, schedule = schedule, parse_schedule(properties) if properties else None
        if schedule is None or ends <= after:
            continue
        if schedule != before:
            anchor = max(flow.activated_at, begins)
        due = schedule.next_run(max(after, begins), anchor, inclusive=inclusive and begins <= after)
        if due is not None and due < ends:
            return due
    return None


def pull_window(flow: Flow, moment: float) -> PullWindow | None:
    """Return the range of a run: from the last successful run's end, both moved back by scheduleOffset.

    :param flow: a scheduled flow.
    :param moment: when the run starts, in seconds since the epoch.
    :return: None for a flow whose dataPullMode is not Incremental: it pulls everything.
    """
    definition = flow.version_at(moment).definition
    properties = scheduled_properties(definition)
    if properties is None or properties.get("dataPullMode") != "Incremental":
        return None
    source = definition["sourceFlowConfig"]
    until: float = moment - properties.get("scheduleOffset", 0)
    if source["connectorType"] == "Servicenow":
        until = math.floor(until)
    pulled = [
        run.window.until
        for run in flow.runs.values()
        if run.status == _SUCCESSFUL and run.window and run.started_at <= moment and not run.is_ahead
    ]
    if pulled:
        after = max(pulled)
    elif "firstExecutionFrom" in properties:
        after = epoch(properties["firstExecutionFrom"])
    else:
        after = until - _FIRST_RANGE_SECONDS
    field = source.get("incrementalPullConfig", {}).get("datetimeTypeFieldName", _DEFAULT_FIELD)
    return PullWindow(field, min(after, until), until)


def _on_grid(origin: float, step: int, after: float, inclusive: bool) -> float:
    number = max(0, math.floor((after - origin) / step))
    due = origin + number * step
    while due < after or (due == after and not inclusive):  # the division may have rounded down
        number += 1
        due = origin + number * step
    return due


def _spans(flow: Flow) -> Iterator[tuple[FlowVersion, float, float]]:
    """Yield each version with the time for which it is the visible one."""
    for number, version in enumerate(flow.versions):
        ends = min((later.visible_from for later in flow.versions[number + 1 :]), default=math.inf)
        if version.visible_from < ends:
            yield version, version.visible_from, ends
