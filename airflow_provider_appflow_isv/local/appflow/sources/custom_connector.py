"""Reads the records of an entity of a custom connector."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

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
    """
    vendor, source = job.source_connection(), job.source
    assert isinstance(vendor, GuardedConnection)  # the flow's profile was checked to be of its source's type
    entity = source["entityName"]
    every_field = [each["identifier"] for each in vendor.fields(entity)] if task_plan.maps_all else []
    fields = task_plan.source_fields(every_field)
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
        kept = list(filter(keeps, records))
        yield SourcePage.of(fields, kept)
