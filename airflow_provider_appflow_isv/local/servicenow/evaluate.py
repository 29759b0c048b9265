"""Encoded queries carried out on a table.

An empty value is neither equal nor unequal to another, nor in a list nor out of it ("How Filters and Report Criteria
Handle null Values", ServiceNow KB0715430). What isn't documented is a guess: "does not contain" holds for empty values,
texts compare without regard to case, and empty values sort first.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from airflow_provider_appflow_isv.local.servicenow.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from airflow_provider_appflow_isv.local.servicenow.encoded_query import Condition, Group, Operator, Ordering, Query
    from airflow_provider_appflow_isv.local.servicenow.records import Record
    from airflow_provider_appflow_isv.local.servicenow.snapshot import Path, Snapshot
    from airflow_provider_appflow_isv.local.servicenow.tables import Kind

Comparable = str | Decimal
Predicate = Callable[["Record"], bool]

_NUMBER = re.compile(r"[+-]?\d{1,40}(\.\d{1,40})?", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d)?", re.ASCII)
_DATE_GENERATE = re.compile(r"gs\.dateGenerate\(\s*'([^']*)'\s*,\s*'([^']*)'\s*\)")
_NAMED_TIMES = {"start": "00:00:00", "end": "23:59:59"}
_SCRIPT = "javascript:"
_ORDERED: Mapping[str, Callable[[Comparable, Comparable], bool]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
_TEXT_TESTS: Mapping[str, Callable[[str, str], bool]] = {
    "LIKE": operator.contains,
    "STARTSWITH": str.startswith,
    "ENDSWITH": str.endswith,
}
_OPPOSITES: Mapping[Operator, Operator] = {
    "!=": "=",
    "NOT LIKE": "LIKE",
    "NOT IN": "IN",
    "ISNOTEMPTY": "ISEMPTY",
}


def _operand(text: str) -> str:
    """Carry out the one script that an operand may be, all other texts stand for themselves."""
    if not text.startswith(_SCRIPT):
        return text
    script = _DATE_GENERATE.fullmatch(text.removeprefix(_SCRIPT))
    if script is None:
        raise ApiError(
            f"sysparm_query: the local ServiceNow can't run {text!r}",
            "Use a time like 2021-01-31 12:00:00 or javascript:gs.dateGenerate('2021-01-31','12:00:00')",
            400,
        )
    return f"{script[1]} {_NAMED_TIMES.get(script[2], script[2])}"


def _moment(text: str) -> datetime | None:
    """Read a time as the Table API writes it; a date alone is its first second."""
    if _MOMENT.fullmatch(text) is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def comparable(kind: Kind, text: str) -> Comparable | None:
    """Return a value as it compares with others of its kind, or None if it isn't of that kind or is empty.

    :param kind: how the values of its column compare.
    :param text: the value.
    """
    if kind == "number":
        return Decimal(text) if _NUMBER.fullmatch(text) else None
    if kind == "text":
        return text.casefold() or None
    moment = _moment(text)
    if moment is None:
        return None
    return moment.date().isoformat() if kind == "date" else moment.isoformat(" ")


class _Compiler:
    """Makes predicates of conditions on one table, and says whether a part of the query was invalid."""

    def __init__(self, snapshot: Snapshot, table_name: str) -> None:
        self._snapshot = snapshot
        self._table_name = table_name
        self.met_invalid = False

    def path(self, name: str) -> Path | None:
        """Find the column of that name; if there is none, that part of the query is invalid."""
        path = self._snapshot.path(self._table_name, name)
        self.met_invalid |= path is None
        return path

    def group(self, group: Group) -> Predicate:
        """Make the predicate of a group, leaving out its invalid parts."""
        compiled = [
            [predicate for condition in alternatives if (predicate := self._part(condition)) is not None]
            for alternatives in group
        ]
        valid = [predicates for predicates in compiled if predicates]
        return lambda record: all(any(predicate(record) for predicate in predicates) for predicates in valid)

    def _part(self, condition: Condition | None) -> Predicate | None:
        path = None if condition is None else self.path(condition.field)
        predicate = None if condition is None or path is None else self._predicate(condition, path)
        self.met_invalid |= predicate is None
        return predicate

    def _predicate(self, condition: Condition, path: Path) -> Predicate | None:
        opposite = _OPPOSITES.get(condition.operator)
        if opposite is None:
            return self._positive(condition.operator, condition.value, path)
        predicate = self._positive(opposite, condition.value, path)
        if predicate is None:
            return None
        if condition.operator in ("!=", "NOT IN"):
            return lambda record: self._value(record, path) is not None and not predicate(record)
        return lambda record: not predicate(record)

    def _positive(self, name: Operator, written: str, path: Path) -> Predicate | None:
        kind = path.column.kind
        if name in _TEXT_TESTS:
            return self._text_test(name, _operand(written).casefold(), path)
        if name == "ISEMPTY" or (name == "=" and written in ("", "NULL")):
            return lambda record: self._value(record, path) is None
        if name in ("=", "IN"):
            texts = [_operand(written)] if name == "=" else written.split(",")
            wanted = {comparable(kind, text) for text in texts} - {None}
            return (lambda record: self._value(record, path) in wanted) if wanted else None
        texts = [_operand(text) for text in (written.split("@") if name == "BETWEEN" else [written])]
        bounds = [bound for text in texts if (bound := comparable(kind, text)) is not None]
        if name == "BETWEEN":
            return self._between(bounds, path)
        return self._ordered(_ORDERED[name], bounds[0], path) if bounds else None

    def _value(self, record: Record, path: Path) -> Comparable | None:
        return comparable(path.column.kind, self._snapshot.value(record, path))

    def _text_test(self, name: Operator, wanted: str, path: Path) -> Predicate:
        test = _TEXT_TESTS[name]

        def holds(record: Record) -> bool:
            shown = self.shown(record, path)
            return shown != "" and test(shown.casefold(), wanted)

        return holds

    def shown(self, record: Record, path: Path) -> str:
        """Return the text that a text operator looks at: of a reference, what a person sees."""
        value = self._snapshot.value(record, path)
        return self._snapshot.display_value(path.column, value) if path.column.reference else value

    def _ordered(self, compare: Callable[[Comparable, Comparable], bool], bound: Comparable, path: Path) -> Predicate:
        def holds(record: Record) -> bool:
            value = self._value(record, path)
            return value is not None and compare(value, bound)

        return holds

    def _between(self, bounds: list[Comparable], path: Path) -> Predicate | None:
        if len(bounds) != 2:
            return None
        above, below = (
            self._ordered(_ORDERED[name], bound, path) for name, bound in zip((">=", "<="), bounds, strict=True)
        )
        return lambda record: above(record) and below(record)

    def sort(self, records: list[Record], orderings: Iterable[Ordering]) -> None:
        """Sort records, leaving out the orderings that are invalid."""
        # Sorting is stable, so sorting by the last field first sorts by all of them.
        for ordering in reversed(tuple(orderings)):
            path = self.path(ordering.field)
            if path is not None:
                records.sort(key=partial(self._rank, path), reverse=ordering.descending)

    def _rank(self, path: Path, record: Record) -> tuple[bool, Comparable]:
        value = comparable(path.column.kind, self.shown(record, path))
        return (value is not None, "" if value is None else value)


def run(query: Query, table_name: str, records: Iterable[Record], snapshot: Snapshot, *, strict: bool) -> list[Record]:
    """Carry out a query.

    :param query: what :func:`~airflow_provider_appflow_isv.local.servicenow.encoded_query.parse` returned.
    :param table_name: the table that it is about.
    :param records: the table's records.
    :param snapshot: where references are looked up.
    :param strict: whether an invalid part, such as an unknown column, lets nothing be found; otherwise it is ignored
        ("Table API", ServiceNow documentation: property ``glide.invalid_query.returns_no_rows``).
    :return: the records found, in order.
    :raises ApiError: for a script that the local ServiceNow can't run.
    """
    compiler = _Compiler(snapshot, table_name)
    predicates = [compiler.group(group) for group in query.groups]
    found = [record for record in records if any(predicate(record) for predicate in predicates)]
    compiler.sort(found, query.orderings)
    return [] if strict and compiler.met_invalid else found
