"""The work of one flow run: read the source, apply the tasks, write the destination."""

from __future__ import annotations

from collections.abc import Iterator

from airflow_provider_appflow_isv.local.appflow.buckets import BucketError
from airflow_provider_appflow_isv.local.appflow.connections.base import VendorError
from airflow_provider_appflow_isv.local.appflow.connections.http import HttpConnection
from airflow_provider_appflow_isv.local.appflow.controls.faults import faults
from airflow_provider_appflow_isv.local.appflow.destinations import writer_of
from airflow_provider_appflow_isv.local.appflow.sources import reader_of
from airflow_provider_appflow_isv.local.appflow.wire.service_model import member_of

from .column_types import column_types
from .job import Job, Page, SourcePage
from .outcome import Counts, RunCanceledError, RunFailedError
from .tasks import TaskPlan, plan


def transfer(job: Job, counts: Counts) -> None:
    """Move the data of one run.

    :param job: the run.
    :param counts: filled as the run goes on, so that it tells also what a failed run has done.
    :raises RunFailedError: if the run ends in Error; the text says why.
    :raises RunCanceledError: if it was cancelled on the way.
    """
    read, write = reader_of(job.source_type), writer_of(job.destination_type)
    task_plan = plan(job.definition["tasks"], member_of(job.source_type))
    try:
        # All of it is read before anything is written: a run that fails in reading leaves nothing behind.
        pages = list(_pages(job, task_plan, read(job, task_plan), counts))
        write(job, task_plan, pages, counts)
    except (VendorError, BucketError) as error:
        raise RunFailedError(str(error)) from None


def _pages(job: Job, task_plan: TaskPlan, pages: Iterator[SourcePage], counts: Counts) -> Iterator[Page]:
    faults.between_pages(job.account_id, job.flow_name, 0, lambda: _revoke_token(job))
    for number, page in enumerate(pages, start=1):
        if job.is_canceled():
            raise RunCanceledError
        counts.records_processed += len(page.records)
        counts.bytes_processed += page.size
        kept = [record for record in map(task_plan.apply, page.records) if record is not None]
        counts.records_filtered += len(page.records) - len(kept)
        yield Page(task_plan.columns(page.fields), kept, column_types(task_plan, page.types))
        faults.between_pages(job.account_id, job.flow_name, number, lambda: _revoke_token(job))


def _revoke_token(job: Job) -> None:
    has_profile = "connectorProfileName" in job.definition["sourceFlowConfig"]
    connection = job.source_connection() if has_profile else None
    if not isinstance(connection, HttpConnection):
        raise RunFailedError(f"TokenRevoked cannot be injected here: {job.source_type} has no token to revoke.")
    connection.revoke_token()
