"""Every filter operator on ServiceNow, against the instance's own records."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.appflow.conftest import Aws, make_instance, run_and_wait
from tests.local.appflow.tickets import Row, by_id, condition, connect, landed, mapped, milliseconds, table_flow

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.servicenow import Instance, Instances

Keep = Callable[[Row], bool]

TEXT, NUMBER, MOMENT = {"DATA_TYPE": "string"}, {"DATA_TYPE": "integer"}, {"DATA_TYPE": "datetime"}
DECIMAL, BOOLEAN, DATE = {"DATA_TYPE": "float"}, {"DATA_TYPE": "boolean"}, {"DATA_TYPE": "date"}
LOW, HIGH = "1609506000000", "1612098000000"  # 2021-01-01 13:00:00 and 2021-01-31 13:00:00

CASES: list[tuple[str, dict[str, Any], Keep]] = [
    ("incident", condition("category", "EQUAL_TO", **TEXT, VALUE="network"), lambda r: r["category"] == "network"),
    (
        "incident",
        condition("category", "EQUAL_TO", **TEXT, VALUES="network, software"),
        lambda r: r["category"] in ("network", "software"),
    ),
    (
        "incident",
        condition("category", "NOT_EQUAL_TO", **TEXT, VALUE="network"),
        lambda r: r["category"] not in ("network", ""),  # ServiceNow passes over empty values
    ),
    (
        "incident",
        condition("category", "NOT_EQUAL_TO", **TEXT, VALUES="network,software"),
        lambda r: r["category"] not in ("network", "software", ""),
    ),
    (
        "incident",
        condition("short_description", "CONTAINS", **TEXT, VALUE="a=b^ORc!=d"),
        lambda r: "a=b^ORc!=d" in r["short_description"],
    ),
    (
        "incident",
        condition("short_description", "CONTAINS", **TEXT, VALUES="Süd,ログイン"),
        lambda r: "Süd" in r["short_description"] or "ログイン" in r["short_description"],
    ),
    ("incident", condition("number", "LESS_THAN", **TEXT, VALUE="INC0000009"), lambda r: r["number"] < "INC0000009"),
    ("incident", condition("priority", "EQUAL_TO", **NUMBER, VALUE="2"), lambda r: r["priority"] == "2"),
    ("incident", condition("priority", "EQUAL_TO", **NUMBER, VALUES="1,5"), lambda r: r["priority"] in ("1", "5")),
    ("incident", condition("priority", "NOT_EQUAL_TO", **NUMBER, VALUE="2"), lambda r: r["priority"] != "2"),
    (
        "incident",
        condition("reassignment_count", "LESS_THAN", **NUMBER, VALUE="10"),
        lambda r: int(r["reassignment_count"]) < 10,
    ),
    (
        "incident",
        condition("reassignment_count", "LESS_THAN_OR_EQUAL_TO", **NUMBER, VALUE="3"),
        lambda r: int(r["reassignment_count"]) <= 3,
    ),
    (
        "incident",
        condition("reassignment_count", "GREATER_THAN", **NUMBER, VALUE="9"),
        lambda r: int(r["reassignment_count"]) > 9,
    ),
    (
        "incident",
        condition("reassignment_count", "GREATER_THAN_OR_EQUAL_TO", **NUMBER, VALUE="9"),
        lambda r: int(r["reassignment_count"]) >= 9,
    ),
    (
        "incident",
        condition("priority", "BETWEEN", **NUMBER, LOWER_BOUND="1", UPPER_BOUND="4"),
        lambda r: 1 < int(r["priority"]) < 4,
    ),
    ("incident", condition("active", "EQUAL_TO", **BOOLEAN, VALUE="true"), lambda r: r["active"] == "true"),
    ("incident", condition("active", "NOT_EQUAL_TO", **BOOLEAN, VALUE="True"), lambda r: r["active"] == "false"),
    (
        "incident",
        condition("opened_at", "BETWEEN", **MOMENT, LOWER_BOUND=LOW, UPPER_BOUND=HIGH),
        lambda r: "2021-01-01 13:00:00" < r["opened_at"] < "2021-01-31 13:00:00",
    ),
    (
        "incident",
        condition("closed_at", "GREATER_THAN", **MOMENT, VALUE=LOW),
        lambda r: r["closed_at"] > "2021-01-01 13:00:00",
    ),
    (
        "incident",
        condition("closed_at", "LESS_THAN", **MOMENT, VALUE=HIGH),
        lambda r: "" < r["closed_at"] < "2021-01-31 13:00:00",
    ),
    (
        "cmdb_ci",
        condition("cost", "GREATER_THAN", **DECIMAL, VALUE="2.5e4"),
        lambda r: Decimal(r["cost"] or 0) > 25000,
    ),
    (
        "cmdb_ci",
        condition("purchase_date", "LESS_THAN", **DATE, VALUE="1546300800000"),
        lambda r: "" < r["purchase_date"] < "2019-01-01",
    ),
]


@pytest.mark.parametrize(("table", "task", "keep"), CASES)
def test_a_filter_keeps_what_it_says(
    aws: Aws, instances: Instances, table: str, task: dict[str, Any], keep: Keep
) -> None:
    instance = make_instance(instances, incidents=60)
    appflow = connect(aws, instance)
    appflow.create_flow(**table_flow(table, [*mapped("sys_id"), task]))
    record = run_and_wait(appflow, "accounts")
    assert record["executionStatus"] == "Successful", record
    kept = [row["sys_id"] for row in by_id(instance.records(table)) if keep(row)]
    assert [each["sys_id"] for each in landed(aws)] == kept
    assert 0 < len(kept) < len(instance.records(table))  # the case tells something


@pytest.mark.parametrize(
    ("operator", "keep"),
    [
        ("GREATER_THAN", lambda at, bound: at > bound),
        ("GREATER_THAN_OR_EQUAL_TO", lambda at, bound: at >= bound),
        ("LESS_THAN", lambda at, bound: at < bound),
        ("LESS_THAN_OR_EQUAL_TO", lambda at, bound: at <= bound),
        ("EQUAL_TO", lambda at, bound: at == bound),
        ("NOT_EQUAL_TO", lambda at, bound: at != bound),
    ],
)
@pytest.mark.parametrize("offset", [-1, 0, 1, 999])
def test_moments_are_compared_to_the_millisecond(
    aws: Aws, instance: Instance, operator: str, keep: Callable[[int, int], bool], offset: int
) -> None:
    rows = by_id(instance.records("incident"))
    bound = sorted(milliseconds(row["opened_at"]) for row in rows)[10] + offset
    appflow = connect(aws, instance)
    task = condition("opened_at", operator, **MOMENT, VALUE=str(bound))
    appflow.create_flow(**table_flow("incident", [*mapped("sys_id"), task]))
    run_and_wait(appflow, "accounts")
    kept = [row["sys_id"] for row in rows if keep(milliseconds(row["opened_at"]), bound)]
    assert [each["sys_id"] for each in landed(aws)] == kept


def test_several_filters_must_all_hold(aws: Aws, instance: Instance) -> None:
    tasks = [
        *mapped("sys_id"),
        condition("category", "EQUAL_TO", **TEXT, VALUES="network,software,hardware"),
        condition("priority", "LESS_THAN", **NUMBER, VALUE="4"),
    ]
    appflow = connect(aws, instance)
    appflow.create_flow(**table_flow("incident", tasks))
    run_and_wait(appflow, "accounts")
    kept = [
        row["sys_id"]
        for row in by_id(instance.records("incident"))
        if row["category"] in ("network", "software", "hardware") and int(row["priority"]) < 4
    ]
    assert [each["sys_id"] for each in landed(aws)] == kept
