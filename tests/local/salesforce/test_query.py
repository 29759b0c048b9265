# ruff: noqa: S608  # SOQL for the parser under test, no database behind it

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_appflow_isv.local.salesforce.errors import ApiError
from airflow_provider_appflow_isv.local.salesforce.query import (
    Comparison,
    Condition,
    Junction,
    Literal,
    Not,
    Ordering,
    Query,
    parse,
)


def test_fields_and_object_are_read() -> None:
    assert parse("select Id, Name from Account") == Query(("Id", "Name"), "Account")


def test_count_selects_no_field() -> None:
    assert parse("SELECT COUNT() FROM Account").fields == ()


def test_sorting_limit_and_offset_are_read() -> None:
    query = parse("SELECT Id FROM Account ORDER BY Name DESC NULLS LAST, Id ASC LIMIT 10 OFFSET 5")
    assert query.order_by == (Ordering("Name", descending=True, nulls_first=False), Ordering("Id"))
    assert (query.limit, query.offset) == (10, 5)


@pytest.mark.parametrize(
    ("written", "literal"),
    [
        ("'it\\'s'", Literal("string", "it\\'s")),
        ("''", Literal("string", "")),
        ("-1.5", Literal("number", "-1.5")),
        ("2e3", Literal("number", "2e3")),
        ("true", Literal("boolean", "TRUE")),
        ("null", Literal("null", "NULL")),
        ("2021-01-01", Literal("date", "2021-01-01")),
        ("2021-01-01T13:00:00Z", Literal("datetime", "2021-01-01T13:00:00Z")),
        ("2021-01-01T13:00:00.000Z", Literal("datetime", "2021-01-01T13:00:00.000Z")),
        ("2021-01-01T13:00:00+01:00", Literal("datetime", "2021-01-01T13:00:00+01:00")),
    ],
)
def test_a_literal_keeps_its_kind(written: str, literal: Literal) -> None:
    assert parse(f"SELECT Id FROM Account WHERE X = {written}").where == Comparison("X", "=", (literal,))


ONE = Literal("number", "1")
A, B, C = (Comparison(name, "=", (ONE,)) for name in "ABC")


@pytest.mark.parametrize(
    ("written", "condition"),
    [
        ("A <> 1", Comparison("A", "!=", (ONE,))),
        ("A IN (1, 1)", Comparison("A", "IN", (ONE, ONE))),
        ("A NOT IN (1)", Comparison("A", "NOT IN", (ONE,))),
        ("A LIKE 'x%'", Comparison("A", "LIKE", (Literal("string", "x%"),))),
        ("A = 1 AND B = 1 AND C = 1", Junction("AND", (A, B, C))),
        ("A = 1 OR (B = 1 AND C = 1)", Junction("OR", (A, Junction("AND", (B, C))))),
        ("NOT A = 1 AND B = 1", Junction("AND", (Not(A), B))),
        ("((A = 1))", A),
    ],
)
def test_a_condition_is_read(written: str, condition: Condition) -> None:
    assert parse(f"SELECT Id FROM Account WHERE {written}").where == condition


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "unexpected token: '<EOF>'"),
        ("SELECT FROM Account", "unexpected token: 'FROM'"),
        ("SELECT Id, FROM Account", "unexpected token: 'FROM'"),
        ("SELECT Id FROM", "unexpected token: '<EOF>'"),
        ("SELECT Id FROM Account WHERE", "unexpected token: '<EOF>'"),
        ("SELECT Id FROM Account WHERE Name", "unexpected token: '<EOF>'"),
        ("SELECT Id FROM Account WHERE Name = TODAY", "unexpected token: 'TODAY'"),
        ("SELECT Id FROM Account WHERE A = 1 AND B = 1 OR C = 1", "unexpected token: 'OR'"),
        ("SELECT Id FROM Account WHERE (A = 1", "unexpected token: '<EOF>'"),
        ("SELECT Id FROM Account WHERE A IN ()", r"unexpected token: '\)'"),
        ("SELECT Id FROM Account ORDER Name", "unexpected token: 'Name'"),
        ("SELECT Id FROM Account ORDER BY Name NULLS", "unexpected token: '<EOF>'"),
        ("SELECT Id FROM Account LIMIT -1", "unexpected token: '-1'"),
        ("SELECT Id FROM Account LIMIT 1.5", "unexpected token: '1.5'"),
        ("SELECT Id FROM Account Account", "unexpected token: 'Account'"),
        ("SELECT Id FROM Account WHERE Name = 'open", "no viable alternative at character '''"),
        ("SELECT Id FROM Account;", "no viable alternative at character ';'"),
    ],
)
def test_a_malformed_query_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ApiError, match=problem) as refused:
        parse(text)
    assert refused.value.code == "MALFORMED_QUERY"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("SELECT Id FROM Account OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE"),
        ("SELECT Id FROM Account WHERE " + "(" * 1000 + "A = 1" + ")" * 1000, "QUERY_TOO_COMPLICATED"),
        ("SELECT Id FROM Account WHERE A = '" + "x" * 100_000 + "'", "QUERY_TOO_COMPLICATED"),
    ],
)
def test_a_query_beyond_the_limits_is_refused(text: str, code: str) -> None:
    with pytest.raises(ApiError) as refused:
        parse(text)
    assert refused.value.code == code


names = st.sampled_from(["Id", "Name", "CreatedDate", "Custom__c", "Parent.Name"])
literals = st.one_of(
    st.builds(Literal, st.just("number"), st.from_regex(r"[+-]?[0-9]{1,9}(\.[0-9]{0,4})?", fullmatch=True)),
    st.builds(Literal, st.just("string"), st.from_regex(r"([^'\\]|\\['\\n%_])*", fullmatch=True)),
    st.builds(Literal, st.just("date"), st.dates().map(lambda day: day.isoformat())),
    st.sampled_from([Literal("null", "NULL"), Literal("boolean", "TRUE"), Literal("boolean", "FALSE")]),
)
comparisons = st.one_of(
    st.builds(
        Comparison, names, st.sampled_from(["=", "!=", "<", ">", "<=", ">=", "LIKE"]), literals.map(lambda one: (one,))
    ),
    st.builds(
        Comparison,
        names,
        st.sampled_from(["IN", "NOT IN"]),
        st.lists(literals, min_size=1, max_size=3).map(tuple),
    ),
)


def _junction(operands: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    several = st.lists(operands, min_size=2, max_size=4).map(tuple)
    return st.one_of(st.builds(Not, operands), st.builds(Junction, st.sampled_from(["AND", "OR"]), several))


conditions: st.SearchStrategy[Condition] = st.recursive(comparisons, _junction, max_leaves=8)
queries = st.builds(
    Query,
    st.lists(names, max_size=3).map(tuple),
    st.sampled_from(["Account", "Contact"]),
    st.none() | conditions,
    st.lists(st.builds(Ordering, names, st.booleans(), st.booleans()), max_size=2).map(tuple),
    st.none() | st.integers(0, 10**9 - 1),
    st.integers(0, 2000),
)


def _write_literal(literal: Literal) -> str:
    return f"'{literal.text}'" if literal.kind == "string" else literal.text


def _write_condition(condition: Condition) -> str:
    if isinstance(condition, Comparison):
        values = ", ".join(_write_literal(literal) for literal in condition.literals)
        return f"{condition.field} {condition.operator} " + (
            f"({values})" if condition.operator.endswith("IN") else values
        )
    if isinstance(condition, Not):
        return f"NOT ({_write_condition(condition.operand)})"
    return f" {condition.operator} ".join(f"({_write_condition(operand)})" for operand in condition.operands)


def _write(query: Query) -> str:
    text = f"SELECT {', '.join(query.fields) or 'COUNT()'} FROM {query.object_name}"
    if query.where is not None:
        text += f" WHERE {_write_condition(query.where)}"
    if query.order_by:
        text += " ORDER BY " + ", ".join(
            f"{order.field} {'DESC' if order.descending else 'ASC'} NULLS {'FIRST' if order.nulls_first else 'LAST'}"
            for order in query.order_by
        )
    if query.limit is not None:
        text += f" LIMIT {query.limit}"
    return f"{text} OFFSET {query.offset}"


@given(queries)
def test_a_written_query_parses_to_itself(query: Query) -> None:
    assert parse(_write(query)) == query


KEYWORDS = ["SELECT", "FROM", "WHERE", "AND", "OR", "NOT", "LIKE", "IN", "ORDER", "BY", "NULLS", "LIMIT", "OFFSET"]
OTHER_WORDS = ["Id", "COUNT", "(", ")", ",", "=", "<", "'x'", "'\\'", "1", "2021-01-01", "null"]
words = st.sampled_from(KEYWORDS + OTHER_WORDS)


@given(st.text() | st.lists(words).map(" ".join))
def test_any_text_parses_or_is_refused_as_salesforce_refuses(text: str) -> None:
    with suppress(ApiError):
        assert parse(text).object_name in text
