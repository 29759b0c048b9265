"""Incremental flows against vendors whose records are written while the clock is moved."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from tests.local.appflow.conftest import BUCKET, Aws, Org, flow_request, map_fields, profile_request, scheduled
from tests.local.appflow.flows.test_scheduled_runs import HOUR, runs
from tests.local.appflow.tickets import mapped, profile_of, table_flow

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.servicenow import Instance

Vendor = tuple[dict[str, Any], Callable[[str], object]]
TRIGGER = scheduled(dataPullMode="Incremental")


def salesforce(_aws: Aws, appflow: Any, org: Org, _instance: Instance) -> Vendor:
    appflow.create_connector_profile(**profile_request(org))
    request = flow_request(tasks=map_fields("Name"), triggerConfig=TRIGGER)
    return request, lambda name: org.salesforce.insert("Account", Name=name)


def salesforce_update(aws: Aws, appflow: Any, org: Org, instance: Instance) -> Vendor:
    request, _ = salesforce(aws, appflow, org, instance)
    request["sourceFlowConfig"]["incrementalPullConfig"] = {"datetimeTypeFieldName": "SystemModstamp"}
    records = iter(org.accounts)
    return request, lambda name: org.salesforce.update("Account", next(records)["Id"], Name=name)


def servicenow(_aws: Aws, appflow: Any, _org: Org, instance: Instance) -> Vendor:
    appflow.create_connector_profile(**profile_of(instance))
    request = table_flow("incident", mapped("short_description"), triggerConfig=TRIGGER)
    return request, lambda name: instance.insert("incident", {"short_description": name})


def s3(aws: Aws, _appflow: Any, _org: Org, _instance: Instance) -> Vendor:
    client = aws.client("s3")

    def put(name: str) -> None:
        client.put_object(Bucket=BUCKET, Key=f"input/{name}", Body=f"name\n{name}\n".encode())

    put("first")
    source = {
        "connectorType": "S3",
        "sourceConnectorProperties": {"S3": {"bucketName": BUCKET, "bucketPrefix": "input"}},
    }
    tasks = [{"taskType": "Map_all", "sourceFields": []}]
    return flow_request(tasks=tasks, triggerConfig=TRIGGER, sourceFlowConfig=source), put


def landed(aws: Aws) -> list[str]:
    """The one value of each record that has landed, by run."""
    written = [content for key, content in aws.objects().items() if key.startswith("landing/")]
    return [str(next(iter(json.loads(line).values()))) for content in written for line in content.splitlines()]


@pytest.mark.parametrize("vendor", [salesforce, salesforce_update, servicenow, s3])
def test_what_is_written_between_two_runs_lands_once(
    aws: Aws, appflow: Any, org: Org, instance: Instance, vendor: Callable[..., Vendor]
) -> None:
    aws.make_bucket()
    request, write = vendor(aws, appflow, org, instance)
    appflow.create_flow(**request)
    appflow.start_flow(flowName="accounts")
    runs(appflow, 1)
    for hour in (1, 2):
        settings.advance_clock(HOUR)
        runs(appflow, 1 + hour)
        write(f"written in hour {hour}")
    for hour in (3, 4):
        settings.advance_clock(HOUR)
        runs(appflow, 1 + hour)
    written = [name for name in landed(aws) if name.startswith("written")]
    assert sorted(written) == ["written in hour 1", "written in hour 2"]
    assert landed(aws).count("first") == (vendor is s3)


def test_a_complete_flow_reads_every_file_at_every_run(aws: Aws, appflow: Any, org: Org, instance: Instance) -> None:
    aws.make_bucket()
    request, _ = s3(aws, appflow, org, instance)
    appflow.create_flow(**{**request, "triggerConfig": scheduled(dataPullMode="Complete")})
    appflow.start_flow(flowName="accounts")
    settings.advance_clock(HOUR)
    runs(appflow, 2)
    assert landed(aws) == ["first", "first"]
