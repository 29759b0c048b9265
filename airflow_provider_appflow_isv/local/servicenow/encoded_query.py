"""Encoded queries as text, taken apart ("Operators available for filters and queries", ServiceNow documentation)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from airflow_provider_appflow_isv.local.servicenow.errors import ApiError

Operator = Literal[
    "=",
    "!=",
    "<",
    ">",
    "<=",
    ">=",
    "LIKE",
    "NOT LIKE",
    "STARTSWITH",
    "ENDSWITH",
    "IN",
    "NOT IN",
    "ISEMPTY",
    "ISNOTEMPTY",
    "BETWEEN",
]

# Each spelling before those that it begins with.
_OPERATORS: dict[str, Operator] = {
    "ISNOTEMPTY": "ISNOTEMPTY",
    "ISEMPTY": "ISEMPTY",
    "STARTSWITH": "STARTSWITH",
    "ENDSWITH": "ENDSWITH",
    "NOT LIKE": "NOT LIKE",
    "NOTLIKE": "NOT LIKE",
    "DOES NOT CONTAIN": "NOT LIKE",
    "LIKE": "LIKE",
    "CONTAINS": "LIKE",
    "NOT IN": "NOT IN",
    "BETWEEN": "BETWEEN",
    "IN": "IN",
    "!=": "!=",
    "<=": "<=",
    ">=": ">=",
    "=": "=",
    "<": "<",
    ">": ">",
}
_FIELD = re.compile(r"[a-z0-9_.]+", re.ASCII)
_ESCAPED_CARET = "\0"


@dataclass(frozen=True)
class Condition:
    """One condition, as it is written.

    :param field: the column's name, perhaps dot-walked.
    :param operator: the operator.
    :param value: all that follows it.
    """

    field: str
    operator: Operator
    value: str


@dataclass(frozen=True)
class Ordering:
    """One ORDERBY or ORDERBYDESC."""

    field: str
    descending: bool


# Conditions of which one has to hold, of which all have to, of which one has to: ^OR binds tighter than ^, that
# tighter than ^NQ. None stands for a part that isn't a condition.
Alternatives = tuple[Condition | None, ...]
Group = tuple[Alternatives, ...]


@dataclass(frozen=True)
class Query:
    """An encoded query.

    :param groups: what is between the ``^NQ``, at least one.
    :param orderings: what to sort by, the first first.
    """

    groups: tuple[Group, ...]
    orderings: tuple[Ordering, ...] = ()


def _condition(text: str) -> Condition | None:
    found = _FIELD.match(text)
    field = found[0] if found else ""
    rest = text[len(field) :]
    # INSTANCEOF is not IN, and isn't evaluated here
    for spelling, operator in _OPERATORS.items():
        if field and rest.startswith(spelling) and not rest.startswith("INSTANCEOF"):
            return Condition(field, operator, rest[len(spelling) :].replace(_ESCAPED_CARET, "^"))
    if rest:
        raise ApiError(
            f"sysparm_query: the local ServiceNow can't evaluate {text.replace(_ESCAPED_CARET, '^^')!r}",
            f"Use a column and one of {' '.join(dict.fromkeys(_OPERATORS.values()))}",
            400,
        )
    return None


def parse(text: str) -> Query:
    """Take an encoded query apart.

    :param text: the query, e.g. ``active=true^priority<3^ORpriority=5^ORDERBYnumber``; a caret in a value is doubled.
    :return: the query.
    :raises ApiError: for an operator that the local ServiceNow doesn't evaluate.
    """
    groups: list[list[list[Condition | None]]] = [[]]
    orderings: list[Ordering] = []
    for written in text.replace("^^", _ESCAPED_CARET).split("^"):
        term = written
        if term.startswith("NQ"):
            groups.append([])
            term = term.removeprefix("NQ")
        if term in ("", "EQ"):  # lists of the user interface end their queries with EQ
            continue
        if term.startswith("ORDERBY"):
            descending = term.startswith("ORDERBYDESC")
            orderings.append(Ordering(term.removeprefix("ORDERBYDESC" if descending else "ORDERBY"), descending))
        elif term.startswith("OR") and groups[-1]:
            groups[-1][-1].append(_condition(term.removeprefix("OR")))
        else:
            groups[-1].append([_condition(term.removeprefix("OR"))])
    return Query(tuple(tuple(tuple(parts) for parts in group) for group in groups), tuple(orderings))
