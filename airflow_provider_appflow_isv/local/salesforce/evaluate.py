"""What a query finds: names looked up, values typed by their field, records chosen, sorted and cut."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from airflow_provider_appflow_isv.local.salesforce.errors import ApiError
from airflow_provider_appflow_isv.local.salesforce.ids import LONG_LENGTH, SHORT_LENGTH, to_long_id
from airflow_provider_appflow_isv.local.salesforce.objects import find_object
from airflow_provider_appflow_isv.local.salesforce.query import (
    Comparison,
    Condition,
    Junction,
    Literal,
    Not,
    Ordering,
    Query,
)
from airflow_provider_appflow_isv.local.salesforce.records import Record, Value, format_datetime
from airflow_provider_appflow_isv.local.salesforce.schema import ID_TYPES, NUMBER_TYPES, TEXT_TYPES, Field, SObject

Predicate = Callable[[Record], bool]
_ESCAPES = {
    "n": "\n", "N": "\n", "r": "\r", "R": "\r", "t": "\t", "T": "\t", "b": "\b", "B": "\b", "f": "\f", "F": "\f",
    '"': '"', "'": "'", "\\": "\\", "_": "_", "%": "%",
}  # fmt: skip
_ORDERED = {"<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge}


@dataclass(frozen=True)
class Result:
    """What a query finds.

    :param sobject: the object asked.
    :param fields: the names of the fields asked for; none for ``COUNT()``.
    :param records: the records found, whole.
    """

    sobject: SObject
    fields: tuple[str, ...]
    records: tuple[Record, ...]


def _characters(text: str) -> Iterator[tuple[str, bool]]:
    """Give a string's characters, each with whether a backslash stood before it."""
    characters = iter(text)
    for character in characters:
        if character != "\\":
            yield character, False
            continue
        escaped = next(characters)
        if escaped not in _ESCAPES:
            raise ApiError("MALFORMED_QUERY", f"invalid string literal: illegal character sequence '\\{escaped}'")
        yield _ESCAPES[escaped], True


def _like(text: str) -> re.Pattern[str]:
    parts = [""]
    for character, escaped in _characters(text):
        if character == "%" and not escaped:
            parts.append("")
        else:
            parts[-1] += "." if character == "_" and not escaped else re.escape(character)
    first, *middle = parts
    last = f".*{middle.pop()}" if middle else ""
    # The first place where a part fits is always good enough, so nothing is gained by trying later ones: (?>...).
    pattern = first + "".join(f"(?>.*?{part})" for part in middle) + last
    return re.compile(pattern, re.IGNORECASE | re.DOTALL)


def _wrong_type(field: Field, expected: str, *, quoted: bool) -> ApiError:
    quotes = "should be enclosed in quotes" if quoted else "should not be enclosed in quotes"
    return ApiError(
        "INVALID_FIELD",
        f"value of filter criterion for field '{field.name}' must be of type {expected} and {quotes}",
    )


def _typed_text(field: Field, literal: Literal) -> Value:
    if literal.kind != "string":
        raise _wrong_type(field, "string", quoted=True)
    text = "".join(character for character, _ in _characters(literal.text))
    if field.type in ID_TYPES:
        if len(text) not in (SHORT_LENGTH, LONG_LENGTH):
            raise ApiError("INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {text}")
        return to_long_id(text[:SHORT_LENGTH])
    return text.casefold() or None  # Salesforce keeps no empty text: '' means null


def _typed(field: Field, literal: Literal) -> Value:
    """Return a literal as the field's records hold it (texts in one case), None for null."""
    if literal.kind == "null":
        return None
    if field.type in TEXT_TYPES or field.type in ID_TYPES:
        return _typed_text(field, literal)
    wanted = "number" if field.type in NUMBER_TYPES else field.type
    if literal.kind != wanted:
        raise _wrong_type(field, "dateTime" if wanted == "datetime" else wanted, quoted=False)
    if wanted == "number":
        return float(literal.text)
    if wanted == "boolean":
        return literal.text == "TRUE"
    try:
        if wanted == "date":
            return date.fromisoformat(literal.text).isoformat()
        return format_datetime(datetime.fromisoformat(literal.text))
    except (ValueError, OverflowError):
        raise ApiError("INVALID_FIELD", f"{literal.text} is not a valid {wanted}") from None


def _key(field: Field, value: Value) -> Value:
    """Return a record's value as it compares: texts without regard to case, all else as it is."""
    return value.casefold() if isinstance(value, str) and field.type in TEXT_TYPES else value


def _usable(sobject: SObject, name: str, use: str) -> Field:
    field = sobject.field(name)
    if not field.filterable:
        raise ApiError("INVALID_FIELD", f"field '{field.name}' can not be {use} in a query call")
    return field


def _like_predicate(field: Field, literal: Literal) -> Predicate:
    if field.type not in TEXT_TYPES:
        raise ApiError("INVALID_QUERY_FILTER_OPERATOR", f"invalid operator on {field.name} field: LIKE")
    if literal.kind != "string":
        raise _wrong_type(field, "string", quoted=True)
    pattern = _like(literal.text)

    def matches(record: Record) -> bool:
        value = record[field.name]
        return isinstance(value, str) and pattern.fullmatch(value) is not None

    return matches


def _compile_comparison(sobject: SObject, comparison: Comparison) -> Predicate:
    field = _usable(sobject, comparison.field, "filtered")
    if comparison.operator == "LIKE":
        return _like_predicate(field, comparison.literals[0])
    values = {_typed(field, literal) for literal in comparison.literals}
    if comparison.operator in ("=", "IN"):
        return lambda record: _key(field, record[field.name]) in values
    if comparison.operator in ("!=", "NOT IN"):
        return lambda record: _key(field, record[field.name]) not in values
    compare = _ORDERED[comparison.operator]
    bound = values.pop()
    if bound is None or field.type == "boolean":
        raise ApiError(
            "INVALID_QUERY_FILTER_OPERATOR", f"invalid operator on {field.name} field: {comparison.operator}"
        )

    def holds(record: Record) -> bool:
        value = _key(field, record[field.name])
        return value is not None and bool(compare(value, bound))

    return holds


def _compile(sobject: SObject, condition: Condition) -> Predicate:
    if isinstance(condition, Comparison):
        return _compile_comparison(sobject, condition)
    if isinstance(condition, Not):
        opposite = _compile(sobject, condition.operand)
        return lambda record: not opposite(record)
    return _compile_junction(sobject, condition)


def _compile_junction(sobject: SObject, junction: Junction) -> Predicate:
    predicates = [_compile(sobject, operand) for operand in junction.operands]
    combine = all if junction.operator == "AND" else any
    return lambda record: combine(predicate(record) for predicate in predicates)


def _sort(sobject: SObject, records: list[Record], orderings: Sequence[Ordering]) -> None:
    # Sorting is stable, so sorting by the last field first sorts by all of them.
    for ordering in reversed(orderings):
        field = _usable(sobject, ordering.field, "sorted")

        def rank(record: Record, field: Field = field, ordering: Ordering = ordering) -> tuple[bool, Value]:
            value = _key(field, record[field.name])
            if value is None:
                return ordering.nulls_first == ordering.descending, 0
            return ordering.nulls_first != ordering.descending, value

        records.sort(key=rank, reverse=ordering.descending)


def run(query: Query, records_of: Callable[[SObject], Sequence[Record]]) -> Result:
    """Evaluate a query.

    :param query: what :func:`~airflow_provider_appflow_isv.local.salesforce.query.parse` returned.
    :param records_of: gives an object's records.
    :return: what it finds.
    :raises ApiError: ``INVALID_TYPE``, ``INVALID_TYPE_FOR_OPERATION`` (events have no records) or ``INVALID_FIELD`` for
        a name or value that doesn't fit,
        ``INVALID_QUERY_FILTER_OPERATOR`` for an operator that doesn't.
    """
    sobject = find_object(query.object_name)
    if sobject is None:
        raise ApiError("INVALID_TYPE", f"sObject type '{query.object_name}' is not supported.")
    if sobject.kind != "table":
        raise ApiError("INVALID_TYPE_FOR_OPERATION", f"entity type {sobject.name} does not support query")
    fields = tuple(sobject.field(name).name for name in query.fields)
    for name in fields:
        if fields.count(name) > 1:
            raise ApiError("INVALID_FIELD", f"duplicate field selected: {name}")
    chosen = list(records_of(sobject))
    if query.where is not None:
        chosen = list(filter(_compile(sobject, query.where), chosen))
    _sort(sobject, chosen, query.order_by)
    end = None if query.limit is None else query.offset + query.limit
    return Result(sobject, fields, tuple(chosen[query.offset : end]))
