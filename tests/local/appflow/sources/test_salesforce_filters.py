"""Every filter operator, against the records themselves."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_appflow_isv.local.appflow.runs.filters import Filter
from airflow_provider_appflow_isv.local.appflow.runs.job import PullWindow
from airflow_provider_appflow_isv.local.appflow.sources.soql import query
from airflow_provider_appflow_isv.local.salesforce.evaluate import run
from airflow_provider_appflow_isv.local.salesforce.query import parse
from tests.local.appflow.conftest import Aws, Org, filter_task, flow_request, map_fields, run_and_wait

Record = dict[str, Any]
Keep = Callable[[Record], bool]


def created_ms(record: Record) -> int:
    return round(datetime.fromisoformat(record["CreatedDate"]).timestamp() * 1000)


def employees(record: Record) -> int:
    return int(record["NumberOfEmployees"] or -1)


def revenue(record: Record) -> float:
    return float(record["AnnualRevenue"] or -1)


MIDDLE = 1611000000000
STRING, NUMBER = {"DATA_TYPE": "string"}, {"DATA_TYPE": "int"}
MOMENT = {"DATA_TYPE": "datetime"}
CASES: list[tuple[dict[str, Any], Keep]] = [
    (filter_task("Industry", "EQUAL_TO", **STRING, VALUE="Energy"), lambda r: r["Industry"] == "Energy"),
    (
        filter_task("Industry", "EQUAL_TO", **STRING, VALUES="Energy, Retail"),
        lambda r: r["Industry"] in ("Energy", "Retail"),
    ),
    (filter_task("Industry", "NOT_EQUAL_TO", **STRING, VALUE="Energy"), lambda r: r["Industry"] != "Energy"),
    (
        filter_task("Industry", "NOT_EQUAL_TO", **STRING, VALUES="Energy,Retail"),
        lambda r: r["Industry"] not in ("Energy", "Retail"),
    ),
    (filter_task("Name", "CONTAINS", **STRING, VALUE="O'Example"), lambda r: "O'Example" in r["Name"]),
    (filter_task("Name", "CONTAINS", **STRING, VALUE="%"), lambda r: "%" in r["Name"]),
    (
        filter_task("Name", "CONTAINS", **STRING, VALUES="Süd,取引先"),
        lambda r: "Süd" in r["Name"] or "取引" in r["Name"],
    ),
    (filter_task("IsDeleted", "EQUAL_TO", DATA_TYPE="boolean", VALUE="true"), lambda r: r["IsDeleted"]),
    (filter_task("NumberOfEmployees", "LESS_THAN", **NUMBER, VALUE="25000"), lambda r: 0 <= employees(r) < 25000),
    (filter_task("NumberOfEmployees", "GREATER_THAN", **NUMBER, VALUE="25000"), lambda r: employees(r) > 25000),
    (
        filter_task("NumberOfEmployees", "LESS_THAN_OR_EQUAL_TO", **NUMBER, VALUE="25000"),
        lambda r: 0 <= employees(r) <= 25000,
    ),
    (
        filter_task("NumberOfEmployees", "GREATER_THAN_OR_EQUAL_TO", **NUMBER, VALUES="45000,25000"),
        lambda r: employees(r) >= 25000,
    ),
    (filter_task("AnnualRevenue", "LESS_THAN", DATA_TYPE="currency", VALUE="2.5e6"), lambda r: 0 <= revenue(r) < 2.5e6),
    (
        filter_task("NumberOfEmployees", "BETWEEN", **NUMBER, LOWER_BOUND="10000", UPPER_BOUND="30000"),
        lambda r: 10000 < employees(r) < 30000,
    ),
    (filter_task("CreatedDate", "GREATER_THAN", **MOMENT, VALUE=str(MIDDLE)), lambda r: created_ms(r) > MIDDLE),
    (filter_task("CreatedDate", "LESS_THAN", **MOMENT, VALUE=str(MIDDLE)), lambda r: created_ms(r) < MIDDLE),
]


@pytest.mark.parametrize(("task", "keep"), CASES)
def test_a_filter_keeps_what_it_says(aws: Aws, connected: Any, org: Org, task: dict[str, Any], keep: Keep) -> None:
    connected.create_flow(**flow_request(tasks=[*map_fields("Id"), task]))
    record = run_and_wait(connected, "accounts")
    assert record["executionStatus"] == "Successful", record
    landed = [json.loads(line)["Id"] for content in aws.objects().values() for line in content.splitlines()]
    assert landed == [account["Id"] for account in org.accounts if keep(account)]


@pytest.mark.parametrize(
    ("operator", "properties", "keep"),
    [
        ("BETWEEN", lambda low, high: {"LOWER_BOUND": low, "UPPER_BOUND": high}, lambda at, low, high: low < at < high),
        ("GREATER_THAN", lambda low, _: {"VALUE": low}, lambda at, low, _: at > low),
        ("GREATER_THAN_OR_EQUAL_TO", lambda low, _: {"VALUE": low}, lambda at, low, _: at >= low),
        ("LESS_THAN", lambda _, high: {"VALUE": high}, lambda at, _, high: at < high),
        ("LESS_THAN_OR_EQUAL_TO", lambda _, high: {"VALUE": high}, lambda at, _, high: at <= high),
        ("EQUAL_TO", lambda low, _: {"VALUE": low}, lambda at, low, _: at == low),
    ],
)
def test_bounds_are_exclusive_unless_the_operator_says_equal(
    aws: Aws, connected: Any, org: Org, operator: str, properties: Any, keep: Any
) -> None:
    moments = sorted(map(created_ms, org.accounts))
    low, high = moments[5], moments[15]  # exactly on two records
    task = filter_task("CreatedDate", operator, **MOMENT, **properties(str(low), str(high)))
    connected.create_flow(**flow_request(tasks=[*map_fields("Id"), task]))
    run_and_wait(connected, "accounts")
    (content,) = aws.objects().values()
    landed = [json.loads(line)["Id"] for line in content.splitlines()]
    assert landed == [account["Id"] for account in org.accounts if keep(created_ms(account), low, high)]


def test_several_filters_must_all_hold(aws: Aws, connected: Any, org: Org) -> None:
    tasks = [
        *map_fields("Id"),
        filter_task("Industry", "EQUAL_TO", **STRING, VALUES="Energy,Retail,Education"),
        filter_task("CreatedDate", "LESS_THAN", **MOMENT, VALUE=str(MIDDLE)),
    ]
    connected.create_flow(**flow_request(tasks=tasks))
    record = run_and_wait(connected, "accounts")
    kept = [
        account
        for account in org.accounts
        if account["Industry"] in ("Energy", "Retail", "Education") and created_ms(account) < MIDDLE
    ]
    assert record["executionResult"]["recordsProcessed"] == len(kept)


def test_datetimes_stand_unquoted_with_milliseconds() -> None:
    filters = [Filter("CreatedDate", "GREATER_THAN", {"DATA_TYPE": "datetime", "VALUE": "1609506000000"})]
    assert query("Account", ["Id", "Name"], filters) == (
        "SELECT Id, Name FROM Account WHERE CreatedDate > 2021-01-01T13:00:00.000Z"
    )


def test_filters_and_window_are_joined_by_and() -> None:
    filters = [
        Filter("Industry", "EQUAL_TO", {"VALUES": "Energy,Retail"}),
        Filter("IsDeleted", "EQUAL_TO", {"DATA_TYPE": "boolean", "VALUE": "FALSE"}),
    ]
    window = PullWindow("SystemModstamp", 1609506000.0, 1609509600.25)
    assert query("Account", ["Id"], filters, window).partition(" WHERE ")[2] == (
        "(Industry = 'Energy' OR Industry = 'Retail') AND IsDeleted = false AND "
        "SystemModstamp >= 2021-01-01T13:00:00.000Z AND SystemModstamp < 2021-01-01T14:00:00.250Z"
    )


def test_dates_stand_without_a_time() -> None:
    filters = [Filter("CloseDate", "EQUAL_TO", {"DATA_TYPE": "date", "VALUE": "1609506000000"})]
    assert query("Opportunity", ["Id"], filters).endswith("WHERE CloseDate = 2021-01-01")


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_no_value_can_leave_its_quotes(value: str) -> None:
    text = query("Account", ["Id"], [Filter("Name", "EQUAL_TO", {"VALUE": value})])
    records: list[Any] = [{"Id": "001", "Name": name} for name in (f"{value}x", value, f"x{value}")]
    found = run(parse(text), lambda _: list(records))
    assert records[1] in found.records
    assert len(found.records) == 1
