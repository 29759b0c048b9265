"""What happens to a flow after it was created: update, start, stop, delete, tags."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from tests.local.appflow.conftest import (
    ACCOUNT,
    REGION,
    Aws,
    filter_task,
    flow_request,
    map_fields,
    message_of,
    run_and_wait,
    scheduled,
)

LATER = datetime(2090, 1, 1, tzinfo=UTC)


def test_an_update_replaces_the_definition_and_keeps_the_tags(connected: Any) -> None:
    connected.create_flow(**flow_request(description="Before", tags={"tenant": "tenant-a"}))
    after = flow_request(tasks=map_fields("Id", "Name", "Phone"))
    settings.advance_clock(1)
    assert connected.update_flow(**after)["flowStatus"] == "Active"
    described = connected.describe_flow(flowName="accounts")
    assert described["tasks"] == after["tasks"]
    assert described["tags"] == {"tenant": "tenant-a"}
    assert "description" not in described
    assert described["lastUpdatedAt"] > described["createdAt"]


def test_the_schema_version_counts_changes_of_the_mapping_only(connected: Any) -> None:
    tasks = map_fields("Id", "Name")
    connected.create_flow(**flow_request(tasks=tasks))
    connected.update_flow(**flow_request(tasks=[*tasks, filter_task("Name", "CONTAINS", VALUE="x")]))
    assert connected.describe_flow(flowName="accounts")["schemaVersion"] == 1
    connected.update_flow(**flow_request(tasks=map_fields("Id", "Name", "Phone")))
    assert connected.describe_flow(flowName="accounts")["schemaVersion"] == 2


def test_an_update_cannot_move_the_destination(connected: Any) -> None:
    connected.create_flow(**flow_request())
    moved = flow_request()
    moved["destinationFlowConfigList"][0]["destinationConnectorProperties"]["S3"]["bucketPrefix"] = "elsewhere"
    with pytest.raises(connected.exceptions.ValidationException) as error:
        connected.update_flow(**moved)
    assert message_of(error) == (
        "Update Flow request failed due to:[Destination object for the destination connector can not be updated]"
    )


def test_an_update_cannot_change_the_source_object(connected: Any) -> None:
    connected.create_flow(**flow_request())
    with pytest.raises(connected.exceptions.ValidationException, match="Source object"):
        connected.update_flow(**flow_request(source={"object": "Contact"}))


def test_an_update_cannot_change_the_source_connector(connected: Any) -> None:
    connected.create_flow(**flow_request())
    moved = flow_request(tasks=[{"taskType": "Map_all", "sourceFields": []}])
    moved["sourceFlowConfig"] = {
        "connectorType": "S3",
        "sourceConnectorProperties": {"S3": {"bucketName": "appflow-sfdata", "bucketPrefix": "input"}},
    }
    with pytest.raises(connected.exceptions.ValidationException, match="Source connector type can not be updated"):
        connected.update_flow(**moved)


def test_an_update_shows_and_works_only_after_a_while(aws: Aws, connected: Any) -> None:
    settings.update_delay_seconds = 15
    connected.create_flow(**flow_request(description="Before"))
    connected.update_flow(**flow_request(description="After", tasks=map_fields("Id")))
    assert connected.describe_flow(flowName="accounts")["description"] == "Before"
    stale = run_and_wait(connected, "accounts")["executionId"]
    settings.advance_clock(15)
    assert connected.describe_flow(flowName="accounts")["description"] == "After"
    fresh = run_and_wait(connected, "accounts")["executionId"]
    columns = [set(json.loads(aws.objects()[f"landing/accounts/{run}"].splitlines()[0])) for run in (stale, fresh)]
    assert columns == [{"Id", "Name"}, {"Id"}]


def test_an_update_of_an_unknown_flow_is_not_found(connected: Any) -> None:
    with pytest.raises(connected.exceptions.ResourceNotFoundException):
        connected.update_flow(**flow_request("absent"))


def test_an_update_that_breaks_a_rule_says_update(connected: Any) -> None:
    connected.create_flow(**flow_request())
    with pytest.raises(connected.exceptions.ValidationException) as error:
        connected.update_flow(**flow_request(tasks=map_fields("Id")[1:]))
    assert message_of(error).startswith("Update Flow request failed: [Task Validation Error")


@pytest.mark.parametrize(
    ("trigger", "source_object"),
    [(scheduled(scheduleStartTime=LATER), "Account"), ({"triggerType": "Event"}, "AccountChangeEvent")],
)
def test_scheduled_and_event_flows_are_drafted_activated_suspended(
    connected: Any, trigger: dict[str, Any], source_object: str
) -> None:
    request = flow_request(triggerConfig=trigger, source={"object": source_object})
    assert connected.create_flow(**request)["flowStatus"] == "Draft"
    started = connected.start_flow(flowName="accounts")
    assert started["flowStatus"] == "Active"
    assert "executionId" not in started
    assert connected.describe_flow_execution_records(flowName="accounts")["flowExecutions"] == []
    assert connected.start_flow(flowName="accounts")["flowStatus"] == "Active"
    assert connected.stop_flow(flowName="accounts")["flowStatus"] == "Suspended"
    assert connected.describe_flow(flowName="accounts")["flowStatus"] == "Suspended"


def test_stopping_a_flow_that_runs_on_demand_is_unsupported(connected: Any) -> None:
    connected.create_flow(**flow_request())
    with pytest.raises(connected.exceptions.UnsupportedOperationException) as error:
        connected.stop_flow(flowName="accounts")
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_stopping_a_draft_leaves_it_a_draft(connected: Any) -> None:
    connected.create_flow(**flow_request(triggerConfig=scheduled()))
    assert connected.stop_flow(flowName="accounts")["flowStatus"] == "Draft"


def test_a_flow_that_is_put_on_a_schedule_waits_for_its_start(connected: Any) -> None:
    connected.create_flow(**flow_request())
    assert connected.update_flow(**flow_request(triggerConfig=scheduled()))["flowStatus"] == "Draft"


def test_an_active_scheduled_flow_is_deleted_only_by_force(connected: Any) -> None:
    connected.create_flow(**flow_request(triggerConfig=scheduled()))
    connected.start_flow(flowName="accounts")
    with pytest.raises(connected.exceptions.ConflictException) as error:
        connected.delete_flow(flowName="accounts")
    assert message_of(error) == (
        "Conflict executing request: Flow is in active state, please set forceDelete to true or deactivate the flow: "
        "accounts"
    )
    connected.delete_flow(flowName="accounts", forceDelete=True)
    assert connected.list_flows()["flows"] == []


def test_tags_are_added_listed_and_removed(connected: Any) -> None:
    arn = connected.create_flow(**flow_request(tags={"tenant": "tenant-a"}))["flowArn"]
    connected.tag_resource(resourceArn=arn, tags={"stage": "test", "owner": "isv"})
    assert connected.list_tags_for_resource(resourceArn=arn)["tags"] == {
        "tenant": "tenant-a",
        "stage": "test",
        "owner": "isv",
    }
    connected.untag_resource(resourceArn=arn, tagKeys=["tenant", "owner"])
    assert connected.list_tags_for_resource(resourceArn=arn)["tags"] == {"stage": "test"}
    assert connected.describe_flow(flowName="accounts")["tags"] == {"stage": "test"}


def test_a_flow_has_fifty_tags_at_most(connected: Any) -> None:
    arn = connected.create_flow(**flow_request(tags={f"k{number}": "v" for number in range(50)}))["flowArn"]
    with pytest.raises(connected.exceptions.ValidationException, match="50 tags at most"):
        connected.tag_resource(resourceArn=arn, tags={"one-more": "v"})


def test_tags_of_an_unknown_arn_are_not_found(appflow: Any) -> None:
    arn = f"arn:aws:appflow:us-west-2:{ACCOUNT}:flow/absent"
    with pytest.raises(appflow.exceptions.ResourceNotFoundException, match="flow/absent"):
        appflow.list_tags_for_resource(resourceArn=arn)


def test_the_key_of_a_flow_must_exist(aws: Aws, connected: Any) -> None:
    with pytest.raises(connected.exceptions.ValidationException, match=r"kmsArn: the key .* does not exist"):
        connected.create_flow(**flow_request(kmsArn=f"arn:aws:kms:{REGION}:{ACCOUNT}:key/absent"))
    key_arn = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    connected.create_flow(**flow_request(kmsArn=key_arn))
    assert connected.describe_flow(flowName="accounts")["kmsArn"] == key_arn


def test_the_trigger_type_shows_at_once_though_an_update_takes_a_while(connected: Any) -> None:
    connected.create_flow(**flow_request())
    settings.update_delay_seconds = 60
    assert connected.update_flow(**flow_request(triggerConfig=scheduled()))["flowStatus"] == "Draft"
    assert connected.describe_flow(flowName="accounts")["flowStatus"] == "Draft"
    assert connected.describe_flow(flowName="accounts")["triggerConfig"]["triggerType"] == "OnDemand"
