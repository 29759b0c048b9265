"""Flows of which something would be lost if they became specs: they are refused, by what it is."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_appflow_isv.specs import FlowSpec, SpecError
from tests.specs.test_reading import FLOW, destination, scheduled
from tests.specs.wild_tasks import MAP, projection, task

WITH_CATALOG = {"roleArn": "arn:aws:iam::222222222222:role/glue", "databaseName": "a", "tablePrefix": "b"}
STRANGE: dict[str, tuple[dict[str, Any], str, str]] = {
    "a member of the schedule": (
        scheduled({"scheduleExpression": "rate(1hours)", "madeLater": 1}),
        "triggerConfig.triggerProperties.Scheduled.madeLater",
        "is not known to this version",
    ),
    "a trigger": (
        {"triggerConfig": {"triggerType": "Hourly"}},
        "triggerConfig.triggerType",
        "'Hourly' is not known to this version",
    ),
    "a trigger's properties": (
        {"triggerConfig": {"triggerType": "OnDemand", "triggerProperties": {"MadeLater": {"by": "AWS"}}}},
        "triggerConfig.triggerProperties.MadeLater",
        "is not known to this version",
    ),
    "a schedule without any": (
        {"triggerConfig": {"triggerType": "Scheduled"}},
        "trigger.expression",
        "Schedule needs it",
    ),
    "a cron expression": (scheduled({"scheduleExpression": "cron(0 0 LW * ? *)"}), "trigger.expression", "LW"),
    "a rate": (scheduled({"scheduleExpression": "rate(1weeks)"}), "trigger.expression", "is no schedule"),
    "a way to pull": (
        {"sourceFlowConfig": {**FLOW["sourceFlowConfig"], "incrementalPullConfig": {"madeLater": "a"}}},
        "sourceFlowConfig.incrementalPullConfig.madeLater",
        "is not known to this version",
    ),
    "a member of the catalogue": (
        {"metadataCatalogConfig": {"glueDataCatalog": {**WITH_CATALOG, "madeLater": "1"}}},
        "metadataCatalogConfig.glueDataCatalog.madeLater",
        "is not known to this version",
    ),
    "another catalogue": (
        {"metadataCatalogConfig": {"madeLater": {"by": "AWS"}}},
        "metadataCatalogConfig.madeLater",
        "is not known to this version",
    ),
    "a member of the source": (
        {"sourceFlowConfig": {**FLOW["sourceFlowConfig"], "madeLater": 1}},
        "sourceFlowConfig.madeLater",
        "is not known to this version",
    ),
    "a member of the destination": (
        {"destinationFlowConfigList": destination("S3", {"bucketName": "landing"}, madeLater=1)},
        "destinationFlowConfigList[0].madeLater",
        "is not known to this version",
    ),
    "a type of task": ({"tasks": [projection("Id"), MAP, task("Dedupe", ["Id"])]}, "tasks[2].task_type", "'Dedupe'"),
    "a member of a task": ({"tasks": [projection("Id"), {**MAP, "madeLater": 1}]}, "tasks[1].madeLater", "not known"),
    "a filter of nothing": (
        {"tasks": [projection("Id"), task("Filter", ["Id"], "EQUAL_TO", VALUE=""), MAP]},
        "tasks[1].properties[VALUE]",
        "has 0 characters",
    ),
}


@pytest.mark.parametrize("what", STRANGE)
def test_what_no_spec_can_say_is_refused_with_its_place(what: str) -> None:
    changes, argument, piece = STRANGE[what]
    with pytest.raises(SpecError, match=piece) as refused:
        FlowSpec.from_describe({**FLOW, **changes})
    assert refused.value.argument == argument
    assert "give the operators the plain members of the request" in refused.value.message


def test_a_flow_of_two_destinations_is_refused() -> None:
    found = {**FLOW, "destinationFlowConfigList": FLOW["destinationFlowConfigList"] * 2}
    spec = FlowSpec.from_describe(FLOW)
    for verb in (FlowSpec.from_describe, spec.differences, spec.update_request):
        with pytest.raises(SpecError, match="destinationFlowConfigList: has 2 destinations, a spec has one"):
            verb(found)
