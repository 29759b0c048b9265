"""Reads the records of an entity of a custom connector. Inferred: what the flow did not ask for goes nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv.local.appflow.connections.custom import GuardedConnection
from airflow_provider_appflow_isv.local.appflow.connectors.custom_connectors import Query
from airflow_provider_appflow_isv.local.appflow.runs.filters import matcher
from airflow_provider_appflow_isv.local.appflow.runs.job import Job, SourcePage

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.appflow.runs.tasks import TaskPlan


def read_custom_connector(job: Job, task_plan: TaskPlan) -> Iterator[SourcePage]:
    """Yield the pages that the connector returns, without the records that the flow's filters refuse.

    :param job: the run.
    :param task_plan: its fields and filters.
    :raises RunFailedError: for tasks on fields that the entity has not.
    """
    vendor, source = job.source_connection(), job.source
    assert isinstance(vendor, GuardedConnection)  # the flow's profile was checked to be of its source's type
    entity = source["entityName"]
    types = {each["identifier"]: _type_of(each) for each in vendor.fields(entity)}
    task_plan.check_fields(types)
    fields = task_plan.source_fields(types)
    filtered = [each.field for each in task_plan.filters]
    query = Query(
        entity_name=entity,
        fields=list(dict.fromkeys([*fields, *filtered])),
        filters=task_plan.filters,
        window=job.window,
        custom_properties=source.get("customProperties", {}),
    )
    keeps = matcher(task_plan.filters)
    for records in vendor.read(query):
        kept = [{name: record[name] for name in fields if name in record} for record in records if keeps(record)]
        yield SourcePage.of(fields, kept, types)


def _type_of(field: dict[str, Any]) -> str:
    return str(field.get("supportedFieldTypeDetails", {}).get("v1", {}).get("fieldType", ""))
