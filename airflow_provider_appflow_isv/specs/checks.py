"""What values of the specs' arguments may be. Each check returns the value in its normal form or raises ValueError.

Lengths and characters are those of AppFlow's service model.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from airflow_provider_appflow_isv.specs.errors import SpecError
from airflow_provider_appflow_isv.specs.values import Check, Entries, Value, concrete, is_late

NO_SPACE = r"\S+"
MAX_PROPERTY = 2048
_WORDS = {"true": True, "false": False}
_SAYS = {NO_SPACE: "must have no blanks", r".+": "must have no line breaks"}


def text(most: int, pattern: str = r".+", *, least: int = 1, says: str = "") -> Check:
    """A text.

    :param most: most characters.
    :param pattern: what all of it must match.
    :param least: fewest characters.
    :param says: the pattern in words, e.g. ``has letters and digits only``.
    """
    says = says or _SAYS.get(pattern, f"matches {pattern}")

    def check(value: Any) -> str:
        if not isinstance(value, str):
            plain = value is not None and isinstance(value, bool | int | float | date)
            raise ValueError(f"must be a text{': in a file, put it in quotes' if plain else ''}")
        if not least <= len(value) <= most:
            raise ValueError(f"has {len(value)} characters, it must have {least} to {most}")
        if value and not re.fullmatch(pattern, value, re.ASCII):
            raise ValueError(f"is not possible: it {says}")
        return value

    return check


def flag(value: Any) -> bool:
    """True or False, or what a template makes of them."""
    known = _WORDS.get(value.lower(), value) if isinstance(value, str) else value
    if not isinstance(known, bool):
        raise ValueError("must be True or False")
    return known


def whole(least: int, most: int) -> Check:
    """A whole number, or one that a template made.

    :param least: the lowest.
    :param most: the highest.
    """

    def check(value: Any) -> int:
        if isinstance(value, str) and re.fullmatch(r"-?\d{1,18}", value, re.ASCII):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return value

    return check


def choice(*names: str) -> Check:
    """One of several texts."""

    def check(value: Any) -> str:
        if not isinstance(value, str) or value not in names:
            raise ValueError(f"is not possible, it must be one of {', '.join(names)}")
        return str(value)

    return check


def moment(value: Any) -> datetime:
    """A point in time: a datetime, a date (its begin), or ISO 8601. One without an offset is UTC, as everywhere in
    Airflow.
    """
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError("is no point in time: write a datetime or ISO 8601") from None
    if not isinstance(value, date):
        raise ValueError("must be a datetime, or a text of ISO 8601")
    if not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    try:
        moved = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError:
        raise ValueError("lies too far away") from None
    # AppFlow keeps milliseconds
    return datetime(*moved.timetuple()[:6], moved.microsecond // 1000 * 1000, UTC)


class OneOf:
    """A value of one of some classes of the specs; see :func:`one_of`."""

    def __init__(self, classes: tuple[type[Value], ...], short: type[Value] | None) -> None:
        self.classes = classes
        self.short = short

    def __call__(self, value: Any) -> Value:
        if self.short is not None and isinstance(value, str):
            if value in self.names():
                raise ValueError(f"is the name of a class: write {value}(...), or {self.short.__name__}({value!r})")
            return self.short(value)
        if isinstance(value, type):
            raise ValueError(f"is a class: write {value.__name__}(...)")
        if not isinstance(value, self.classes):
            raise ValueError(f"is not possible here, it must be {self.described()}")
        return value

    def names(self) -> dict[str, list[type[Value]]]:
        """The classes by name."""
        return concrete(*self.classes)

    def described(self) -> str:
        """What is possible, in words."""
        names = list(self.names())
        return names[0] if len(names) == 1 else f"one of {', '.join(names)}"


def one_of(*classes: type[Value], short: type[Value] | None = None) -> OneOf:
    """A value of one of some classes of the specs.

    :param classes: the classes, or bases of them.
    :param short: the one that a text stands for, which is its first argument; default none.
    """
    return OneOf(classes, short)


class Several:
    """A list; see :func:`several`."""

    def __init__(self, item: Check, most: int, least: int, single: bool) -> None:
        self.item = item
        self.most = most
        self.least = least
        self.single = single

    def __call__(self, value: Any) -> Any:
        items = tuple(value) if isinstance(value, list | tuple) else (value,)
        if not self.least <= len(items) <= self.most:
            raise ValueError(f"has {len(items)} items, it must have {self.least} to {self.most}")
        checked = tuple(_item(self.item, number, item) for number, item in enumerate(items))
        return checked[0] if self.single and len(checked) == 1 else checked


def several(check: Check, most: int, *, least: int = 0, single: bool = False) -> Several:
    """A list, each item of which passes a check; a single item stands for a list of it.

    :param check: for the items.
    :param most: most items.
    :param least: fewest items.
    :param single: whether a single item stays as it is, without a list around it.
    """
    return Several(check, most, least, single)


class Map:
    """A mapping; see :func:`mapping`."""

    def __init__(self, key: Check, item: Check, most: int) -> None:
        self.key = key
        self.item = item
        self.most = most

    def __call__(self, value: Any) -> Entries:
        if not isinstance(value, Mapping):
            raise ValueError("must be a mapping")
        if len(value) > self.most:
            raise ValueError(f"has {len(value)} entries, {self.most} at most are possible")
        return Entries({_item(self.key, name, name): _item(self.item, name, each) for name, each in value.items()})


def mapping(key: Check, item: Check, most: int) -> Map:
    """A mapping.

    :param key: check for the keys.
    :param item: check for the values.
    :param most: most entries.
    """
    return Map(key, item, most)


def milliseconds(value: date) -> int:
    """Return a point in time as AppFlow's filters have it: milliseconds since the epoch; of a date its begin in UTC."""
    exact = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day, tzinfo=UTC)
    since = exact - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86400 + since.seconds) * 1000 + since.microseconds // 1000


def _item(check: Check, place: Any, value: Any) -> Any:
    if is_late(value):
        return value
    try:
        return check(value)
    except SpecError as error:
        raise error.within(f"[{place}]") from None
    except ValueError as error:
        raise SpecError(f"{value!r} {error}", f"[{place}]") from None
