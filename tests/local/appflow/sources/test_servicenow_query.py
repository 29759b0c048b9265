from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_appflow_isv.local.appflow.runs.filters import Filter
from airflow_provider_appflow_isv.local.appflow.runs.job import PullWindow
from airflow_provider_appflow_isv.local.appflow.runs.outcome import RunFailedError
from airflow_provider_appflow_isv.local.appflow.sources.servicenow_query import query
from tests.local.servicenow.queries import PLAIN, numbers_found

Row = dict[str, str]

TEXT, NUMBER, MOMENT = {"DATA_TYPE": "string"}, {"DATA_TYPE": "integer"}, {"DATA_TYPE": "datetime"}
NEVER = "closed_atISEMPTY^closed_atISNOTEMPTY"


@pytest.mark.parametrize(
    ("name", "properties", "expected"),
    [
        ("EQUAL_TO", {"VALUE": "a^b"}, "f=a^^b"),
        ("EQUAL_TO", {"VALUES": "a, b"}, "f=a^ORf=b"),
        ("NOT_EQUAL_TO", {"VALUES": "a,b"}, "f!=a^f!=b"),
        ("EQUAL_TO", {"VALUES": "a,,b"}, "f=a^ORfISEMPTY^ORf=b"),
        ("CONTAINS", {"VALUES": "a,b"}, "fLIKEa^ORfLIKEb"),
        ("BETWEEN", {**NUMBER, "LOWER_BOUND": "1", "UPPER_BOUND": "2.50"}, "f>1^f<2.50"),
        ("LESS_THAN", {**NUMBER, "VALUE": "1e3"}, "f<1000"),
        ("EQUAL_TO", {"DATA_TYPE": "boolean", "VALUE": "TRUE"}, "f=true"),
        ("GREATER_THAN", {**MOMENT, "VALUE": "1609506000000"}, "f>2021-01-01 13:00:00"),
        ("GREATER_THAN_OR_EQUAL_TO", {**MOMENT, "VALUE": "1609506000001"}, "f>2021-01-01 13:00:00"),
        ("LESS_THAN", {**MOMENT, "VALUE": "1609506000001"}, "f<=2021-01-01 13:00:00"),
        ("LESS_THAN", {**MOMENT, "VALUE": "-1"}, "f<=1969-12-31 23:59:59"),
        ("EQUAL_TO", {"DATA_TYPE": "date", "VALUE": "1609506000000"}, "f=2021-01-01"),
    ],
)
def test_a_filter_is_written_as_servicenow_has_it(name: str, properties: dict[str, str], expected: str) -> None:
    assert query([Filter("f", name, properties)]) == expected


def test_filters_and_the_range_of_an_incremental_run_all_have_to_hold() -> None:
    window = PullWindow("sys_updated_on", 1609506000, 1609509600)
    assert query([Filter("f", "EQUAL_TO", {"VALUES": "a,b"})], window) == (
        "f=a^ORf=b^sys_updated_on>=2021-01-01 13:00:00^sys_updated_on<2021-01-01 14:00:00"
    )


def test_without_filters_there_is_no_query() -> None:
    assert query([]) == ""


def test_a_moment_that_no_time_of_servicenow_comes_to_finds_nothing() -> None:
    assert query([Filter("closed_at", "EQUAL_TO", {**MOMENT, "VALUE": "1609506000001"})]) == NEVER
    assert numbers_found(NEVER, PLAIN, {**PLAIN, "closed_at": "2021-01-01 13:00:00"}) == []


@pytest.mark.parametrize(
    ("name", "properties", "reason"),
    [
        ("LESS_THAN", {"VALUE": "=x"}, "begins with an equals sign"),
        ("GREATER_THAN", {"VALUE": "=x"}, "begins with an equals sign"),
        ("EQUAL_TO", {**NUMBER, "VALUE": "1e999999"}, "no numbers like"),
        ("EQUAL_TO", {**NUMBER, "VALUE": "1e-999999"}, "no numbers like"),
        ("EQUAL_TO", {**NUMBER, "VALUE": f"0.{'1' * 100}"}, "no numbers like"),
    ],
)
def test_what_servicenow_has_no_words_for_is_refused(name: str, properties: dict[str, str], reason: str) -> None:
    with pytest.raises(RunFailedError, match=reason):
        query([Filter("f", name, properties)])


# Filters against plain Python, over small values so that they hold often.
WORDS = ("a", "b", "ab", "A^B", "^", "a^ORb=1", "x=y", "'\"", "NQ", "ORDERBYnumber", "ß é")
NUMBERS = ("1", "2", "2.0", "1.5", "10", "-1", "1e1")
BASE = 1609506000000  # 2021-01-01 13:00:00
MOMENTS = tuple(str(BASE + each) for each in (-1000, -1, 0, 1, 500, 1000, 3600_000))
TIMES = ("", "2021-01-01 12:59:59", "2021-01-01 13:00:00", "2021-01-01 13:00:01", "2021-01-01 14:00:00")
SECONDS = dict(zip(TIMES[1:], (-1000, 0, 1000, 3600_000), strict=True))

# field: its DATA_TYPE, the values of records, those of filters, and what a value of either is to Python
FIELDS: dict[str, tuple[str, tuple[str, ...], tuple[str, ...], Callable[[str], Any]]] = {
    "category": ("string", ("", *WORDS), WORDS, str.casefold),
    "priority": ("integer", ("", "1", "2", "10", "-1"), NUMBERS, float),
    "opened_at": ("datetime", TIMES, MOMENTS, lambda text: SECONDS[text] if text in SECONDS else int(text) - BASE),
    "active": ("boolean", ("true", "false"), ("true", "false"), str),
}
ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "EQUAL_TO": operator.eq,
    "LESS_THAN": operator.lt,
    "LESS_THAN_OR_EQUAL_TO": operator.le,
    "GREATER_THAN": operator.gt,
    "GREATER_THAN_OR_EQUAL_TO": operator.ge,
    "CONTAINS": operator.contains,
}


def operators_of(field: str) -> list[str]:
    if field == "active":
        return ["EQUAL_TO", "NOT_EQUAL_TO"]
    known = ["BETWEEN", "NOT_EQUAL_TO", *ORDERS]
    return known if field == "category" else [name for name in known if name != "CONTAINS"]


@st.composite
def filters(draw: st.DrawFn) -> tuple[Filter, Callable[[Row], bool]]:
    field = draw(st.sampled_from(sorted(FIELDS)))
    data_type, _, values, read = FIELDS[field]
    name = draw(st.sampled_from(operators_of(field)))
    properties = {"DATA_TYPE": data_type}
    if name == "BETWEEN":
        low, high = draw(st.sampled_from(values)), draw(st.sampled_from(values))
        properties |= {"LOWER_BOUND": low, "UPPER_BOUND": high}
        return Filter(
            field, name, properties
        ), lambda row: row[field] != "" and (read(low) < read(row[field]) < read(high))
    chosen = draw(st.lists(st.sampled_from(values), min_size=1, max_size=3))
    properties |= {"VALUES": ",".join(chosen)} if len(chosen) > 1 or draw(st.booleans()) else {"VALUE": chosen[0]}

    def holds(row: Row) -> bool:
        if row[field] == "":
            return False
        present = read(row[field])
        if name == "NOT_EQUAL_TO":
            return all(present != read(value) for value in chosen)
        return any(ORDERS[name](present, read(value)) for value in chosen)

    return Filter(field, name, properties), holds


rows = st.lists(st.fixed_dictionaries({name: st.sampled_from(facts[1]) for name, facts in FIELDS.items()}), max_size=8)


@given(chosen=st.lists(filters(), max_size=3), records=rows)
def test_the_query_finds_what_the_filters_say(
    chosen: list[tuple[Filter, Callable[[Row], bool]]], records: list[Row]
) -> None:
    numbered = [{**row, "number": str(place)} for place, row in enumerate(records)]
    text = query([each for each, _ in chosen])
    assert numbers_found(text, *numbered) == [
        row["number"] for row in numbered if all(holds(row) for _, holds in chosen)
    ]


@given(value=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(lambda text: text != "NULL"))
def test_no_value_can_leave_its_condition(value: str) -> None:
    text = query([Filter("short_description", "EQUAL_TO", {"VALUE": value})])
    records = [
        {**PLAIN, "number": str(place), "short_description": each}
        for place, each in enumerate((f"{value}.x", value, f"x.{value}"))
    ]
    assert numbers_found(text, *records) == ["1"]
