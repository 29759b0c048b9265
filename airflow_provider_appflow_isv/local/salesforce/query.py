"""SOQL, the part of it that extracts use: text to a typed query ("SOQL and SOSL Reference", SELECT Syntax).

Understood: ``SELECT fields | COUNT() FROM object [WHERE condition] [ORDER BY field [ASC | DESC] [NULLS FIRST |
LAST], ...] [LIMIT n] [OFFSET n]``. As in Salesforce, AND and OR don't mix without parentheses. Relationship
fields, subqueries, aggregates, functions and date words such as TODAY are refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal as OneOf
from typing import NoReturn

from airflow_provider_appflow_isv.local.salesforce.errors import ApiError

MAX_QUERY_LENGTH = 100_000
MAX_OFFSET = 2000
_MAX_DEPTH = 50
_MAX_LIMIT_DIGITS = 9
_KEYWORDS = frozenset(
    {"SELECT", "FROM", "WHERE", "AND", "OR", "NOT", "LIKE", "IN", "ORDER", "BY", "ASC", "DESC"}
    | {"LIMIT", "OFFSET", "NULL", "TRUE", "FALSE"}
)
_COMPARATORS = {"=": "=", "!=": "!=", "<>": "!=", "<": "<", ">": ">", "<=": "<=", ">=": ">="}
_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<datetime>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?(?:Z|[+-]\d\d:?\d\d))
  | (?P<date>\d{4}-\d\d-\d\d)
  | (?P<number>[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)
  | (?P<string>'(?:[^'\\]|\\.)*')
  | (?P<operator><>|!=|<=|>=|=|<|>)
  | (?P<punctuation>[(),])
    """,
    re.VERBOSE | re.ASCII | re.DOTALL,
)

LiteralKind = OneOf["string", "number", "boolean", "null", "date", "datetime"]


@dataclass(frozen=True)
class Literal:
    """A value in a query: its kind, and its text as written (a string without its quotes, escapes kept)."""

    kind: LiteralKind
    text: str


@dataclass(frozen=True)
class Comparison:
    """A field against a value, or for IN and NOT IN against several.

    :param field: the field as the query spells it.
    :param operator: one of ``= != < > <= >= LIKE IN NOT IN``.
    :param literals: one value, or one or more for IN and NOT IN.
    """

    field: str
    operator: str
    literals: tuple[Literal, ...]


@dataclass(frozen=True)
class Not:
    """The opposite of a condition."""

    operand: Condition


@dataclass(frozen=True)
class Junction:
    """Conditions that all (AND) or of which some (OR) must hold."""

    operator: OneOf["AND", "OR"]
    operands: tuple[Condition, ...]


Condition = Comparison | Not | Junction


@dataclass(frozen=True)
class Ordering:
    """One field to sort by; records without a value come first unless said otherwise."""

    field: str
    descending: bool = False
    nulls_first: bool = True


@dataclass(frozen=True)
class Query:
    """A parsed query; no fields means ``COUNT()``."""

    fields: tuple[str, ...]
    object_name: str
    where: Condition | None = None
    order_by: tuple[Ordering, ...] = ()
    limit: int | None = None
    offset: int = 0


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str

    @property
    def word(self) -> str:
        return self.text.upper() if self.kind == "name" else self.text


_END = _Token("end", "<EOF>")


def _malformed(message: str) -> ApiError:
    return ApiError("MALFORMED_QUERY", message)


def _tokens(text: str) -> list[_Token]:
    tokens = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise _malformed(f"line 1:{position} no viable alternative at character '{text[position]}'")
        if match.lastgroup != "space":
            tokens.append(_Token(match.lastgroup, match.group()))
        position = match.end()
    return tokens


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._position = 0
        self._depth = 0

    @property
    def _next(self) -> _Token:
        return self._tokens[self._position] if self._position < len(self._tokens) else _END

    def _refuse(self) -> NoReturn:
        raise _malformed(f"unexpected token: '{self._next.text}'")

    def _take(self) -> _Token:
        token = self._next
        self._position += 1
        return token

    def _accept(self, *words: str) -> str | None:
        word = self._next.word
        if word not in words:
            return None
        self._take()
        return word

    def _expect(self, word: str) -> None:
        if self._accept(word) is None:
            self._refuse()

    def _name(self) -> str:
        if self._next.kind != "name" or self._next.word in _KEYWORDS:
            self._refuse()
        return self._take().text

    def query(self) -> Query:
        self._expect("SELECT")
        fields = self._selection()
        self._expect("FROM")
        parsed = Query(
            fields=fields,
            object_name=self._name(),
            where=self._condition() if self._accept("WHERE") else None,
            order_by=self._orderings() if self._accept("ORDER") else (),
            limit=self._whole_number() if self._accept("LIMIT") else None,
            offset=self._whole_number() if self._accept("OFFSET") else 0,
        )
        if self._next is not _END:
            self._refuse()
        return parsed

    def _selection(self) -> tuple[str, ...]:
        names = [self._name()]
        if names[0].upper() == "COUNT" and self._accept("("):
            self._expect(")")
            return ()
        while self._accept(","):
            names.append(self._name())
        return tuple(names)

    def _condition(self) -> Condition:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise ApiError("QUERY_TOO_COMPLICATED", f"the condition nests deeper than {_MAX_DEPTH} levels")
        operands = [self._operand()]
        joined_by: OneOf["AND", "OR"] = "OR" if self._next.word == "OR" else "AND"
        while self._accept(joined_by):
            operands.append(self._operand())
        self._depth -= 1
        return operands[0] if len(operands) == 1 else Junction(joined_by, tuple(operands))

    def _operand(self) -> Condition:
        if self._accept("NOT"):
            return Not(self._simple())
        return self._simple()

    def _simple(self) -> Condition:
        if self._accept("("):
            inner = self._condition()
            self._expect(")")
            return inner
        field = self._name()
        if self._accept("LIKE"):
            return Comparison(field, "LIKE", (self._literal(),))
        if self._accept("IN"):
            return Comparison(field, "IN", self._literals())
        if self._accept("NOT"):
            self._expect("IN")
            return Comparison(field, "NOT IN", self._literals())
        if self._next.kind != "operator":
            self._refuse()
        return Comparison(field, _COMPARATORS[self._take().text], (self._literal(),))

    def _literals(self) -> tuple[Literal, ...]:
        self._expect("(")
        literals = [self._literal()]
        while self._accept(","):
            literals.append(self._literal())
        self._expect(")")
        return tuple(literals)

    def _literal(self) -> Literal:
        token = self._next
        kind: LiteralKind
        match token.kind, token.word:
            case "string", _:
                kind = "string"
            case "number", _:
                kind = "number"
            case "date", _:
                kind = "date"
            case "datetime", _:
                kind = "datetime"
            case "name", "TRUE" | "FALSE":
                kind = "boolean"
            case "name", "NULL":
                kind = "null"
            case _:
                self._refuse()
        self._take()
        return Literal(kind, token.text[1:-1] if kind == "string" else token.word)

    def _orderings(self) -> tuple[Ordering, ...]:
        self._expect("BY")
        orderings = [self._ordering()]
        while self._accept(","):
            orderings.append(self._ordering())
        return tuple(orderings)

    def _ordering(self) -> Ordering:
        field = self._name()
        descending = self._accept("ASC", "DESC") == "DESC"
        if self._accept("NULLS") is None:
            return Ordering(field, descending)
        place = self._accept("FIRST", "LAST")
        if place is None:
            self._refuse()
        return Ordering(field, descending, place == "FIRST")

    def _whole_number(self) -> int:
        token = self._next
        if token.kind != "number" or not token.text.isdigit() or len(token.text) > _MAX_LIMIT_DIGITS:
            self._refuse()
        return int(self._take().text)


def parse(text: str) -> Query:
    """Parse a SOQL query.

    :param text: the query.
    :return: the query, its names not yet looked up.
    :raises ApiError: ``MALFORMED_QUERY``, ``QUERY_TOO_COMPLICATED`` or ``NUMBER_OUTSIDE_VALID_RANGE``.
    """
    if len(text) > MAX_QUERY_LENGTH:
        raise ApiError("QUERY_TOO_COMPLICATED", f"a query has at most {MAX_QUERY_LENGTH} characters, got {len(text)}")
    query = _Parser(text).query()
    if query.offset > MAX_OFFSET:
        raise ApiError("NUMBER_OUTSIDE_VALID_RANGE", f"Maximum SOQL offset allowed is {MAX_OFFSET}")
    return query
