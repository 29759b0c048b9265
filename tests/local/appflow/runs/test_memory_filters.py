"""Filters on the records themselves, against what the local Salesforce finds for the same filters."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_appflow_isv.local.appflow.runs.filters import Filter, matcher
from airflow_provider_appflow_isv.local.appflow.sources.soql import query
from airflow_provider_appflow_isv.local.salesforce.evaluate import run
from airflow_provider_appflow_isv.local.salesforce.query import parse
from airflow_provider_appflow_isv.local.salesforce.records import make_accounts

# In one case, since Salesforce compares texts without regard to it.
ACCOUNTS: list[dict[str, Any]] = [
    {
        name: value.casefold() if name in ("Name", "Industry") and isinstance(value, str) else value
        for name, value in each.items()
    }
    for each in make_accounts("filters", 40)
]
COMPARISONS = [
    "EQUAL_TO",
    "NOT_EQUAL_TO",
    "LESS_THAN",
    "LESS_THAN_OR_EQUAL_TO",
    "GREATER_THAN",
    "GREATER_THAN_OR_EQUAL_TO",
]


def of_accounts(field: str) -> st.SearchStrategy[Any]:
    return st.sampled_from([account[field] for account in ACCOUNTS if account[field] is not None])


def milliseconds(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


VALUES: dict[tuple[str, str], st.SearchStrategy[str]] = {
    ("Name", "string"): of_accounts("Name") | st.text("a'%_\\é取 \n", min_size=1, max_size=3).filter(str.strip),
    ("Industry", "string"): of_accounts("Industry") | st.just("none of them"),
    ("NumberOfEmployees", "int"): of_accounts("NumberOfEmployees").map(str) | st.integers(-5, 60_000).map(str),
    ("AnnualRevenue", "currency"): of_accounts("AnnualRevenue").map(str)
    | st.decimals(-10, 6_000_000, places=2).map(str),
    ("CreatedDate", "datetime"): st.tuples(of_accounts("CreatedDate").map(milliseconds), st.integers(-1, 1)).map(
        lambda pair: str(sum(pair))
    ),
}


@st.composite
def filters(draw: st.DrawFn) -> Filter:
    field, data_type = draw(st.sampled_from(sorted(VALUES)))
    values = VALUES[field, data_type]
    operators = [*COMPARISONS, "BETWEEN", *(["CONTAINS"] if data_type == "string" else [])]
    operator = draw(st.sampled_from(operators))
    if operator == "BETWEEN":
        properties = {"LOWER_BOUND": draw(values), "UPPER_BOUND": draw(values)}
    elif draw(st.booleans()):
        properties = {"VALUES": ",".join(draw(st.lists(values, min_size=1, max_size=3)))}
    else:
        properties = {"VALUE": draw(values)}
    return Filter(field, operator, {"DATA_TYPE": data_type, **properties})


@given(st.lists(filters(), max_size=3))
def test_filters_in_memory_choose_what_salesforce_chooses(chosen: list[Filter]) -> None:
    found = run(parse(query("Account", ["Id"], chosen)), lambda _: list(ACCOUNTS)).records
    assert [each["Id"] for each in filter(matcher(chosen), ACCOUNTS)] == [each["Id"] for each in found]


@pytest.mark.parametrize("operator", ["EQUAL_TO", "NOT_EQUAL_TO"])
def test_an_empty_value_among_several_means_null_as_in_salesforce(operator: str) -> None:
    chosen = [Filter("Industry", operator, {"VALUES": "energy,,retail"})]
    found = run(parse(query("Account", ["Id"], chosen)), lambda _: list(ACCOUNTS)).records
    assert [each["Id"] for each in filter(matcher(chosen), ACCOUNTS)] == [each["Id"] for each in found]
    assert {each["Industry"] is None for each in found} == {operator == "EQUAL_TO", False}


@pytest.mark.parametrize("operator", ["EQUAL_TO", "NOT_EQUAL_TO"])
@pytest.mark.parametrize("value", ["true", "false"])
def test_booleans_in_memory_choose_what_salesforce_chooses(operator: str, value: str) -> None:
    chosen = [Filter("IsDeleted", operator, {"DATA_TYPE": "boolean", "VALUE": value})]
    accounts = [{**account, "IsDeleted": number % 3 == 0} for number, account in enumerate(ACCOUNTS)]
    found = run(parse(query("Account", ["Id"], chosen)), lambda _: list(accounts)).records
    assert [each["Id"] for each in filter(matcher(chosen), accounts)] == [each["Id"] for each in found]


@pytest.mark.parametrize(
    ("data_type", "value", "same"),
    [
        ("int", "5", ["5", " 5 ", "5.0", 5, Decimal("5.00")]),
        ("boolean", "TRUE", ["true", "True", True]),
        ("date", "1609661730250", ["2021-01-03", "2021-01-03T23:59:59Z", "2021-01-02T23:00:00-0800", 1609661730250]),
        (
            "datetime",
            "1609661730250",
            [
                "2021-01-03T08:15:30.250+0000",
                "2021-01-03 08:15:30.250",
                "2021-01-03T09:15:30.250+01:00",
                "1609661730250",
            ],
        ),
        ("picklist", "5", ["5", 5]),
    ],
)
def test_values_of_files_are_read_in_every_usual_spelling(data_type: str, value: str, same: list[Any]) -> None:
    keeps = matcher([Filter("field", "EQUAL_TO", {"DATA_TYPE": data_type, "VALUE": value})])
    records = [{"field": each} for each in same]
    assert [record for record in records if keeps(record)] == records


@pytest.mark.parametrize("value", [None, "", "no such value", {"a": 1}])
@pytest.mark.parametrize(("data_type", "text"), [("int", "5"), ("datetime", "5"), ("boolean", "true")])
def test_what_has_no_value_of_the_type_is_unlike_every_value(data_type: str, text: str, value: Any) -> None:
    def keeps(operator: str) -> bool:
        properties = {"DATA_TYPE": data_type, "VALUE": text, "LOWER_BOUND": text, "UPPER_BOUND": text}
        return matcher([Filter("field", operator, properties)])({"field": value})

    operators = [
        "EQUAL_TO",
        "LESS_THAN",
        "GREATER_THAN",
        "LESS_THAN_OR_EQUAL_TO",
        "GREATER_THAN_OR_EQUAL_TO",
        "BETWEEN",
    ]
    assert not any(map(keeps, operators))
    assert keeps("NOT_EQUAL_TO")


def test_a_record_without_the_field_has_no_value() -> None:
    assert not matcher([Filter("field", "CONTAINS", {"VALUE": "a"})])({"other": "a"})


def test_several_filters_must_all_hold() -> None:
    keeps = matcher([Filter("a", "EQUAL_TO", {"VALUE": "1"}), Filter("b", "EQUAL_TO", {"VALUE": "2"})])
    assert [keeps({"a": "1", "b": b}) for b in ("2", "3")] == [True, False]


def test_letters_in_memory_compare_by_case() -> None:
    keeps = matcher([Filter("a", "EQUAL_TO", {"VALUE": "Energy"})])
    assert [keeps({"a": text}) for text in ("Energy", "energy")] == [True, False]
