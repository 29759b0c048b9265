"""What the tasks do to single values."""

from __future__ import annotations

from decimal import Context, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_appflow_isv.local.appflow.runs.operations import (
    calculate,
    convert,
    is_valid,
    mask,
    merge,
    truncate,
)

LENGTHS = st.integers(1, 40)
MASKS = st.characters(exclude_categories=["Cs"])
NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=4)


@given(st.text(), LENGTHS, MASKS)
def test_masking_hides_as_many_characters_as_asked_and_leaves_the_others(text: str, length: int, hidden: str) -> None:
    kept = max(len(text) - length, 0)
    assert mask(text, "MASK_ALL", length, hidden) == hidden * len(text)
    assert mask(text, "MASK_FIRST_N", length, hidden) == hidden * (len(text) - kept) + text[len(text) - kept :]
    assert mask(text, "MASK_LAST_N", length, hidden) == text[:kept] + hidden * (len(text) - kept)


@pytest.mark.parametrize(
    ("value", "masked"), [(None, None), ("", ""), (1234, "****"), (True, "****"), ({"id": "1"}, None), (["a"], None)]
)
def test_a_mask_covers_the_text_of_a_value_and_compound_values_become_null(value: Any, masked: str | None) -> None:
    assert mask(value, "MASK_ALL", 5, "*") == masked


@given(st.text(), LENGTHS)
def test_truncating_leaves_the_beginning(text: str, length: int) -> None:
    assert truncate(text, length) == text[:length]


@pytest.mark.parametrize(
    ("value", "truncated"), [(None, None), (12, 12), (12345, "123"), (Decimal("1.50"), "1.5"), ({"id": "1"}, "")]
)
def test_truncating_leaves_what_is_short_enough_as_it_is(value: Any, truncated: Any) -> None:
    assert truncate(value, 3) == truncated


@given(st.lists(st.text(), min_size=2, max_size=5), st.text(st.characters(exclude_characters="${}"), min_size=1))
def test_a_merge_by_a_separator_joins_all_values_in_order(texts: list[str], separator: str) -> None:
    values = {f"field{number}": text for number, text in enumerate(texts)}
    assert merge(values, list(values), separator) == separator.join(texts)


@given(st.text(), st.text())
def test_a_merge_by_a_template_puts_values_where_it_names_them_and_never_reads_them(first: str, second: str) -> None:
    values = {"First": first, "Last": second}
    assert merge(values, ["First", "Last"], "${Last}, ${First} (${Last})") == f"{second}, {first} ({second})"


@pytest.mark.parametrize(
    ("values", "merged"),
    [
        ({"a": "x", "b": None}, "x-"),
        ({"a": "x"}, "x-"),
        ({"a": None, "b": None}, None),
        ({"a": 1, "b": True}, "1-true"),
        ({"a": Decimal("1.50"), "b": {"c": "d"}}, '1.50-{"c":"d"}'),
    ],
)
def test_null_is_empty_in_a_merge_unless_all_are_null(values: dict[str, Any], merged: str | None) -> None:
    assert merge(values, ["a", "b"], "-") == merged


@given(NUMBERS, NUMBERS)
def test_arithmetic_is_that_of_decimals(left: Decimal, right: Decimal) -> None:
    exact = Context(prec=34)
    values = {"left": str(left), "right": right}
    assert calculate(values, "ADDITION", "left", "right") == exact.add(left, right)
    assert calculate(values, "SUBTRACTION", "left", "right") == exact.subtract(left, right)
    assert calculate(values, "MULTIPLICATION", "left", "right") == exact.multiply(left, right)
    quotient = calculate(values, "DIVISION", "left", "right")
    assert quotient == (exact.divide(left, right) if right else None)


@pytest.mark.parametrize("other", [None, "", "n/a", "NaN", "Infinity", True, {"n": 1}, "1e99999999999999999999"])
@pytest.mark.parametrize("operator", ["ADDITION", "SUBTRACTION", "MULTIPLICATION", "DIVISION"])
def test_arithmetic_with_what_is_no_number_gives_null(operator: str, other: Any) -> None:
    assert calculate({"left": 1, "right": other}, operator, "left", "right") is None
    assert calculate({"left": other, "right": 1}, operator, "left", "right") is None


def test_arithmetic_beyond_all_numbers_gives_null() -> None:
    assert calculate({"n": "9e999998"}, "MULTIPLICATION", "n", "n") is None


@pytest.mark.parametrize(
    ("value", "broken"),
    [
        (None, {"VALIDATE_NON_NULL"}),
        ("", {"VALIDATE_NON_NULL"}),
        (0, {"VALIDATE_NON_ZERO"}),
        ("0.00", {"VALIDATE_NON_ZERO"}),
        (Decimal("-0.1"), {"VALIDATE_NON_NEGATIVE"}),
        ("-5", {"VALIDATE_NON_NEGATIVE"}),
        ("five", {"VALIDATE_NUMERIC"}),
        (False, {"VALIDATE_NUMERIC"}),
        (" ", {"VALIDATE_NUMERIC"}),
        ("12.5", set()),
        (7, set()),
    ],
)
def test_each_rule_finds_its_own_fault(value: Any, broken: set[str]) -> None:
    rules = ("VALIDATE_NON_NULL", "VALIDATE_NON_ZERO", "VALIDATE_NON_NEGATIVE", "VALIDATE_NUMERIC")
    assert {rule for rule in rules if not is_valid(value, rule)} == broken


@pytest.mark.parametrize(
    ("value", "data_type", "converted"),
    [
        (12, "string", "12"),
        (True, "string", "true"),
        ({"a": 1}, "String", '{"a":1}'),
        ("12", "int", 12),
        ("12.9", "integer", 12),
        (Decimal("-12.9"), "long", -12),
        ("twelve", "int", None),
        ("1e999999", "int", None),
        ("12.50", "double", Decimal("12.50")),
        (12, "currency", Decimal(12)),
        ("n/a", "percent", None),
        ("TRUE", "boolean", True),
        ("no", "boolean", None),
        ("2021-01-03T23:30:00.000-0800", "date", "2021-01-04"),
        ("2021-01-03", "datetime", "2021-01-03T00:00:00.000Z"),
        ("2021-01-03T08:15:30.250+0000", "datetime", "2021-01-03T08:15:30.250Z"),
        (1609661730250, "datetime", "2021-01-03T08:15:30.250Z"),
        ("yesterday", "datetime", None),
        ("9999-12-31T23:59:59-05:00", "date", None),
        ("12", "picklist", "12"),
        ({"a": 1}, "CSV", {"a": 1}),
        (None, "string", None),
    ],
)
def test_a_value_becomes_one_of_the_destination_type_or_null(value: Any, data_type: str, converted: Any) -> None:
    result = convert(value, data_type)
    assert (result, type(result)) == (converted, type(converted))
