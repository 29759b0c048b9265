"""Whatever CreateFlow accepts, a run either carries out or says why not."""

from __future__ import annotations

import contextlib
from typing import Any

from botocore.model import StringShape
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_appflow_isv.local.appflow.flows.task_rules import task_problems
from airflow_provider_appflow_isv.local.appflow.runs.filters import matcher
from airflow_provider_appflow_isv.local.appflow.runs.outcome import RunFailedError
from airflow_provider_appflow_isv.local.appflow.runs.tasks import plan
from airflow_provider_appflow_isv.local.appflow.sources.soql import query
from airflow_provider_appflow_isv.local.appflow.wire.service_model import service_model


def enum(shape_name: str) -> list[str]:
    shape = service_model().shape_for(shape_name)
    assert isinstance(shape, StringShape)
    return list(shape.enum)


FIELDS = st.sampled_from(["A", "B", "C", "A,B"])
LIKELY = ["*", "5", "1,2", "A,B", "B,A", "${A}-${B}", '["A"]', "[]", "DropRecord", "DropDataset", "int", "date", "true"]
TASKS = st.fixed_dictionaries(
    {"taskType": st.sampled_from(enum("TaskType")), "sourceFields": st.lists(FIELDS, max_size=3)},
    optional={
        "connectorOperator": st.fixed_dictionaries(
            {"Salesforce": st.sampled_from(enum("SalesforceConnectorOperator"))}
        ),
        "destinationField": FIELDS | st.just(""),
        "taskProperties": st.dictionaries(
            st.sampled_from(enum("OperatorPropertiesKeys")),
            st.sampled_from(LIKELY) | st.text(min_size=1, max_size=12),
            max_size=5,
        ),
    },
)
VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.dictionaries(FIELDS, st.integers())
RECORDS = st.dictionaries(FIELDS, VALUES)


def test_every_task_type_has_its_place() -> None:
    one_each = [
        {"taskType": kind, "sourceFields": ["A"], "connectorOperator": {"Salesforce": "NO_OP"}}
        for kind in enum("TaskType")
    ]
    named = {problem.split(" of type ")[1].split(":")[0] for problem in task_problems(one_each, "S3")}
    assert named == set(enum("TaskType")) - {"Map", "Map_all", "Passthrough"}


@settings(max_examples=500)
@given(st.lists(TASKS, max_size=4), RECORDS)
def test_accepted_tasks_are_carried_out_or_fail_the_run(tasks: list[dict[str, Any]], record: dict[str, Any]) -> None:
    good = [
        task for task in tasks if not task_problems([{"taskType": "Map_all", "sourceFields": []}, task], "Salesforce")
    ]
    with contextlib.suppress(RunFailedError):
        found = plan([{"taskType": "Map_all", "sourceFields": []}, *good], "Salesforce")
        matcher(found.filters)(record)
        found.apply(record)
        query("Account", ["Id"], found.filters)
