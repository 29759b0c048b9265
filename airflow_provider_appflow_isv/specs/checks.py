"""What values of the specs' arguments may be. Each check returns the value in its normal form or raises ValueError.

Lengths and characters are those of AppFlow's service model.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from airflow_provider_appflow_isv.specs.errors import SpecError
from airflow_provider_appflow_isv.specs.values import Check, Value, is_late

NO_SPACE = r"\S+"
MAX_PROPERTY = 2048
_WORDS = {"true": True, "false": False}


def text(most: int, pattern: str = r".+", *, least: int = 1, says: str = "") -> Check:
    """A text.

    :param most: most characters.
    :param pattern: what all of it must match.
    :param least: fewest characters.
    :param says: the pattern in words, e.g. ``has letters and digits only``.
    """
    says = says or {NO_SPACE: "has no blanks"}.get(pattern, f"matches {pattern}")

    def check(value: Any) -> str:
        if not isinstance(value, str):
            raise ValueError("must be a text")
        if not least <= len(value) <= most:
            raise ValueError(f"has {len(value)} characters, it must have {least} to {most}")
        if not re.fullmatch(pattern, value, re.ASCII | re.DOTALL):
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
        if value not in names:
            raise ValueError(f"is not possible, it must be one of {', '.join(names)}")
        return str(value)

    return check


def moment(value: Any) -> datetime:
    """A point in time: a datetime, or ISO 8601. One without an offset is UTC, as everywhere in Airflow."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError("is no point in time: write a datetime or ISO 8601") from None
    if not isinstance(value, datetime):
        raise ValueError("must be a datetime, or a text of ISO 8601")
    moved = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    # AppFlow keeps milliseconds
    return datetime(*moved.timetuple()[:6], moved.microsecond // 1000 * 1000, UTC)


def one_of(*classes: type[Value]) -> Check:
    """A value of one of some classes of the specs."""

    def check(value: Any) -> Value:
        if not isinstance(value, classes):
            raise ValueError(f"must be {_names(classes)}")
        return value

    return check


def several(check: Check, most: int, *, least: int = 0) -> Check:
    """A list, each item of which passes a check; a single item stands for a list of it.

    :param check: for the items.
    :param most: most items.
    :param least: fewest items.
    """

    def check_all(value: Any) -> tuple[Any, ...]:
        items = tuple(value) if isinstance(value, list | tuple) else (value,)
        if not least <= len(items) <= most:
            raise ValueError(f"has {len(items)} items, it must have {least} to {most}")
        return tuple(_item(check, number, item) for number, item in enumerate(items))

    return check_all


def mapping(key: Check, item: Check, most: int) -> Check:
    """A mapping.

    :param key: check for the keys.
    :param item: check for the values.
    :param most: most entries.
    """

    def check(value: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping) or len(value) > most:
            raise ValueError(f"must be a mapping with {most} entries at most")
        return {_item(key, name, name): _item(item, name, each) for name, each in value.items()}

    return check


def anything(value: Any) -> Any:
    """Whatever is given: some other place checks it."""
    return value


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
        raise SpecError(error.message, f"[{place}]{error.argument}") from None
    except ValueError as error:
        raise SpecError(f"{value!r} {error}", f"[{place}]") from None


def _names(classes: tuple[type[Value], ...]) -> str:
    names = [each.__name__ for each in classes]
    return " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
