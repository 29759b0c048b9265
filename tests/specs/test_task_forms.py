"""Which mappings and filters are the same: by what a spec states, and by what AppFlow may add to it."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_appflow_isv.specs import Add, Concat, EqualTo, Field, FlowSpec
from tests.specs.examples import flow


def amount(**types: Any) -> FlowSpec:
    return flow(fields=["Id", Field("Amount", **types)])


def shown(spec: FlowSpec, source: str, target: str) -> dict[str, Any]:
    """DescribeFlow's answer that shows data types of a mapping."""
    found = spec.create_request()
    found["tasks"][-1]["taskProperties"] |= {"SOURCE_DATA_TYPE": source, "DESTINATION_DATA_TYPE": target}
    return found


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"to_type": "string"}, {"type": "double"}),
        ({"type": "string"}, {"type": "datetime"}),
        ({"type": "double"}, {"type": "string"}),
        ({"type": "double"}, {}),
        ({"to_type": "string"}, {}),
        ({"type": "double", "to_type": "string"}, {"to_type": "string"}),
        ({}, {"to_type": "double"}),
        ({}, {"to_type": "string"}),
        ({}, {"type": "double", "to_type": "string"}),
    ],
)
def test_a_data_type_that_changes_or_is_taken_away_is_a_difference(
    wanted: dict[str, str], found: dict[str, str]
) -> None:
    assert [each.part for each in amount(**wanted).differences(amount(**found).create_request())] == ["tasks", "tasks"]
    assert amount(**wanted) != amount(**found)


@pytest.mark.parametrize(
    ("wanted", "source", "target"),
    [
        ({}, "string", "string"),
        ({}, "double", "double"),
        ({"type": "string"}, "string", "string"),
        ({"to_type": "string"}, "string", "string"),
        ({"to_type": "string"}, "double", "string"),
    ],
)
def test_a_data_type_that_the_spec_leaves_open_may_be_shown(wanted: dict[str, str], source: str, target: str) -> None:
    assert amount(**wanted).differences(shown(amount(**wanted), source, target)) == []


def test_mappings_of_texts_are_equal_whether_they_say_so_or_not() -> None:
    assert amount(type="string") == amount()
    assert amount(type="string").differences(amount().create_request()) == []


@pytest.mark.parametrize(
    "made", [Add("A", "B", to="total"), Concat(["A", "B"], to="total", format="${A}${B}")], ids=["Add", "Concat"]
)
def test_the_data_type_of_what_is_made_is_left_open(made: Any) -> None:
    spec = flow(fields=[made])
    assert spec.differences(shown(spec, "double", "double")) == []
    assert spec.differences(shown(spec, "double", "string")) != []


def test_the_order_of_one_filters_values_does_not_count() -> None:
    one, other, third = (flow(filters=[EqualTo("Name", values)]) for values in (["b", "a"], ["a", "b"], ["a", "c"]))
    assert one.differences(other.create_request()) == []
    assert one == other
    assert one.create_request() != other.create_request()
    assert one.differences(third.create_request()) != []
