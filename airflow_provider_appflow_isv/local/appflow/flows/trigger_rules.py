"""What AppFlow checks of a flow's trigger.

Facts: AppFlow user guide, "Flow triggers" and "Quotas" (shortest schedules); "Salesforce" (change events and platform
events). Inferred: times that have passed are refused (the CDK's constructs move a passed start forward before they
create or update a flow), a passed start that an update leaves as it was is not; a schedule from a day up has any of the
frequencies DAILY, WEEKLY, MONTHLY and ONCE; the texts.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from airflow_provider_appflow_isv.local.appflow.connectors.catalog import shortest_schedule, source_triggers
from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from airflow_provider_appflow_isv.local.appflow.flows.cron import ScheduleError
from airflow_provider_appflow_isv.local.appflow.flows.schedules import epoch, parse_schedule, scheduled_properties
from airflow_provider_appflow_isv.local.appflow.wire.service_model import member_of

_FREQUENCIES = ("BYMINUTE", "HOURLY", "DAILY")
_LONGER = {"DAILY": ("WEEKLY", "MONTHLY", "ONCE")}  # a schedule's frequency is known up to a day
_EVENT_ENDINGS = ("ChangeEvent", "__e")


def trigger_problems(
    definition: dict[str, Any], before: dict[str, Any] | None = None, connector: Mapping[str, Any] | None = None
) -> list[str]:
    """Return what is wrong with the trigger of a flow.

    :param definition: the flow, already validated against the model.
    :param before: the flow as it was, for an update; default None.
    :param connector: ConnectorConfiguration of the registered connector of the source; default None, it has none.
    """
    told = connector or {}
    kind, source = definition["triggerConfig"]["triggerType"], definition["sourceFlowConfig"]
    if kind not in source_triggers(source["connectorType"]) or kind not in told.get("supportedTriggerTypes", [kind]):
        return [f"Trigger type {kind} is not supported for source connector {source['connectorType']}"]
    if kind == "Event":
        return _event_problems(source)
    if kind == "Scheduled":
        return list(_schedule_problems(definition, scheduled_properties(before) if before else None, told))
    return []


def _event_problems(source: dict[str, Any]) -> list[str]:
    properties = source["sourceConnectorProperties"].get(member_of(source["connectorType"]), {})
    name = str(properties.get("object", ""))
    if name.endswith(_EVENT_ENDINGS):
        return []
    changed = re.sub("changeevent$", "", name, flags=re.IGNORECASE)
    events = f"a change event such as {changed}ChangeEvent or a platform event such as Example__e"
    return [f"The source object of an event-triggered flow must be {events}, not {name}"]


def _schedule_problems(
    definition: dict[str, Any], before: dict[str, Any] | None, told: Mapping[str, Any]
) -> Iterator[str]:
    properties = scheduled_properties(definition)
    if properties is None:
        yield "triggerProperties.Scheduled must be specified for the trigger type Scheduled"
        return
    connector = definition["sourceFlowConfig"]["connectorType"]
    try:
        schedule = parse_schedule(properties)
    except ScheduleError as error:
        yield f"scheduleExpression {properties['scheduleExpression']} is not valid: {error}"
    else:
        shortest = shortest_schedule(connector)
        if _FREQUENCIES.index(schedule.timing.frequency) < _FREQUENCIES.index(shortest):
            yield (
                f"scheduleExpression {properties['scheduleExpression']} is more frequent than source connector "
                f"{connector} allows: {shortest} at most"
            )
        supported = told.get("supportedSchedulingFrequencies", _FREQUENCIES)
        if not {schedule.timing.frequency, *_LONGER.get(schedule.timing.frequency, ())} & set(supported):
            yield (
                f"scheduleExpression {properties['scheduleExpression']} has none of the frequencies that the source "
                f"connector supports: {', '.join(supported)}"
            )
    yield from _time_problems(properties, before or {})


def _time_problems(properties: dict[str, Any], before: dict[str, Any]) -> Iterator[str]:
    now = settings.now()
    given = {
        name: epoch(properties[name])
        for name in ("scheduleStartTime", "scheduleEndTime", "firstExecutionFrom")
        if name in properties
    }
    # to the millisecond, as DescribeFlow tells them: what it told may be sent back
    changed = {name for name in given if name not in before or abs(given[name] - epoch(before[name])) >= 0.001}
    for name in ("scheduleStartTime", "scheduleEndTime"):
        if name in changed and given[name] < now:
            yield f"{name} must not be in the past"
    if given.get("scheduleEndTime", math.inf) < given.get("scheduleStartTime", -math.inf):
        yield "scheduleEndTime must not be before scheduleStartTime"
    if "firstExecutionFrom" in changed and given["firstExecutionFrom"] > now:
        yield "firstExecutionFrom must not be in the future"
