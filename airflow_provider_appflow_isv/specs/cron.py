"""Cron expressions as AWS writes them: six fields, in UTC (EventBridge user guide, "Cron expressions reference").

AppFlow takes them, but documents no syntax of its own.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class _Part(NamedTuple):
    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()
    more: str = r"(?!)"  # what is possible beyond numbers, ranges, steps and lists of them


_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_DAY = rf"(?:[1-7]|{'|'.join(_DAYS)})"
_PARTS = (
    _Part("minutes", 0, 59),
    _Part("hours", 0, 23),
    _Part("day-of-month", 1, 31, more=r"\?|L|(?:[1-9]|[12]\d|3[01])W"),
    _Part("month", 1, 12, _MONTHS),
    _Part("day-of-week", 1, 7, _DAYS, rf"\?|L|{_DAY}L|{_DAY}#[1-5]"),
    _Part("year", 1970, 2099),
)
_ITEM = re.compile(r"(?:(?P<all>\*)|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>[1-9]\d{0,3}))?", re.ASCII)


def checked(text: str) -> str:
    """What stands between the parentheses of ``cron(...)``, in its normal form.

    :raises ValueError: if AWS takes no such expression; the text names the field.
    """
    fields = text.split()
    if len(fields) != len(_PARTS):
        raise ValueError(f"is no schedule: cron has six fields ({', '.join(each.name for each in _PARTS)})")
    for part, field in zip(_PARTS, fields, strict=True):
        if not re.fullmatch(part.more, field.upper(), re.ASCII):
            _values(part, field)
    if (fields[2] == "?") == (fields[4] == "?"):
        raise ValueError("is no schedule: one of day-of-month and day-of-week in cron must be ?, and only one")
    return " ".join(fields)


def times_a_day(text: str) -> tuple[int, int]:
    """How many minutes of an hour, and how many hours of a day, an expression names.

    :param text: six fields, as :func:`checked` returns them.
    """
    minutes, hours = (len(_values(part, field)) for part, field in zip(_PARTS[:2], text.split()[:2], strict=True))
    return minutes, hours


def _values(part: _Part, field: str) -> set[int]:
    found: set[int] = set()
    for item in field.upper().split(","):
        known = _ITEM.fullmatch(item)
        first = _number(part, known["first"] or str(part.low)) if known else None
        ends = known["last"] if known else None
        if known is None or first is None:
            last = None
        elif ends is not None:
            last = _number(part, ends)
        else:
            last = part.high if known["all"] or known["step"] else first
        if known is None or first is None or last is None:
            raise ValueError(
                f"is no schedule: {item} is not possible as {part.name} of cron ({part.low} to {part.high})"
            )
        size = part.high - part.low + 1  # FRI-MON goes over the end of the week
        steps = range(0, (last - first) % size + 1, int(known["step"] or 1))
        found |= {part.low + (first - part.low + step) % size for step in steps}
    return found


def _number(part: _Part, text: str) -> int | None:
    if text in part.names:
        return part.names.index(text) + part.low
    return int(text) if text.isdecimal() and len(text) < 5 and part.low <= int(text) <= part.high else None
