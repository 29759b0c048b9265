"""Filters as AppFlow's tasks: data types, written values, several of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_appflow_isv.specs import (
    Between,
    Contains,
    EqualTo,
    Field,
    GreaterThan,
    GreaterThanOrEqualTo,
    LessThan,
    LessThanOrEqualTo,
    NotEqualTo,
    SalesforceSource,
    ServiceNowSource,
    SpecError,
)
from tests.specs.examples import flow

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.specs.filters import Filter

EAST = timezone(timedelta(hours=5, minutes=30))
NEW_YEAR = "1609459200000"  # 2021-01-01T00:00:00Z


def properties(wanted: Filter, **types: str) -> dict[str, str]:
    """The taskProperties of a filter in a flow whose fields have the given types."""
    fields = [Field("Id"), *(Field(name, type=kind) for name, kind in types.items())]
    _, task, *_ = flow(fields=fields, filters=[wanted]).create_request()["tasks"]
    found: dict[str, str] = task["taskProperties"]
    return found


@pytest.mark.parametrize(
    ("kind", "operator"),
    [
        (EqualTo, "EQUAL_TO"),
        (NotEqualTo, "NOT_EQUAL_TO"),
        (LessThan, "LESS_THAN"),
        (LessThanOrEqualTo, "LESS_THAN_OR_EQUAL_TO"),
        (GreaterThan, "GREATER_THAN"),
        (GreaterThanOrEqualTo, "GREATER_THAN_OR_EQUAL_TO"),
        (Contains, "CONTAINS"),
    ],
)
def test_a_filter_is_a_task_of_its_field_with_its_operator(kind: Any, operator: str) -> None:
    tasks = flow(filters=[kind("Name", "b", type="string")]).create_request()["tasks"]
    assert tasks[1] == {
        "taskType": "Filter",
        "sourceFields": ["Name"],
        "connectorOperator": {"Salesforce": operator},
        "taskProperties": {"DATA_TYPE": "string", "VALUE": "b"},
    }


@pytest.mark.parametrize(
    ("value", "data_type", "shown"),
    [
        ("b", "string", "b"),
        ("5", "string", "5"),
        (5, "integer", "5"),
        (-5, "integer", "-5"),
        (2.5, "double", "2.5"),
        (Decimal("2.50"), "double", "2.50"),
        (Decimal("1E+3"), "double", "1000"),
        (True, "boolean", "true"),
        (False, "boolean", "false"),
        (date(2021, 1, 1), "date", NEW_YEAR),
        (datetime(2021, 1, 1, tzinfo=UTC), "datetime", NEW_YEAR),
        (datetime(2021, 1, 1), "datetime", NEW_YEAR),
        (datetime(2021, 1, 1, 5, 30, tzinfo=EAST), "datetime", NEW_YEAR),
        (datetime(2021, 1, 1, 0, 0, 0, 1999, tzinfo=UTC), "datetime", "1609459200001"),
        (datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC), "datetime", "-1000"),
    ],
)
def test_a_value_says_its_data_type(value: Any, data_type: str, shown: str) -> None:
    assert properties(EqualTo("A", value)) == {"DATA_TYPE": data_type, "VALUE": shown}


@pytest.mark.parametrize("kind", [LessThan, LessThanOrEqualTo, GreaterThan, GreaterThanOrEqualTo])
@pytest.mark.parametrize(
    ("text", "data_type"),
    [
        ("2021-01-01T00:00:00", "datetime"),
        ("2021-01-01T00:00:00Z", "datetime"),
        ("2021-01-01 05:30:00+05:30", "datetime"),
    ],
)
def test_a_text_of_a_time_is_a_time_where_order_counts(kind: Any, text: str, data_type: str) -> None:
    assert properties(kind("A", text)) == {"DATA_TYPE": data_type, "VALUE": NEW_YEAR}
    assert properties(EqualTo("A", text)) == {"DATA_TYPE": "string", "VALUE": text}


def test_the_type_of_the_field_counts_more_than_the_value() -> None:
    assert properties(EqualTo("A", "2021-01-01"), A="datetime") == {"DATA_TYPE": "datetime", "VALUE": NEW_YEAR}
    assert properties(EqualTo("A", 5), A="currency") == {"DATA_TYPE": "currency", "VALUE": "5"}
    assert properties(EqualTo("A", "True"), A="boolean") == {"DATA_TYPE": "boolean", "VALUE": "true"}


def test_the_type_of_the_filter_counts_most() -> None:
    wanted = EqualTo("A", "2021-01-01", type="date")
    assert properties(wanted, A="datetime") == {"DATA_TYPE": "date", "VALUE": NEW_YEAR}


@pytest.mark.parametrize("value", [NEW_YEAR, int(NEW_YEAR)])
def test_milliseconds_since_the_epoch_are_taken_as_they_are(value: Any) -> None:
    assert properties(GreaterThan("A", value), A="datetime")["VALUE"] == NEW_YEAR


@given(st.datetimes(timezones=st.just(UTC), min_value=datetime(1900, 1, 1)))
def test_a_time_is_exact_to_the_millisecond(time: datetime) -> None:
    shown = int(properties(EqualTo("A", time))["VALUE"])
    assert datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=shown) <= time
    assert time < datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=shown + 1)


@pytest.mark.parametrize(
    ("values", "data_type", "shown"),
    [
        (["b", "c"], "string", "b,c"),
        ([1, 2], "integer", "1,2"),
        ([1, 2.5], "double", "1,2.5"),
        ([1, "2"], "integer", "1,2"),
        ([1, "2.5"], "double", "1,2.5"),
        ([1, "b"], "string", "1,b"),
        ([date(2021, 1, 1), datetime(2021, 1, 1, tzinfo=UTC)], "datetime", f"{NEW_YEAR},{NEW_YEAR}"),
        ([date(2021, 1, 1), "2021-01-01"], "date", f"{NEW_YEAR},{NEW_YEAR}"),
    ],
)
def test_several_values_are_separated_by_commas(values: list[Any], data_type: str, shown: str) -> None:
    assert properties(EqualTo("A", values)) == {"DATA_TYPE": data_type, "VALUES": shown}


def test_a_list_of_one_is_that_one() -> None:
    assert EqualTo("A", ["b"]) == EqualTo("A", "b")
    assert properties(EqualTo("A", ["a,b"])) == {"DATA_TYPE": "string", "VALUE": "a,b"}


@pytest.mark.parametrize(
    ("lower", "upper", "data_type"),
    [
        ("2021-01-01", datetime(2021, 2, 1, tzinfo=UTC), "datetime"),
        (date(2021, 1, 1), "2021-02-01", "date"),
        (datetime(2021, 1, 1), "2021-02-01T00:00:00Z", "datetime"),
    ],
)
def test_between_has_two_bounds(lower: Any, upper: Any, data_type: str) -> None:
    assert properties(Between("A", lower, upper)) == {
        "DATA_TYPE": data_type,
        "LOWER_BOUND": NEW_YEAR,
        "UPPER_BOUND": "1612137600000",
    }


def test_texts_that_are_numbers_are_compared_as_what_the_field_is() -> None:
    found = properties(Between("A", "9", "10"), A="double")
    assert found == {"DATA_TYPE": "double", "LOWER_BOUND": "9", "UPPER_BOUND": "10"}


@pytest.mark.parametrize("text", ["2021-01-01", "20210101", "01.02.2021", "100", "b", "None"])
@pytest.mark.parametrize("kind", [GreaterThan, LessThanOrEqualTo])
def test_what_a_text_that_orders_is_has_to_be_said(kind: Any, text: str) -> None:
    with pytest.raises(SpecError, match=rf"filters\[0\]\.type: '{text}' is a text, and A may be anything"):
        flow(filters=[kind("A", text)])
    assert flow(filters=[kind("A", text, type="string")]).is_rendered
    assert flow(fields=[Field("A", type="string")], filters=[kind("A", text)]).is_rendered


@pytest.mark.parametrize(
    ("source", "field"),
    [
        (SalesforceSource(profile="acme", object="Account"), "CreatedDate"),
        (ServiceNowSource(profile="acme", object="incident"), "sys_updated_on"),
    ],
)
def test_the_type_of_a_field_that_all_objects_have_is_known(source: Any, field: str) -> None:
    spec = flow(source=source, filters=[Between(field, "2021-01-01", "2021-02-01")])
    assert spec.create_request()["tasks"][1]["taskProperties"]["DATA_TYPE"] == "datetime"


def test_numbers_are_written_without_exponents() -> None:
    assert properties(LessThan("A", 1e16))["VALUE"] == "10000000000000000"
    assert properties(LessThan("A", 0.00001))["VALUE"] == "0.00001"
