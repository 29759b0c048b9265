"""From field operations and filters to AppFlow's tasks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from airflow_provider_appflow_isv.specs import (
    Add,
    AllFields,
    Between,
    Concat,
    ConnectorSource,
    Divide,
    EqualTo,
    Field,
    FlowSpec,
    GoogleAnalyticsSource,
    Multiply,
    PartitionBy,
    RawTask,
    S3Destination,
    SalesforceSource,
    ServiceNowSource,
    Subtract,
)
from tests.specs.examples import flow


def tasks(*fields: Any, **more: Any) -> list[dict[str, Any]]:
    """The tasks of a flow with the given fields."""
    found: list[dict[str, Any]] = flow(fields=list(fields), **more).create_request()["tasks"]
    return found


def shown(found: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Tasks in short: type, operator, fields, target."""
    return [
        (
            each["taskType"],
            next(iter(each.get("connectorOperator", {}).values()), None),
            each["sourceFields"],
            each.get("destinationField"),
        )
        for each in found
    ]


def test_a_projection_of_its_own_gains_what_other_operations_name() -> None:
    own = RawTask("Filter", ["Id", "Name", "Fax"], operator="PROJECTION")
    found = tasks(
        Field("Id"), own, "Phone", Add("A", "Id", to="sum"), AllFields(), filters=[EqualTo("Industry", "Energy")]
    )
    assert [each for each in shown(found) if each[1] == "PROJECTION"] == [
        ("Filter", "PROJECTION", ["Id", "Name", "Fax", "Phone", "A", "Industry"], None)
    ]


def test_raw_tasks_may_name_what_their_projection_lacks() -> None:
    own, raw = RawTask("Filter", ["Name"], operator="PROJECTION"), RawTask("Map", ["Id"], to="Id")
    assert shown(tasks(own, raw))[0] == ("Filter", "PROJECTION", ["Name"], None)


def test_what_raw_tasks_make_is_not_fetched() -> None:
    found = tasks(RawTask("Merge", ["A", "B"], to="whole"), Field("whole", to="text"))
    assert shown(found)[0] == ("Filter", "PROJECTION", ["A", "B"], None)


def test_a_spec_of_twelve_lines_says_the_blogs_flow() -> None:
    spec = FlowSpec(
        name="Salesforce2s3",
        description="Pull Data From Salesforce to Amazon s3",
        source=SalesforceSource(profile="SalesForceAPI", object="Account"),
        destination=S3Destination(bucket="appflow-sfdata"),
        fields=[Field("Id"), Field("Name"), Field("CreatedDate", type="datetime")],
        filters=[Between("CreatedDate", "2021-01-01T13:00Z", "2021-01-31T13:00Z")],
    )
    request = spec.create_request()
    assert request["triggerConfig"] == {"triggerType": "OnDemand"}
    assert shown(request["tasks"]) == [
        ("Filter", "PROJECTION", ["Id", "Name", "CreatedDate"], None),
        ("Filter", "BETWEEN", ["CreatedDate"], None),
        ("Map", "NO_OP", ["Id"], "Id"),
        ("Map", "NO_OP", ["Name"], "Name"),
        ("Map", "NO_OP", ["CreatedDate"], "CreatedDate"),
    ]
    bounds = {"DATA_TYPE": "datetime", "LOWER_BOUND": "1609506000000", "UPPER_BOUND": "1612098000000"}
    assert request["tasks"][1]["taskProperties"] == bounds


def test_the_projection_has_every_field_that_is_used_once() -> None:
    found = tasks(
        Field("Id"), Field("Id", to="Key"), Concat(["A", "B"], to="C", format="${A}"), filters=[EqualTo("D", "x")]
    )
    assert found[0]["sourceFields"] == ["Id", "A", "B", "D"]


def test_all_fields_need_no_projection_and_leave_out_what_is_mapped() -> None:
    found = tasks(AllFields(["Fax"]), Field("Name", to="Title"), filters=[EqualTo("Id", "x")])
    assert shown(found) == [
        ("Filter", "EQUAL_TO", ["Id"], None),
        ("Map_all", "NO_OP", [], None),
        ("Map", "NO_OP", ["Name"], "Title"),
    ]
    assert json.loads(found[1]["taskProperties"]["EXCLUDE_SOURCE_FIELDS_LIST"]) == ["Fax", "Name"]


def test_a_field_is_checked_masked_and_cut_before_it_is_mapped() -> None:
    phone = Field("Phone", mask="last4", mask_character="#", truncate=8, validate=["non_null", "numeric"])
    assert shown(tasks(phone))[1:] == [
        ("Validate", "VALIDATE_NON_NULL", ["Phone"], None),
        ("Validate", "VALIDATE_NUMERIC", ["Phone"], None),
        ("Mask", "MASK_LAST_N", ["Phone"], None),
        ("Truncate", "NO_OP", ["Phone"], None),
        ("Map", "NO_OP", ["Phone"], "Phone"),
    ]
    _, null, _, mask, cut, _ = tasks(phone)
    assert null["taskProperties"] == {"VALIDATION_ACTION": "DropRecord"}
    assert mask["taskProperties"] == {"MASK_VALUE": "#", "MASK_LENGTH": "4"}
    assert cut["taskProperties"] == {"TRUNCATE_LENGTH": "8"}


@pytest.mark.parametrize(
    ("mask", "operator", "length"),
    [("all", "MASK_ALL", "5"), ("first12", "MASK_FIRST_N", "12"), ("last1", "MASK_LAST_N", "1")],
)
def test_masks_have_an_operator_and_a_length(mask: str, operator: str, length: str) -> None:
    task = tasks(Field("Phone", mask=mask))[1]
    assert task["connectorOperator"] == {"Salesforce": operator}
    assert task["taskProperties"] == {"MASK_VALUE": "*", "MASK_LENGTH": length}


def test_a_field_that_is_mapped_twice_is_masked_once() -> None:
    found = shown(tasks(Field("Phone", mask="all"), Field("Phone", to="Other", mask="all")))
    assert [kind for kind, *_ in found] == ["Filter", "Mask", "Map", "Map"]


def test_data_types_stand_at_the_mapping() -> None:
    _, same, other, none = tasks(Field("A", type="datetime"), Field("B", type="id", to_type="string"), Field("C"))
    assert same["taskProperties"] == {"SOURCE_DATA_TYPE": "datetime", "DESTINATION_DATA_TYPE": "datetime"}
    assert other["taskProperties"] == {"SOURCE_DATA_TYPE": "id", "DESTINATION_DATA_TYPE": "string"}
    assert none["taskProperties"] == {}


def test_several_fields_become_one_by_way_of_a_temporary_field() -> None:
    found = tasks(Concat(["First", "Last"], to="Name", format="${Last}, ${First}", truncate=9))
    assert shown(found) == [
        ("Filter", "PROJECTION", ["First", "Last"], None),
        ("Merge", "NO_OP", ["First", "Last"], "First,Last"),
        ("Truncate", "NO_OP", ["First,Last"], None),
        ("Map", "NO_OP", ["First,Last"], "Name"),
    ]
    assert found[1]["taskProperties"] == {"CONCAT_FORMAT": "${Last}, ${First}"}


@pytest.mark.parametrize(
    ("kind", "operator"),
    [(Add, "ADDITION"), (Subtract, "SUBTRACTION"), (Multiply, "MULTIPLICATION"), (Divide, "DIVISION")],
)
def test_arithmetic_keeps_the_order_of_its_fields(kind: Any, operator: str) -> None:
    _, made, mapped = tasks(kind("Price", "Count", to="Result"))
    assert made["connectorOperator"] == {"Salesforce": operator}
    assert made["taskProperties"] == {"MATH_OPERATION_FIELDS_ORDER": "Price,Count"}
    assert (made["destinationField"], mapped["sourceFields"]) == ("Price,Count", ["Price,Count"])


def test_temporary_fields_of_the_same_fields_have_names_of_their_own() -> None:
    found = tasks(Add("A", "B", to="Sum"), Subtract("A", "B", to="Difference"), Multiply("A", "B", to="Product"))
    assert [each["destinationField"] for each in found if each["taskType"] == "Arithmetic"] == ["A,B", "A,B 2", "A,B 3"]


def test_a_temporary_field_of_many_fields_has_a_name_that_appflow_takes() -> None:
    names = [f"Long_Field_Name_{number}__c" for number in range(20)]
    made = [Concat(names, to=to, format=f"${{{names[0]}}}") for to in ("A", "B" * 256)]
    merged = [each["destinationField"] for each in tasks(*made) if each["taskType"] == "Merge"]
    assert len(set(merged)) == 2
    assert max(map(len, merged)) <= 256
    assert FlowSpec.from_describe(flow(fields=made).create_request()) == flow(fields=made)


def test_folders_are_a_json_list() -> None:
    task = tasks("Region", "Land", PartitionBy(["Land", "Region"]))[-1]
    assert (task["taskType"], task["sourceFields"]) == ("Partition", [])
    assert json.loads(task["taskProperties"]["ORDERED_PARTITION_KEYS_LIST"]) == ["Land", "Region"]


def test_a_task_of_appflows_own_stays_as_it_is() -> None:
    raw = RawTask("Filter", ["Id"], operator="PROJECTION", to="")
    found = tasks(raw, "Id")
    assert [each for each in found if each.get("connectorOperator") == {"Salesforce": "PROJECTION"}] == [
        {
            "taskType": "Filter",
            "sourceFields": ["Id"],
            "connectorOperator": {"Salesforce": "PROJECTION"},
            "destinationField": "",
            "taskProperties": {},
        }
    ]


def test_the_operators_key_is_spelt_as_the_service_spells_it() -> None:
    source = ServiceNowSource(profile="p", object="incident")
    assert {key for each in tasks("number", source=source) for key in each["connectorOperator"]} == {"ServiceNow"}


def test_operators_that_a_connector_lacks_are_left_out() -> None:
    views = GoogleAnalyticsSource(profile="p", object="view")
    assert shown(tasks("ga:city", source=views)) == [
        ("Filter", "PROJECTION", ["ga:city"], None),
        ("Map", None, ["ga:city"], "ga:city"),
    ]
    events = ConnectorSource("Amplitude", {"object": "events"}, profile="p")
    assert shown(tasks(AllFields(), source=events)) == [("Map_all", None, [], None)]
