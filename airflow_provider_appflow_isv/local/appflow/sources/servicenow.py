"""Reads the records of a ServiceNow table.

Stated publicly: 100,000 records a run, ``sys_updated_on`` for incremental flows (AppFlow user guide, "ServiceNow").
Inferred: a run that meets more records fails; so does one that names a field that the table has not, a condition on
which ServiceNow would leave out without a word.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import TYPE_CHECKING

from airflow_provider_appflow_isv.local.appflow.connections.servicenow import ServiceNowConnection
from airflow_provider_appflow_isv.local.appflow.runs.job import Job, PullWindow, SourcePage
from airflow_provider_appflow_isv.local.appflow.runs.outcome import RunFailedError

from .servicenow_query import query

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.appflow.runs.tasks import TaskPlan

MAX_RECORDS = 100_000
_TIMESTAMP = "sys_updated_on"


def read_servicenow(job: Job, task_plan: TaskPlan) -> Iterator[SourcePage]:
    """Yield the pages of the run's query.

    :param job: the run.
    :param task_plan: its fields and filters.
    :raises RunFailedError: for a field that the table has not, a filter that ServiceNow has no words for, and more
        records than AppFlow takes.
    """
    instance, table = job.source_connection(), job.source["object"]
    assert isinstance(instance, ServiceNowConnection)  # the flow's profile was checked to be of its source's type
    columns = instance.column_types(table)
    task_plan.check_fields(columns)
    fields, window = task_plan.source_fields(columns), _window(job)
    used = {*fields, *(each.field for each in task_plan.filters), *([window.field] if window else [])}
    unknown = sorted(used - set(columns))
    if unknown:
        raise RunFailedError(
            f"The ServiceNow table {table} has no field {', '.join(unknown)}: use those that DescribeConnectorEntity "
            "lists."
        )
    read = 0
    for records in instance.records(table, fields, query(task_plan.filters, window)):
        read += len(records)
        if read > MAX_RECORDS:
            raise RunFailedError(
                f"The ServiceNow table {table} has more than {MAX_RECORDS} records for this run, which is the quota: "
                "add filters, or use an incremental flow."
            )
        yield SourcePage.of(fields, records, columns)


def _window(job: Job) -> PullWindow | None:
    """Return the range of an incremental run, by the field that the flow names, or else ServiceNow's own."""
    if job.window is None:
        return None
    config = job.definition["sourceFlowConfig"].get("incrementalPullConfig", {})
    return dataclasses.replace(job.window, field=config.get("datetimeTypeFieldName", _TIMESTAMP))
