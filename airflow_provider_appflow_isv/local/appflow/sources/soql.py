"""Writes the SOQL query of a flow run (Salesforce SOQL and SOSL reference: literals, quoting, LIKE)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from airflow_provider_appflow_isv.local.appflow.runs.data_types import Value, format_datetime
from airflow_provider_appflow_isv.local.appflow.runs.outcome import RunFailedError

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.appflow.runs.filters import Filter
    from airflow_provider_appflow_isv.local.appflow.runs.job import PullWindow

_NAME = re.compile(r"[A-Za-z]\w*(\.[A-Za-z]\w*)*", re.ASCII)
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
    :raises RunFailedError: for a name that cannot be one in Salesforce.
    """
    conditions = [_condition(f) for f in filters]
    if window is not None:
        field, after, until = _name(window.field), _moment(window.after), _moment(window.until)
        conditions.append(f"{field} >= {after} AND {field} < {until}")
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"SELECT {', '.join(map(_name, fields))} FROM {_name(object_name)}{where}"  # noqa: S608  # names are checked, values quoted


def _condition(filter_: Filter) -> str:
    field, values = _name(filter_.field), filter_.values()
    if filter_.operator == "BETWEEN":  # exclusive at both ends, as AppFlow has it
        low, high = map(_literal, values)
        return f"{field} > {low} AND {field} < {high}"
    if filter_.operator == "CONTAINS":
        return _any([f"{field} LIKE {_contains(str(value))}" for value in values])
    sign = _COMPARISONS[filter_.operator]
    comparisons = [f"{field} {sign} {_literal(value)}" for value in values]
    return " AND ".join(comparisons) if sign == "!=" else _any(comparisons)


def _any(conditions: list[str]) -> str:
    return conditions[0] if len(conditions) == 1 else f"({' OR '.join(conditions)})"


def _literal(value: Value) -> str:
    if isinstance(value, str):
        return f"'{value.translate(_ESCAPES)}'"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return format_datetime(value)
    return str(value)  # a number, or a date as ISO 8601 has it


def _contains(text: str) -> str:
    escaped = text.translate(_ESCAPES).translate(_LIKE_ESCAPES)
    return f"'%{escaped}%'"


def _moment(seconds: float) -> str:
    return format_datetime(datetime.fromtimestamp(seconds, UTC))


def _name(name: str) -> str:
    """Names go into the query unquoted, so only what can be a name goes in."""
    if not _NAME.fullmatch(name):
        raise RunFailedError(f"{name} is no name of a Salesforce object or field.")
    return name
