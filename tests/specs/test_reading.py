"""Flows that others have made, read as specs: nothing is lost, and nothing is a difference."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_appflow_isv.specs import (
    AllFields,
    Concat,
    ConnectorDestination,
    ConnectorSource,
    EqualTo,
    ErrorHandling,
    Field,
    FlowSpec,
    OnDemand,
    RawTask,
    RedshiftDestination,
    S3Destination,
    Schedule,
    Subtract,
)
from airflow_provider_appflow_isv.specs.task_forms import task_forms
from tests.local.appflow import test_blog
from tests.specs.wild_tasks import KEY, MAP, WILD, Task, projection, task

FLOW: dict[str, Any] = dict(test_blog.FLOW)


def flow(*tasks: Task, **changes: Any) -> dict[str, Any]:
    """DescribeFlow's answer for the blog's flow with other tasks."""
    return {**FLOW, "flowArn": "arn:aws:appflow:us-east-1:222222222222:flow/x", "tasks": list(tasks), **changes}


def source(connector_type: str, key: str, properties: Any, **more: Any) -> dict[str, Any]:
    return {
        "connectorType": connector_type,
        "connectorProfileName": "profile",
        "sourceConnectorProperties": {key: properties},
        **more,
    }


def destination(connector_type: str, properties: Any, **more: Any) -> list[dict[str, Any]]:
    return [
        {
            "connectorType": connector_type,
            "destinationConnectorProperties": {connector_type: properties},
            **more,
        }
    ]


def scheduled(properties: dict[str, Any]) -> dict[str, Any]:
    return {"triggerConfig": {"triggerType": "Scheduled", "triggerProperties": {"Scheduled": properties}}}


def forms(found: dict[str, Any]) -> Counter[Any]:
    return Counter(task_forms(found["sourceFlowConfig"]["connectorType"], found["tasks"], implied=True))


def assert_nothing_is_lost(found: dict[str, Any]) -> FlowSpec:
    """The spec says the same as the flow, and asks for every task of it."""
    spec = FlowSpec.from_describe(found)
    assert spec.differences(found) == []
    assert not forms(found) - forms(spec.create_request())
    assert FlowSpec.from_yaml(spec.to_yaml()) == spec
    return spec


@pytest.mark.parametrize("tasks", WILD.values(), ids=WILD)
def test_any_tasks_are_read(tasks: list[Task]) -> None:
    assert_nothing_is_lost(flow(*tasks))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([each for tasks in WILD.values() for each in tasks]), min_size=1, max_size=8))
def test_any_mixture_of_tasks_is_read(tasks: list[Task]) -> None:
    assert_nothing_is_lost(flow(*tasks))


@pytest.mark.parametrize("tasks", WILD.values(), ids=WILD)
def test_an_s3_source_may_lack_a_projection(tasks: list[Task]) -> None:
    def keyed(each: Task) -> Task:
        operators = each.get("connectorOperator") or {}
        return {**each, "connectorOperator": dict(zip(["S3"], operators.values(), strict=False))}

    given = [keyed(each) for each in tasks if (each.get("connectorOperator") or {}).get(KEY) != "PROJECTION"]
    files = source("S3", "S3", {"bucketName": "input", "bucketPrefix": "in"})
    assert_nothing_is_lost(flow(*given, sourceFlowConfig=files))


@pytest.mark.parametrize(
    ("tasks", "fields"),
    [
        (WILD["the console's: data types of all kinds, a length for a mask of all"], [
            Field("Id", type="id"), Field("Name", type="string", mask="all"), Field("Phone", type="phone"),
        ]),
        (WILD["cdk-appflow's: a Merge whose Map has no destination field"], [
            Concat(["A", "B"], to="A,B", format="${A} ${B}")
        ]),
        (WILD["Terraform's: Map_all of an empty text"], [AllFields()]),
        (WILD["temporary fields of other names"], [
            Concat(["A", "C"], to="x", format="${A} ${C}"),
            Concat(["A", "B"], to="y", format="${A} ${B}"),
            Subtract("C", "B", to="z"),
        ]),
        (WILD["a wider projection"], [Field("Id"), RawTask("Filter", ["Id", "Name"], operator="PROJECTION")]),
        (WILD["validations with several actions"], [
            Field("Id", validate="non_null"),
            RawTask(
                "Validate", ["Id"], operator="VALIDATE_NUMERIC", to="Id",
                properties={"VALIDATION_ACTION": "DropDataset"},
            ),
        ]),
    ],
)  # fmt: skip
def test_what_the_classes_can_say_is_said_by_them(tasks: list[Task], fields: list[Any]) -> None:
    assert list(FlowSpec.from_describe(flow(*tasks)).fields) == fields


def test_one_strange_task_leaves_the_others_readable() -> None:
    strange = task("Map", ["Name"], "NO_OP", "Name", SUBFIELD_CATEGORY_MAP="{}")
    spec = FlowSpec.from_describe(flow(projection("Id", "Name"), strange, MAP))
    assert [type(each) for each in spec.fields] == [Field, RawTask]


def test_filters_without_a_data_type_are_of_texts() -> None:
    spec = FlowSpec.from_describe(flow(projection("Id"), MAP, task("Filter", ["Id"], "EQUAL_TO", VALUE="5")))
    assert spec.filters == (EqualTo("Id", "5"),)


def test_the_s3_destinations_profile_of_the_blog_means_nothing() -> None:
    assert FlowSpec.from_describe(FLOW).destination == S3Destination(bucket="appflow-sfdata")


def test_tags_that_only_aws_can_set_are_left_out() -> None:
    tags = {"aws:cloudformation:stack-name": "landing", "team": "a"}
    assert assert_nothing_is_lost({**FLOW, "tags": tags}).tags == {"team": "a"}


@pytest.mark.parametrize(
    "properties",
    [
        {"bucketName": "landing", "bucketPrefix": "/leading/slash"},
        {"bucketName": "landing", "s3OutputFormatConfig": {"prefixConfig": {"prefixFormat": "DAY"}}},
        {"bucketName": "landing", "s3OutputFormatConfig": {"fileType": "AVRO"}},
        {"bucketName": "landing", "madeLater": {"by": "AWS"}},
    ],
)
def test_a_destination_that_its_class_has_no_room_for_is_kept_by_members(properties: dict[str, Any]) -> None:
    spec = assert_nothing_is_lost({**FLOW, "destinationFlowConfigList": destination("S3", properties)})
    assert spec.destination == ConnectorDestination("S3", properties)


def test_a_destination_is_kept_if_it_handles_errors_in_an_unknown_way() -> None:
    properties = {
        "object": "public.accounts",
        "intermediateBucketName": "staging",
        "errorHandlingConfig": {"bucketPrefix": "failed", "madeLater": True},
    }
    found = {**FLOW, "destinationFlowConfigList": destination("Redshift", properties, connectorProfileName="profile")}
    assert isinstance(assert_nothing_is_lost(found).destination, ConnectorDestination)


def test_a_source_with_members_of_another_connector_is_kept_by_members() -> None:
    config = source("Salesforce", "Salesforce", {"object": "Account", "madeLater": 1}, apiVersion="v58.0")
    spec = assert_nothing_is_lost({**FLOW, "sourceFlowConfig": config})
    assert spec.source == ConnectorSource(
        "Salesforce", {"object": "Account", "madeLater": 1}, profile="profile", api_version="v58.0"
    )


def test_error_handling_that_says_nothing_is_none() -> None:
    properties = {
        "object": "public.accounts",
        "intermediateBucketName": "staging",
        "errorHandlingConfig": {"failOnFirstDestinationError": False},
    }
    found = {**FLOW, "destinationFlowConfigList": destination("Redshift", properties, connectorProfileName="profile")}
    wanted = RedshiftDestination(profile="profile", object="public.accounts", intermediate_bucket="staging")
    spec = FlowSpec.from_describe(found)
    assert spec.destination == wanted
    assert spec == spec.replace(destination=wanted.replace(on_error=ErrorHandling()))


SCHEDULES: dict[str, dict[str, Any]] = {
    "a blank in the rate, as CloudFormation takes it": {"scheduleExpression": "rate(5 minutes)"},
    "a unit in the singular": {"scheduleExpression": "rate(1day)"},
    "a first range that a complete pull has no use for": {
        "scheduleExpression": "rate(1hours)",
        "dataPullMode": "Complete",
        "firstExecutionFrom": 1_600_000_000.0,
    },
    "times as the AWS CLI tells them": {
        "scheduleExpression": "cron(0 3 ? * MON *)",
        "dataPullMode": "Incremental",
        "scheduleStartTime": "2090-01-01T00:00:00.500000+02:00",
        "scheduleEndTime": 3_900_000_000.25,
        "firstExecutionFrom": 1_600_000_000,
    },
}


@pytest.mark.parametrize("properties", SCHEDULES.values(), ids=SCHEDULES)
def test_any_schedule_is_read(properties: dict[str, Any]) -> None:
    spec = assert_nothing_is_lost({**FLOW, **scheduled(properties)})
    assert isinstance(spec.trigger, Schedule)


@pytest.mark.parametrize("properties", [None, {}, {"Scheduled": None}])
def test_a_flow_on_demand_may_have_empty_trigger_properties(properties: Any) -> None:
    trigger = {"triggerType": "OnDemand", "triggerProperties": properties}
    pull = {"datetimeTypeFieldName": "LastModifiedDate"}
    config = {**FLOW["sourceFlowConfig"], "incrementalPullConfig": pull}
    spec = assert_nothing_is_lost({**FLOW, "triggerConfig": trigger, "sourceFlowConfig": config})
    assert spec.trigger == OnDemand()


def test_properties_of_a_schedule_that_is_none_any_more_mean_nothing() -> None:
    left = {"triggerType": "OnDemand", "triggerProperties": {"Scheduled": {"scheduleExpression": "rate(1days)"}}}
    assert assert_nothing_is_lost({**FLOW, "triggerConfig": left}).trigger == OnDemand()


def test_a_field_more_beside_a_wider_projection_is_fetched() -> None:
    spec = FlowSpec.from_describe(flow(projection("Id", "Name"), MAP))
    more = spec.replace(fields=[*spec.fields, "Phone"]).create_request()["tasks"]
    assert [each["sourceFields"] for each in more if each["taskType"] == "Filter"] == [["Id", "Name", "Phone"]]


def test_a_spec_reads_like_what_a_person_would_write() -> None:
    tasks = [
        projection("Id", "Amount", "CreatedDate"),
        task(
            "Filter",
            ["CreatedDate"],
            "BETWEEN",
            DATA_TYPE="date",
            LOWER_BOUND="1609459200000",
            UPPER_BOUND="1612137600000",
        ),
        task("Arithmetic", ["Amount", "Amount"], "ADDITION", "t", MATH_OPERATION_FIELDS_ORDER="Amount,Amount"),
        task("Map", ["t"], "NO_OP", "double", SOURCE_DATA_TYPE="string", DESTINATION_DATA_TYPE="string"),
        MAP,
    ]
    assert FlowSpec.from_describe(flow(*tasks)).to_dict() == {
        "name": "Salesforce2s3",
        "source": {"SalesforceSource": {"profile": "SalesForceAPI", "object": "Account"}},
        "destination": {"S3Destination": {"bucket": "appflow-sfdata"}},
        "fields": [{"Add": {"left": "Amount", "right": "Amount", "to": "double"}}, "Id"],
        "filters": [
            {"Between": {"field": "CreatedDate", "lower": "2021-01-01", "upper": "2021-02-01", "type": "date"}}
        ],
        "description": "Pull Data From Salesforce to Amazon s3",
    }
