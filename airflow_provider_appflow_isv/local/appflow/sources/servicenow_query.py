"""Writes the encoded query of a flow run ("Operators available for filters and queries", ServiceNow documentation).

Inferred: filters become the operators of the same name, so that an empty value is what it is to ServiceNow: neither
equal to another value nor unequal.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from airflow_provider_appflow_isv.local.appflow.runs.outcome import RunFailedError

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.appflow.runs.data_types import Value
    from airflow_provider_appflow_isv.local.appflow.runs.filters import Filter
    from airflow_provider_appflow_isv.local.appflow.runs.job import PullWindow

_OPERATORS = {
    "EQUAL_TO": "=",
    "NOT_EQUAL_TO": "!=",
    "LESS_THAN": "<",
    "GREATER_THAN": ">",
    "LESS_THAN_OR_EQUAL_TO": "<=",
    "GREATER_THAN_OR_EQUAL_TO": ">=",
    "CONTAINS": "LIKE",
}
_OF_EMPTY = {"=": "ISEMPTY", "!=": "ISNOTEMPTY"}
# What a moment between two seconds, to which ServiceNow's times never come, is compared by: the second before it.
_OF_FRACTION = {"<": "<=", "<=": "<=", ">": ">", ">=": ">"}
_MAX_DIGITS = 40  # before and behind the point; more than any column has


def query(filters: Sequence[Filter], window: PullWindow | None = None) -> str:
    """Return the encoded query for one run, empty if it is for every record.

    :param filters: the flow's filters, all of which have to hold, on columns that the table has.
    :param window: range of an incremental run; default None.
    :raises RunFailedError: for a filter that ServiceNow has no words for.
    """
    terms = [term for each in filters for term in _terms(each)]
    if window is not None:
        terms += [f"{window.field}>={_moment(window.after)}", f"{window.field}<{_moment(window.until)}"]
    return "^".join(terms)


def _terms(filter_: Filter) -> Iterator[str]:
    """Yield the conditions that together say what a filter says."""
    field, values = filter_.field, filter_.values()
    if filter_.operator == "BETWEEN":  # exclusive at both ends, as AppFlow has it; ServiceNow's own is inclusive
        low, high = values
        yield from _any(field, [_condition(field, ">", low)])
        yield from _any(field, [_condition(field, "<", high)])
        return
    operator = _OPERATORS[filter_.operator]
    conditions = [_condition(field, operator, value) for value in values]
    if operator == "!=":
        yield from filter(None, conditions)
    else:
        yield from _any(field, conditions)


def _any(field: str, conditions: Sequence[str | None]) -> Iterator[str]:
    """Yield one term that holds where one of the conditions does, or two that never hold together if there are none."""
    possible = [each for each in conditions if each is not None]
    if possible:
        yield "^OR".join(possible)
    else:
        yield f"{field}ISEMPTY"
        yield f"{field}ISNOTEMPTY"


def _condition(field: str, operator: str, value: Value) -> str | None:
    """Return one comparison, None for one that never holds."""
    if value == "":
        return field + _OF_EMPTY[operator] if operator in _OF_EMPTY else None
    if isinstance(value, datetime) and value.microsecond:
        if operator == "=":
            return None
        if operator == "!=":
            return f"{field}ISNOTEMPTY"
        operator = _OF_FRACTION[operator]
    text = _text(value)
    if operator in ("<", ">") and text.startswith("="):
        raise RunFailedError(
            f"ServiceNow has no way to compare {field} with a text that begins with an equals sign by {operator}: "
            "use LESS_THAN_OR_EQUAL_TO or GREATER_THAN_OR_EQUAL_TO."
        )
    return f"{field}{operator}{text.replace('^', '^^')}"


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return _format(value)
    if isinstance(value, Decimal):
        digits = format(value, "f") if abs(value.adjusted()) < _MAX_DIGITS else ""
        if not digits or len(digits) > 2 * _MAX_DIGITS:
            raise RunFailedError(f"ServiceNow has no numbers like the filter's {value}: use one of fewer digits.")
        return digits
    return str(value)


def _moment(seconds: float) -> str:
    return _format(datetime.fromtimestamp(math.floor(seconds), UTC))


def _format(moment: datetime) -> str:
    """Return a moment as the Table API has it: in UTC, to the second before."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "seconds")
