"""Loads records into a Redshift table: staged as a file in the intermediate bucket, then copied; insert only.

Facts: AppFlow user guide, "Amazon Redshift". Inferred: the staged file is CSV and stays where it is; without
errorHandlingConfig.failOnFirstDestinationError the records that cannot be loaded are left out, one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv.local.appflow.connections.redshift import RedshiftConnection
from airflow_provider_appflow_isv.local.appflow.runs.outcome import Counts, RunFailedError
from airflow_provider_appflow_isv.local.redshift.warehouse import LoadError, Warehouse, WarehouseError, table_name

from .formats import encode
from .key_layout import KeyLayout
from .refusals import Refusals
from .s3 import joined

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.appflow.runs.job import Job, Page, Record
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
    refusals = Refusals(job, counts)
    for page in joined([page for page in pages if page.records]):
        staged = encode(page.records, page.columns, "CSV")
        prefix = job.destination.get("bucketPrefix", "")
        key = KeyLayout(prefix, job.flow_name, job.execution_id, job.schema_version, job.started_at, {}).key()
        bucket = job.destination["intermediateBucketName"]
        job.buckets.put(bucket, key, staged)
        counts.bytes_written += len(staged)
        try:
            _load(_Copy(connection.warehouse(), job.destination["object"], page, f"s3://{bucket}/{key}"), refusals)
        except WarehouseError as error:
            raise RunFailedError(str(error)) from None
    refusals.keep()


class _Copy:
    """Copies records of one page into one table."""

    def __init__(self, warehouse: Warehouse, object_name: str, page: Page, file: str) -> None:
        self._warehouse = warehouse
        self._schema, self._table = table_name(object_name)
        self._columns = page.columns
        self._file = file
        self.records = page.records

    def load(self, records: Sequence[Record]) -> None:
        rows: list[list[Any]] = [[record.get(column) for column in self._columns] for record in records]
        self._warehouse.load(self._schema, self._table, self._columns, rows, filename=self._file)


def _load(copy: _Copy, refusals: Refusals) -> None:
    """Copy all records at once; where one is refused and the flow goes on past that, those before and after it."""
    remaining: Sequence[Record] = copy.records
    while remaining:
        try:
            copy.load(remaining)
        except LoadError as error:
            place = error.row - 1
            refusals.add(remaining[place], str(error))
            copy.load(remaining[:place])
            remaining = remaining[place + 1 :]
        else:
            return
