"""Reads the records of a Salesforce object, or the changes that set off a run of an event flow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from airflow_provider_appflow_isv.local.appflow.connections.salesforce import SalesforceConnection
from airflow_provider_appflow_isv.local.appflow.runs.filters import matcher
from airflow_provider_appflow_isv.local.appflow.runs.job import Job, SourcePage

from .soql import query

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.appflow.runs.tasks import TaskPlan


def read_salesforce(job: Job, task_plan: TaskPlan) -> Iterator[SourcePage]:
    """Yield the pages of the run's query, or one page of the run's events.

    :param job: the run.
    :param task_plan: its fields and filters.
    :raises RunFailedError: for a field that the object has not, or spells in another case: the org would take it, but
        answer by its own spelling.
    """
    org, source = job.source_connection(), job.source
    assert isinstance(org, SalesforceConnection)  # the flow's profile was checked to be of its source's type
    types = {field["name"]: field["type"] for field in org.describe(source["object"])}
    task_plan.check_fields(types)
    if job.events is not None:
        every_field = list(dict.fromkeys(name for event in job.events for name in event))
        kept = list(filter(matcher(task_plan.filters), job.events))
        yield SourcePage.of(task_plan.source_fields(every_field), kept, types)
        return
    fields = task_plan.source_fields(types)
    soql = query(source["object"], fields, task_plan.filters, job.window)
    for records in org.query(soql, deleted=source.get("includeDeletedRecords", False)):
        yield SourcePage.of(fields, records, types)
