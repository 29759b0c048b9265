from __future__ import annotations

import pytest

from airflow_provider_appflow_isv.local.servicenow.errors import ApiError
from tests.local.servicenow.queries import BOSS, PLAIN, numbers_found


@pytest.mark.parametrize(
    "query",
    [
        "short_description=it's 100% GRÖSSE_1",
        "short_descriptionLIKE100%",
        "short_descriptionSTARTSWITHIT'S",
        "short_descriptionENDSWITHe_1",
        "short_descriptionNOT LIKEother",
        "categoryNOT LIKEother",
        "categoryISEMPTY",
        "category=",
        "category=NULL",
        "short_description!=",
        "short_description!=NULL",
        "short_descriptionISNOTEMPTY",
        "short_description>i",
        "priority=2.0",
        "priorityIN1,2",
        "priority<10",
        "priorityBETWEEN2@3",
        "business_stc>999",
        "active=true",
        "active!=false",
        f"assigned_to={'a' * 32}",
        "assigned_toSTARTSWITHvorname",
        "assigned_to.nameLIKEAgent",
        f"assigned_to.manager={BOSS}",
        "assigned_to.manager.name=Given Boss",
        "resolved_by.nameISEMPTY",
        "opened_at=2021-01-03 08:15:30",
        "opened_at>2021-01-03",
        "opened_at<2021-01-04",
        "opened_at>=javascript:gs.dateGenerate('2021-01-03','08:15:30')",
        "opened_at<=javascript:gs.dateGenerate('2021-01-03','end')",
        "opened_at>=javascript:gs.dateGenerate('2021-01-03', 'start')",
        "opened_atBETWEENjavascript:gs.dateGenerate('2021-01-01','00:00:00')@javascript:gs.dateGenerate('2021-01-31','23:59:59')",
        "opened_atIN2021-01-03 08:15:30,2021-01-04",
        "priority=9^NQactive=true",
        "priority=9^ORactive=true",
        "active=true^priority=9^ORpriority=2",
    ],
)
def test_the_record_is_found(query: str) -> None:
    assert numbers_found(query, PLAIN) == ["INC1"]


@pytest.mark.parametrize(
    "query",
    [
        "short_description=It",
        "short_descriptionLIKE100_",
        "short_descriptionISEMPTY",
        "short_description=",
        "category!=hardware",
        "categoryNOT INhardware,software",
        "categoryLIKE",
        "category<z",
        "priority>10",
        "priority!=2",
        "priorityNOT IN1,2.0",
        "priorityBETWEEN3@4",
        "active=false",
        "closed_at<2030-01-01",
        "closed_at!=2030-01-01",
        "opened_at<2021-01-03",
        "opened_at>javascript:gs.dateGenerate('2021-01-03','08:15:30')",
        "assigned_to.manager.name=Vorname Agent",
        "resolved_by.name!=x",
        "active=false^ORpriority=2^opened_at<2020-01-01",
    ],
)
def test_the_record_is_not_found(query: str) -> None:
    assert numbers_found(query, PLAIN) == []


@pytest.mark.parametrize(
    "query",
    [
        "nothing=1",
        "caller_id.nothing=1",
        "number.name=1",
        "priority=high",
        "opened_at>yesterday",
        "priorityBETWEEN1",
        "category>",
        "categoryIN,",
        "number",
    ],
)
def test_an_invalid_part_is_ignored_or_finds_nothing(query: str) -> None:
    assert numbers_found(f"active=true^{query}", PLAIN) == ["INC1"]
    assert numbers_found(f"active=false^{query}", PLAIN) == []
    assert numbers_found(f"active=true^{query}", PLAIN, strict=True) == []


def test_a_script_is_not_run() -> None:
    with pytest.raises(ApiError, match=r"can't run 'javascript:gs\.now"):
        numbers_found("opened_at<javascript:gs.now()", PLAIN)


@pytest.mark.parametrize(
    ("ordering", "expected"),
    [
        ("ORDERBYpriority", ["D", "B", "A", "C"]),
        ("ORDERBYDESCpriority", ["C", "A", "B", "D"]),
        ("ORDERBYcategory^ORDERBYDESCnumber", ["C", "D", "B", "A"]),
        ("ORDERBYDESCcategory^ORDERBYnumber", ["A", "B", "D", "C"]),
        ("ORDERBYassigned_to", ["C", "D", "A", "B"]),
    ],
)
def test_records_are_sorted(ordering: str, expected: list[str]) -> None:
    rows = [("A", "9", "x", BOSS), ("B", "2", "X", "a" * 32), ("C", "10", "", ""), ("D", "", "a", "")]
    records = [
        {"number": number, "priority": priority, "category": category, "assigned_to": assigned}
        for number, priority, category, assigned in rows
    ]
    assert numbers_found(ordering, *records) == expected
