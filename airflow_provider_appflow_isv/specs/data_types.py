"""Values of filters as AppFlow's texts, by data type: points in time are milliseconds since the epoch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from airflow_provider_appflow_isv.specs.checks import milliseconds, moment
from airflow_provider_appflow_isv.specs.values import is_late

TIMES = ("date", "datetime")
FRACTIONS = ("currency", "decimal", "double", "float", "number", "percent")
WHOLE = ("int", "integer", "long", "short")
_WIDER = (("double", {"integer", "double"}), ("datetime", {"date", "datetime"}))
_BOOLEANS = ("true", "false")


def type_of(values: Sequence[Any], *, reads_times: bool) -> str:
    """The data type that values have by themselves.

    :param values: those of one filter. A text among numbers or points in time may be one, too: templates make texts.
    :param reads_times: whether texts of ISO 8601 are points in time.
    """
    kinds = {_type_of(value) for value in values if not isinstance(value, str)}
    found = {
        _type_of_text(value, times=reads_times or bool(kinds & {*TIMES}), numbers=bool(kinds & {"integer", "double"}))
        for value in values
        if isinstance(value, str)
    } | kinds
    if len(found) == 1:
        return found.pop()
    return next((name for name, kinds in _WIDER if found <= kinds), "string")


def written(value: Any, data_type: str | None) -> Any:
    """A value as the text that AppFlow reads; one that is not known yet as it is.

    :param value: a text, a number, True or False, a date or a datetime.
    :param data_type: the field's; None while it is not known.
    :raises ValueError: for a value that is none of the data type.
    """
    if is_late(value) or data_type is None:
        return value
    name = data_type.lower()
    if name in TIMES:
        return _written_time(value)
    if isinstance(value, date):
        raise ValueError(f"is a point in time, the data type is {data_type}")
    shown = str(value).lower() if isinstance(value, bool) else str(value)
    if name == "boolean":
        if shown.lower() not in _BOOLEANS:
            raise ValueError("is neither True nor False, the data type is boolean")
        return shown.lower()
    if name in (*WHOLE, *FRACTIONS) and (isinstance(value, bool) or not _is_number(shown)):
        raise ValueError(f"is no number, the data type is {data_type}")
    return format(Decimal(shown), "f") if isinstance(value, float | Decimal) else shown


def read(shown: str, data_type: str | None) -> Any:
    """A text of AppFlow's as the value that is written so.

    :param shown: the text.
    :param data_type: its data type; None for a string.
    :raises ValueError: for a text that is none of the data type.
    """
    name = (data_type or "").lower()
    if name in TIMES:
        found = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=int(shown))
        return found.date() if name == "date" and milliseconds(found.date()) == int(shown) else found
    if name == "boolean":
        return {"true": True, "false": False}.get(shown, shown)
    number: type[int] | type[float] | None = int if name in WHOLE else float if name in FRACTIONS else None
    if number is not None and str(number(shown)) == shown:
        return number(shown)
    return shown


def _type_of(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float | Decimal):
        return "double"
    return "datetime" if isinstance(value, datetime) else "date"


def _type_of_text(value: str, *, times: bool, numbers: bool) -> str:
    if numbers and _is_number(value):
        return "integer" if value.lstrip("-").isdecimal() else "double"
    if times and "-" in value[1:]:
        try:
            datetime.fromisoformat(value)
        except ValueError:
            return "string"
        return "datetime" if ":" in value or "T" in value else "date"
    return "string"


def _written_time(value: Any) -> str:
    if isinstance(value, date):
        return str(milliseconds(value))
    shown = str(value)
    is_epoch = shown.lstrip("-").isdecimal() and len(shown) > 8  # shorter ones are dates such as 20210131
    return shown if is_epoch else str(milliseconds(moment(shown)))


def _is_number(shown: str) -> bool:
    try:
        return Decimal(shown).is_finite()
    except ArithmeticError:
        return False
