from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_appflow_isv.local.conditions import NotUnderstoodError, RequestContext, Spelled, conditions_met

KEY = "aws:SourceIdentity"
ARN = "arn:aws:appflow:us-east-1:111111111111:flow/daily:v2"
TEXTS = st.text(min_size=1, max_size=12)
SINGLE = {
    "StringEquals": "StringNotEquals",
    "StringEqualsIgnoreCase": "StringNotEqualsIgnoreCase",
    "StringLike": "StringNotLike",
    "ArnLike": "ArnNotLike",
    "ArnEquals": "ArnNotEquals",
}
ORDERED = ["Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"]


def holds(
    operator: str, expected: Any, actual: str | Sequence[str] | None, key: str = KEY, **context: str | Sequence[str]
) -> bool:
    values = dict(context) if actual is None else {**context, KEY: actual}
    return conditions_met({operator: {key: expected}}, RequestContext.of(values, variables=True))


@pytest.mark.parametrize(
    ("operator", "expected", "actual", "met"),
    [
        ("StringEquals", "a", "a", True),
        ("StringEquals", "a", "A", False),
        ("StringEquals", ["a", "b"], "b", True),
        ("StringEquals", "a*", "ab", False),
        ("StringEquals", "a*", "a*", True),
        ("StringNotEquals", ["a", "b"], "b", False),
        ("StringNotEquals", ["a", "b"], "c", True),
        ("StringEqualsIgnoreCase", "Ab", "aB", True),
        ("StringNotEqualsIgnoreCase", "Ab", "aB", False),
        ("StringLike", "a*c?", "abbcd", True),
        ("StringLike", "a.c", "abc", False),
        ("StringNotLike", "a*", "abc", False),
        ("ArnLike", "arn:aws:appflow:*:111111111111:flow/*", ARN, True),
        ("ArnLike", "arn:aws:*:flow/*", ARN, False),
        ("ArnLike", "arn:aws:appflow:us-east-1:111111111111:flow/daily", ARN, False),
        ("ArnNotLike", "arn:aws:appflow:*:*:flow/*", ARN, False),
        ("ArnEquals", "no ARN", "no ARN", False),
        ("NumericEquals", "10", "10.0", True),
        ("NumericEquals", 10, "10", True),
        ("NumericNotEquals", "10", "11", True),
        ("NumericLessThan", "10", "9", True),
        ("NumericLessThanEquals", "10", "10", True),
        ("NumericGreaterThan", "10", "9", False),
        ("NumericGreaterThanEquals", ["10", "3"], "5", True),
        ("DateEquals", "2024-03-01T00:00:00Z", "1709251200", True),
        ("DateNotEquals", "2024-03-01", "2024-03-02", True),
        ("DateLessThan", "2024-03-01T01:00:00+01:00", "2024-02-29T23:59:59Z", True),
        ("DateGreaterThan", "2024-03-01T00:00:00Z", "2024-03-01T00:00:00Z", False),
        ("Bool", "true", "TRUE", True),
        ("Bool", True, "true", True),
        ("Bool", False, "true", False),
        ("BinaryEquals", "QUJD", "QUJD", True),
        ("BinaryEquals", "QUJD", "QUJE", False),
        ("IpAddress", "203.0.113.0/24", "203.0.113.9", True),
        ("IpAddress", "203.0.113.9", "203.0.113.9", True),
        ("IpAddress", ["198.51.100.0/24", "2001:db8::/32"], "2001:db8::1", True),
        ("IpAddress", "203.0.113.0/24", "2001:db8::1", False),
        ("NotIpAddress", "203.0.113.0/24", "198.51.100.1", True),
    ],
)
def test_an_operator_compares_as_documented(operator: str, expected: Any, actual: str, met: bool) -> None:
    assert holds(operator, expected, actual) is met


@pytest.mark.parametrize("operator", [*SINGLE, "NumericEquals", "DateLessThan", "Bool", "IpAddress", "BinaryEquals"])
def test_a_key_that_is_absent_is_equal_to_nothing(operator: str) -> None:
    assert not holds(operator, "1", None)
    assert holds(f"{operator}IfExists", "1", None)
    assert holds(f"ForAllValues:{operator}", "1", None)
    assert not holds(f"ForAnyValue:{operator}", "1", None)


@pytest.mark.parametrize("operator", [*SINGLE.values(), "NumericNotEquals", "DateNotEquals", "NotIpAddress"])
def test_a_key_that_is_absent_is_different_from_everything(operator: str) -> None:
    assert holds(operator, "1", None)
    assert not holds(f"ForAnyValue:{operator}", "1", None)


@pytest.mark.parametrize(("expected", "absent"), [("true", True), ("false", False), (True, True), (False, False)])
def test_absence_itself_can_be_asked_for(expected: Any, absent: bool) -> None:
    assert holds("Null", expected, None) is absent
    assert holds("Null", expected, "a") is not absent


@pytest.mark.parametrize(
    ("operator", "expected", "actual", "met"),
    [
        ("ForAllValues:StringEquals", ["team", "stage"], ["team"], True),
        ("ForAllValues:StringEquals", ["team", "stage"], ["team", "stage"], True),
        ("ForAllValues:StringEquals", ["team", "stage"], ["team", "owner"], False),
        ("ForAllValues:StringNotEquals", ["owner"], ["team", "stage"], True),
        ("ForAllValues:StringNotEquals", ["team"], ["team", "stage"], False),
        ("ForAnyValue:StringEquals", ["team", "stage"], ["owner", "team"], True),
        ("ForAnyValue:StringEquals", ["team"], ["owner"], False),
        ("ForAnyValue:StringNotEquals", ["team"], ["team", "stage"], True),
        ("ForAnyValue:StringNotEquals", ["team"], ["team"], False),
        ("ForAnyValue:StringLikeIfExists", ["t*"], ["owner", "team"], True),
        ("ForAllValues:NumericLessThan", ["10"], ["1", "2"], True),
    ],
)
def test_a_key_with_several_values_is_asked_for_all_or_for_any(
    operator: str, expected: Any, actual: list[str], met: bool
) -> None:
    assert holds(operator, expected, actual) is met


@pytest.mark.parametrize(
    ("operator", "expected", "actual"),
    [
        ("StringEquals", "a", ["a", "b"]),
        ("StringAlmostEquals", "a", "a"),
        ("ForMostValues:StringEquals", "a", "a"),
        ("ForAllValues:Null", "true", "a"),
        ("NullIfExists", "true", "a"),
        ("NumericEquals", "ten", "10"),
        ("NumericNotEquals", "10", "ten"),
        ("DateLessThan", "tomorrow", "2024-03-01"),
        ("IpAddress", "203.0.113.0/99", "203.0.113.9"),
        ("NotIpAddress", "203.0.113.0/24", "here"),
    ],
)
def test_what_cannot_be_compared_is_not_understood(operator: str, expected: Any, actual: Any) -> None:
    with pytest.raises(NotUnderstoodError):
        holds(operator, expected, actual)


@pytest.mark.parametrize(
    ("operator", "expected", "met"),
    [
        ("StringEquals", "${aws:PrincipalAccount}", True),
        ("StringEquals", "${aws:principalaccount}", True),
        ("StringEquals", "${ aws:PrincipalAccount , 'none' }", True),
        ("StringLike", "1${aws:Absent, '*'}", False),
        ("StringLike", "${aws:Absent, '111111111111'}", True),
        ("StringEquals", "${aws:Absent}", False),
        ("StringNotEquals", "${aws:Absent}", True),
        ("StringEquals", "${aws:Several}", False),
        ("Bool", "${aws:PrincipalAccount}", True),
    ],
)
def test_variables_are_filled_in_from_the_request(operator: str, expected: str, met: bool) -> None:
    context: dict[str, Any] = {"aws:PrincipalAccount": "111111111111", "aws:Several": ["1", "2"]}
    assert holds(operator, expected, "111111111111", **context) is met


@pytest.mark.parametrize(("text", "met"), [("*?$", True), ("ab$", False)])
def test_special_characters_can_be_written_as_variables(text: str, met: bool) -> None:
    assert holds("StringLike", "${*}${?}${$}", text) is met


def test_an_arn_may_be_a_variable() -> None:
    assert holds("ArnEquals", "${aws:PrincipalArn}", ARN, **{"aws:PrincipalArn": ARN})


@pytest.mark.parametrize(("expected", "met"), [("first", True), ("second", True), ("third", False)])
def test_a_value_with_several_spellings_is_met_by_each(expected: str, met: bool) -> None:
    value = Spelled.of("first", "second")
    assert holds("StringEquals", expected, value) is met
    assert holds("StringNotEquals", expected, value) is not met


@given(TEXTS, TEXTS)
def test_what_a_variable_brings_in_is_literal(value: str, other: str) -> None:
    assert holds("StringLike", "${aws:PrincipalTag/x}", value, **{"aws:PrincipalTag/x": value})
    assert holds("StringLike", "${aws:PrincipalTag/x}", other, **{"aws:PrincipalTag/x": value}) is (value == other)


@given(st.sampled_from(sorted(SINGLE)), st.lists(st.text("ab*?:"), min_size=1, max_size=3), st.text("ab:"))
def test_an_operator_and_its_negation_never_agree(operator: str, expected: list[str], actual: str) -> None:
    assert holds(operator, expected, actual) is not holds(SINGLE[operator], expected, actual)


@given(
    st.sampled_from([*SINGLE, *SINGLE.values(), *(f"Numeric{order}" for order in ORDERED)]),
    st.integers().map(str),
    st.integers().map(str),
)
def test_where_the_key_exists_if_exists_changes_nothing(operator: str, expected: str, actual: str) -> None:
    assert holds(f"{operator}IfExists", expected, actual) is holds(operator, expected, actual)


@given(st.decimals(allow_nan=False, allow_infinity=False), st.decimals(allow_nan=False, allow_infinity=False))
def test_numbers_are_ordered(expected: Any, actual: Any) -> None:
    verdicts = [holds(f"Numeric{order}", str(expected), str(actual)) for order in ORDERED]
    equal, less, greater = actual == expected, actual < expected, actual > expected
    assert verdicts == [equal, not equal, less, less or equal, greater, greater or equal]


@given(st.lists(st.text("abc", min_size=1), min_size=1), st.lists(st.text("abc", min_size=1), min_size=1))
def test_any_is_not_all_of_the_contrary(expected: list[str], actual: list[str]) -> None:
    met = holds("ForAnyValue:StringEquals", expected, actual)
    assert met is not holds("ForAllValues:StringNotEquals", expected, actual)
