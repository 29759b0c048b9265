"""When a flow runs."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any, ClassVar

from airflow_provider_appflow_isv.specs import cron
from airflow_provider_appflow_isv.specs.checks import choice, moment, text, whole
from airflow_provider_appflow_isv.specs.errors import SpecError
from airflow_provider_appflow_isv.specs.values import Value, is_late, member

UNITS = {"minutes": timedelta(minutes=1), "hours": timedelta(hours=1), "days": timedelta(days=1)}
_RATE = re.compile(r"rate\(\s*([1-9]\d{0,5})\s*(minute|hour|day)s?\s*\)", re.ASCII)
_CRON = re.compile(r"cron\((.*)\)", re.ASCII)


def schedule_expression(value: Any) -> str:
    """A schedule. AppFlow takes ``rate(1days)``: the unit in the plural also for 1, and no blank (cdk-appflow)."""
    rate, found = (_RATE.fullmatch(value), _CRON.fullmatch(value)) if isinstance(value, str) else (None, None)
    if rate:
        return f"rate({rate[1]}{rate[2]}s)"
    if found:
        return f"cron({cron.checked(found[1])})"
    raise ValueError("is no schedule: write rate(5minutes), rate(1hours), rate(1days), or cron(...) with six fields")


class Trigger(Value, base=True):
    """Base of the triggers."""

    trigger_type: ClassVar[str] = ""


class OnDemand(Trigger):
    """The flow runs when somebody starts it."""

    trigger_type = "OnDemand"


class OnEvent(Trigger):
    """The flow runs for each event of its source, from its activation on."""

    trigger_type = "Event"


class Schedule(Trigger):
    """The flow runs by itself, from its activation on.

    :param expression: ``rate(5minutes)``, ``rate(1hours)``, ``rate(1days)``, or ``cron(...)`` with AWS's six fields, in
        UTC.
    :param pull: ``Complete``, or ``Incremental``: what is new or changed since the last successful run; default is
        AppFlow's.
    :param start: from when, a datetime or ISO 8601 (UTC without an offset); default the activation.
    :param end: until when; default for ever.
    :param timezone: a label; it changes nothing.
    :param offset_seconds: by how much the range that a run pulls lies behind, 0 (default) to 36,000.
    :param first_execution_from: from when the first run of an incremental flow pulls; default the past 30 days.
    :param timestamp_field: the source's field that says when a record changed, for an incremental flow; default is
        AppFlow's.
    :param deactivate_after_failures: failures in a row after which AppFlow deactivates the flow, 1 to 100; default is
        AppFlow's.
    """

    trigger_type = "Scheduled"

    expression: str = member(schedule_expression, kw_only=False, path="scheduleExpression")
    pull: str | None = member(choice("Incremental", "Complete"), default=None, path="dataPullMode")
    start: datetime | str | None = member(moment, default=None, path="scheduleStartTime")
    end: datetime | str | None = member(moment, default=None, path="scheduleEndTime")
    timezone: str | None = member(text(256), default=None, path="timezone")
    offset_seconds: int = member(whole(0, 36_000), default=0, path="scheduleOffset")
    first_execution_from: datetime | str | None = member(moment, default=None, path="firstExecutionFrom")
    timestamp_field: str | None = member(text(256), default=None)
    deactivate_after_failures: int | None = member(whole(1, 100), default=None, path="flowErrorDeactivationThreshold")

    def _verify(self) -> None:
        for name in ("start", "first_execution_from"):
            begin = getattr(self, name)
            if isinstance(begin, datetime) and isinstance(self.end, datetime) and begin >= self.end:
                raise SpecError(f"is not after {name}.", "end")
        if self.pull == "Incremental" or is_late(self.pull):
            return
        for name in ("timestamp_field", "first_execution_from"):
            if getattr(self, name) is not None:
                raise SpecError('is for pull="Incremental" only.', name)

    @property
    def interval(self) -> timedelta | None:
        """The time between two runs of a rate; None for cron, and while the expression is not known."""
        rate = None if is_late(self.expression) else _RATE.fullmatch(self.expression)
        return int(rate[1]) * UNITS[f"{rate[2]}s"] if rate else None

    @property
    def shortest(self) -> timedelta | None:
        """The shortest time between two runs, roughly: a minute, an hour or a day for cron; None while not known."""
        if is_late(self.expression):
            return None
        if self.interval is not None:
            return self.interval
        minutes, hours = cron.times_a_day(self.expression[5:-1])
        return UNITS["minutes" if minutes > 1 else "hours" if hours > 1 else "days"]

    def next_start(self, now: datetime) -> datetime | None:
        """The start to create the flow with: AppFlow takes none that has passed.

        :param now: a point in time with an offset.
        :return: the start if it lies ahead; else the next time that a rate comes due from it; None if there is none,
            since a cron expression needs none.
        :raises SpecError: if the schedule ends before that.
        """
        found = self.start if isinstance(self.start, datetime) else None
        if found is not None and found <= now:
            found = None if self.interval is None else found + ((now - found) // self.interval + 1) * self.interval
        if isinstance(self.end, datetime) and self.end < (found or now):
            raise SpecError(f"{self.end.isoformat()} comes before the schedule's next run: nothing would run.", "end")
        return found
