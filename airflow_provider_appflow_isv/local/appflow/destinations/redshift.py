"""Loads records into a Redshift table: staged as a file in the intermediate bucket, then copied; insert only.

Facts: AppFlow user guide, "Amazon Redshift". Inferred: the staged file is CSV and stays where it is; without
errorHandlingConfig.failOnFirstDestinationError the records that cannot be loaded are left out, one by one, and each is
told by its row in that file, the header not counted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv.local.appflow.connections.redshift import RedshiftConnection
from airflow_provider_appflow_isv.local.appflow.runs.outcome import Counts, RunCanceledError, RunFailedError
from airflow_provider_appflow_isv.local.redshift.warehouse import LoadError, Warehouse, WarehouseError, table_name

from .formats import encode
from .key_layout import KeyLayout
from .refusals import Refusals
from .s3 import joined

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.appflow.runs.job import Job, Page
    from airflow_provider_appflow_isv.local.appflow.runs.tasks import TaskPlan


def write_redshift(job: Job, _task_plan: TaskPlan, pages: Sequence[Page], counts: Counts) -> None:
    """Load a run's records.

    :param job: the run.
    :param pages: the records.
    :param counts: gets the bytes staged and the refusals.
    :raises RunFailedError: if the table or a column of it does not exist.
    """
    connection = job.destination_connection()
    assert isinstance(connection, RedshiftConnection)  # the profile was checked to be of the destination's type
    for page in joined([page for page in pages if page.records]):
        staged = encode(page.records, page.columns, "CSV")
        prefix = job.destination.get("bucketPrefix", "")
        key = KeyLayout(prefix, job.flow_name, job.execution_id, job.schema_version, job.started_at, {}).key()
        bucket = job.destination["intermediateBucketName"]
        job.buckets.put(bucket, key, staged)
        counts.bytes_written += len(staged)
        with Refusals(job, counts) as refusals:
            try:
                copy = _Copy(connection.warehouse(), job.destination["object"], page, f"s3://{bucket}/{key}")
                _load(copy, refusals, job.is_canceled)
            except WarehouseError as error:
                raise RunFailedError(str(error)) from None


class _Copy:
    """Copies records of one page into one table."""

    def __init__(self, warehouse: Warehouse, object_name: str, page: Page, file: str) -> None:
        self._warehouse = warehouse
        self._schema, self._table = table_name(object_name)
        self._columns = page.columns
        self._file = file
        self.records = page.records

    def load(self, start: int, end: int) -> None:
        """Copy the records from one place up to another."""
        rows: list[list[Any]] = [[record.get(name) for name in self._columns] for record in self.records[start:end]]
        self._warehouse.load(self._schema, self._table, self._columns, rows, filename=self._file, first_row=start + 1)


def _load(copy: _Copy, refusals: Refusals, is_canceled: Callable[[], bool]) -> None:
    """Copy all records at once; where one is refused and the flow goes on past that, those before and after it."""
    start, end = 0, len(copy.records)
    while start < end:
        if is_canceled():
            raise RunCanceledError
        try:
            copy.load(start, end)
        except LoadError as error:
            place = error.row - 1
            refusals.add(copy.records[place], str(error))
            refusals.settle()
            copy.load(start, place)
            start = place + 1
        else:
            return
