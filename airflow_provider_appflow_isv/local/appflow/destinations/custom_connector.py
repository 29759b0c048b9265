"""Writes records to an entity of a custom connector.

Facts: AppFlow API reference, CustomConnectorDestinationProperties (INSERT is the default).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from airflow_provider_appflow_isv.local.appflow.connections.custom import GuardedConnection
from airflow_provider_appflow_isv.local.appflow.runs.outcome import Counts, RunCanceledError
from airflow_provider_appflow_isv.local.appflow.values import to_json

from .refusals import Refusals

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.appflow.runs.job import Job, Page
    from airflow_provider_appflow_isv.local.appflow.runs.tasks import TaskPlan


def write_custom_connector(job: Job, _task_plan: TaskPlan, pages: Sequence[Page], counts: Counts) -> None:
    """Write a run's records, one request for each page.

    :param job: the run.
    :param pages: the records.
    :param counts: gets the bytes written and the refusals.
    """
    vendor, destination = job.destination_connection(), job.destination
    assert isinstance(vendor, GuardedConnection)  # the flow's profile was checked to be of its destination's type
    operation, id_fields = destination.get("writeOperationType", "INSERT"), destination.get("idFieldNames", [])
    with Refusals(job, counts) as refusals:
        for page in pages:
            if job.is_canceled():
                raise RunCanceledError
            if not page.records:
                continue
            reasons = vendor.write(destination["entityName"], operation, id_fields, page.records)
            for record, reason in zip(page.records, reasons, strict=True):
                if reason is None:
                    counts.bytes_written += len(to_json(record).encode())
                else:
                    refusals.add(record, reason)
            refusals.settle()
