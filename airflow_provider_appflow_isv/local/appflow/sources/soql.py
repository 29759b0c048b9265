"""Writes the SOQL query of a flow run (Salesforce SOQL and SOSL reference: literals, quoting, LIKE)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from airflow_provider_appflow_isv.local.appflow.runs.outcome import RunFailedError

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.appflow.runs.job import PullWindow
    from airflow_provider_appflow_isv.local.appflow.runs.tasks import Filter

_NAME = re.compile(r"[A-Za-z]\w*(\.[A-Za-z]\w*)*", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")
_NUMBER_TYPES = (
    "int",
    "integer",
    "long",
    "short",
    "byte",
    "float",
    "double",
    "currency",
    "percent",
    "decimal",
    "bigdecimal",
)
_COMPARISONS = {
    "EQUAL_TO": "=",
    "NOT_EQUAL_TO": "!=",
    "LESS_THAN": "<",
    "GREATER_THAN": ">",
    "LESS_THAN_OR_EQUAL_TO": "<=",
    "GREATER_THAN_OR_EQUAL_TO": ">=",
}
_ESCAPES = str.maketrans({"\\": r"\\", "'": r"\'", "\n": r"\n", "\r": r"\r", "\t": r"\t"})
_LIKE_ESCAPES = str.maketrans({"%": r"\%", "_": r"\_"})


def query(object_name: str, fields: Sequence[str], filters: Sequence[Filter], window: PullWindow | None = None) -> str:
    """Return the SELECT statement for one run.

    :param object_name: the source object.
    :param fields: fields to fetch.
    :param filters: the flow's filters, joined by AND.
    :param window: range of an incremental run; default None.
    :raises RunFailedError: for a filter that has no value or one of the wrong type.
    """
    conditions = [_condition(f) for f in filters]
    if window is not None:
        field = _name(window.field)
        conditions.append(f"{field} > {_datetime(window.after)} AND {field} <= {_datetime(window.until)}")
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"SELECT {', '.join(map(_name, fields))} FROM {_name(object_name)}{where}"  # noqa: S608  # names are checked, values quoted


def _condition(filter_: Filter) -> str:
    field = _name(filter_.field)
    if filter_.operator == "BETWEEN":  # exclusive at both ends, as AppFlow has it
        low, high = (_literal(filter_, _property(filter_, key)) for key in ("LOWER_BOUND", "UPPER_BOUND"))
        return f"{field} > {low} AND {field} < {high}"
    if filter_.operator == "CONTAINS":
        return _any([f"{field} LIKE {_contains(value)}" for value in _values(filter_)])
    sign = _COMPARISONS.get(filter_.operator)
    if sign is None:
        raise RunFailedError(f"{filter_.operator} is no operator to filter records of Salesforce by.")
    comparisons = [f"{field} {sign} {_literal(filter_, value)}" for value in _values(filter_)]
    return " AND ".join(comparisons) if sign == "!=" else _any(comparisons)


def _any(conditions: list[str]) -> str:
    return conditions[0] if len(conditions) == 1 else f"({' OR '.join(conditions)})"


def _values(filter_: Filter) -> list[str]:
    """VALUE, or VALUES: several, separated by commas."""
    if "VALUES" in filter_.properties:
        return [value.strip() for value in filter_.properties["VALUES"].split(",")]
    return [_property(filter_, "VALUE")]


def _property(filter_: Filter, key: str) -> str:
    try:
        return filter_.properties[key]
    except KeyError:
        raise RunFailedError(f"The filter {filter_.operator} on {filter_.field} has no {key}.") from None


def _literal(filter_: Filter, value: str) -> str:
    kind = filter_.properties.get("DATA_TYPE", "string").lower()
    writers: dict[str, Callable[[str], str]] = {
        "datetime": lambda text: _datetime(int(text) / 1000),
        "date": lambda text: _datetime(int(text) / 1000)[:10],
        "boolean": _boolean,
        **dict.fromkeys(_NUMBER_TYPES, _number),
    }
    try:
        return writers.get(kind, _string)(value)
    except (ValueError, OverflowError, OSError):
        hint = " (milliseconds since the epoch)" if kind in ("date", "datetime") else ""
        raise RunFailedError(
            f"The filter {filter_.operator} on {filter_.field} has a value that is no {kind}{hint}: {value}"
        ) from None


def _string(text: str) -> str:
    return f"'{text.translate(_ESCAPES)}'"


def _contains(text: str) -> str:
    escaped = text.translate(_ESCAPES).translate(_LIKE_ESCAPES)
    return f"'%{escaped}%'"


def _number(text: str) -> str:
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    return text


def _boolean(text: str) -> str:
    if text.lower() not in ("true", "false"):
        raise ValueError(text)
    return text.lower()


def _datetime(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def _name(name: str) -> str:
    """Names go into the query unquoted, so only what can be a name goes in."""
    if not _NAME.fullmatch(name):
        raise RunFailedError(f"{name} is no name of a Salesforce object or field.")
    return name
