"""Cron expressions as AWS writes them: six fields, in UTC.

Facts: Amazon EventBridge user guide, "Cron expressions reference"; AppFlow takes cron expressions but documents no
syntax of its own. Years after 2099, which AWS allows, are refused here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from croniter import CroniterError, croniter

_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_MONTHS = "JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC"
_DAY = rf"(?:[1-7]|{'|'.join(_DAYS)})"


def _items(value: str) -> str:
    """A pattern for values, ranges and steps of them, separated by commas."""
    item = rf"(?:\*|{value}(?:-{value})?)(?:/[0-9]{{1,4}})?"
    return rf"{item}(?:,{item})*"


_FIELDS = {
    "minutes": _items("[0-9]{1,2}"),
    "hours": _items("[0-9]{1,2}"),
    "day-of-month": rf"\?|L|[0-9]{{1,2}}W|{_items('[0-9]{1,2}')}",
    "month": _items(f"(?:[0-9]{{1,2}}|{_MONTHS})"),
    "day-of-week": rf"\?|L|{_DAY}L|{_DAY}#[1-5]|{_items(_DAY)}",
    "year": _items("[0-9]{4}"),
}


class ScheduleError(ValueError):
    """A scheduleExpression cannot be read; the text says why."""


@dataclass(frozen=True)
class Cron:
    """A cron expression, as croniter reads it: with seconds before the year, and days of the week from 0."""

    expression: str

    @property
    def frequency(self) -> str:
        """How often it comes due at most: BYMINUTE, HOURLY or DAILY."""
        minutes, hours = croniter.expand(self.expression)[0][:2]
        if len(minutes) > 1 or minutes == ["*"]:
            return "BYMINUTE"
        return "HOURLY" if len(hours) > 1 or hours == ["*"] else "DAILY"

    def after(self, moment: float) -> float | None:
        """Return the first due time later than a moment, None if there is none any more.

        :param moment: seconds since the epoch.
        """
        try:
            return float(croniter(self.expression, moment).get_next(float))
        except (ValueError, OverflowError):  # none within 50 years, or beyond the year 9999
            return None


def parse_cron(text: str) -> Cron:
    """Read what stands between the parentheses of ``cron(...)``.

    :param text: the six fields.
    :raises ScheduleError: if AWS would not take it; the text names the field.
    """
    fields = text.split()
    if len(fields) != len(_FIELDS):
        raise ScheduleError(f"cron needs six fields ({', '.join(_FIELDS)}), this one has {len(fields)}")
    for (name, pattern), field in zip(_FIELDS.items(), fields, strict=True):
        if not re.fullmatch(pattern, field, re.ASCII | re.IGNORECASE):
            raise ScheduleError(f"{field} is not possible in the field {name} of cron")
    minutes, hours, day, month, weekday, year = fields
    if (day == "?") == (weekday == "?"):
        raise ScheduleError("one of the fields day-of-month and day-of-week of cron must be ?, and only one")
    day = "*" if day == "?" else day
    cron = Cron(f"{minutes} {hours} {day} {month} {_weekday(weekday.upper())} 0 {year}")
    try:
        croniter(cron.expression)
    except CroniterError as error:
        raise ScheduleError(f"a field of cron is out of its range or order: {error}") from None
    return cron


def _weekday(field: str) -> str:
    if field == "?":
        return "*"
    if field == "L":
        return "6"  # the last day of the week is Saturday
    if "#" in field:
        day, _, number = field.partition("#")
        return f"{_from_zero(day)}#{number}"
    if field[-1] == "L":
        return f"L{_from_zero(field[:-1])}"  # 6L is the last Friday of a month
    return ",".join(_from_zero(item) for item in field.split(","))


def _from_zero(item: str) -> str:
    """Turn the days of one item, but not its step, into numbers from 0."""
    days, slash, step = item.partition("/")
    numbers = re.sub(_DAY, lambda day: str(_DAYS.index(day[0]) if day[0] in _DAYS else int(day[0]) - 1), days)
    return f"{numbers}{slash}{step}"
