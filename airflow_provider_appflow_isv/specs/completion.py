"""What a wanted definition leaves to the flow that is there: UpdateFlow replaces all of it, so it is sent back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow_provider_appflow_isv.specs.errors import SpecError
from airflow_provider_appflow_isv.specs.normal import Definition, only_destination, point_in_time, schedule_of
from airflow_provider_appflow_isv.specs.places import copied
from airflow_provider_appflow_isv.specs.triggers import Schedule

_START, _FIRST = "scheduleStartTime", "firstExecutionFrom"
_INCREMENTAL = "Incremental"


def completed(wanted: Definition, found: Definition, *, now: datetime | None = None) -> dict[str, Any]:
    """Return a wanted definition with what it doesn't say, as the flow has it.

    That is description, key and API versions; of a schedule also pull mode, time zone, threshold and timestamp field. A
    start that has passed is that of the flow, too, unless a rate would come due at other times: what began then has
    begun. So is the begin of the first pull once there was a run.

    :param wanted: members of CreateFlow or UpdateFlow.
    :param found: DescribeFlow's answer.
    :param now: the present; default the machine's clock.
    """
    request: dict[str, Any] = copied(wanted)
    _fill(request, found, "description", "kmsArn")
    _fill(request["sourceFlowConfig"], found["sourceFlowConfig"], "apiVersion")
    _fill(only_destination(request), only_destination(found), "apiVersion")
    schedule, before = schedule_of(request), schedule_of(found)
    if schedule is not None:
        _complete_schedule(schedule, before, bool(found.get("lastRunExecutionDetails")), now or datetime.now(UTC))
        if schedule.get("dataPullMode") == _INCREMENTAL == (before or {}).get("dataPullMode"):
            _fill(request["sourceFlowConfig"], found["sourceFlowConfig"], "incrementalPullConfig")
    return request


def begin_ahead(request: Definition, now: datetime) -> dict[str, Any]:
    """Return a definition whose schedule starts ahead: AppFlow creates none whose start has passed.

    :param request: members of CreateFlow.
    :param now: the present.
    """
    found: dict[str, Any] = copied(request)
    schedule = schedule_of(found)
    if schedule is not None:
        _set_start(schedule, _next_start(schedule, now))
    return found


def _next_start(schedule: Mapping[str, Any], now: datetime) -> Any:
    """The start, or if it has passed the next time at which a rate comes due from it, and none for cron."""
    start = schedule.get(_START)
    if start is None:
        return None
    try:
        return Schedule(schedule["scheduleExpression"], start=point_in_time(start)).next_start(now)
    except SpecError:  # plain members may be anything; AppFlow says what is wrong with them
        return start


def _set_start(schedule: dict[str, Any], start: Any) -> None:
    schedule[_START] = start
    if start is None:
        del schedule[_START]


def _complete_schedule(schedule: dict[str, Any], before: dict[str, Any] | None, has_run: bool, now: datetime) -> None:
    start = _next_start(schedule, now)
    if before is not None:
        _fill(schedule, before, "dataPullMode", "timezone", "flowErrorDeactivationThreshold")
        if has_run and before.get("dataPullMode") == _INCREMENTAL:
            schedule.pop(_FIRST, None)
            _fill(schedule, before, _FIRST)
        has_begun = before.get(_START) is None or point_in_time(before[_START]) <= now
        if has_begun and _comes_due_with(schedule, before, now):
            start = before.get(_START)
    _set_start(schedule, start)


def _comes_due_with(schedule: Mapping[str, Any], before: Mapping[str, Any], now: datetime) -> bool:
    """Whether a schedule that has begun comes due when the wanted one does: a rate counts from its start."""
    start, begin = (each.get(_START) for each in (schedule, before))
    if start is None:
        return True
    if point_in_time(start) > now:
        return False
    try:
        interval = Schedule(schedule["scheduleExpression"]).interval
    except SpecError:  # as in _next_start
        interval = None
    if interval is None:
        return True
    # older botocore sends whole seconds
    starts = [point_in_time(each).replace(microsecond=0) for each in (start, begin) if each is not None]
    return len(starts) == 2 and (starts[0] - starts[1]) % interval == timedelta(0)


def _fill(request: dict[str, Any], found: Mapping[str, Any], *names: str) -> None:
    """Take over members that only the flow has."""
    for name in names:
        if not request.get(name) and found.get(name):
            request[name] = found[name]
