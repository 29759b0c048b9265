"""Writes records to Salesforce: insert, update, upsert and delete (Salesforce REST API guide, "sObject Collections").

Facts: AppFlow user guide, "Salesforce", and API reference, SalesforceDestinationProperties: INSERT is the default;
UPDATE finds records by their Salesforce id; UPSERT by the field that idFieldNames names; DELETE takes the ids and looks
at no other column.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from airflow_provider_appflow_isv.local.appflow.connections.salesforce import API, SalesforceConnection
from airflow_provider_appflow_isv.local.appflow.runs.outcome import Counts, RunCanceledError, RunFailedError
from airflow_provider_appflow_isv.local.appflow.values import to_json

from .refusals import Refusals

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.appflow.runs.job import Job, Page, Record
    from airflow_provider_appflow_isv.local.appflow.runs.tasks import TaskPlan

_BATCH = 200  # the most records of one collections request
_COLLECTIONS = f"{API}/composite/sobjects"
_ID = "Id"


def write_salesforce(job: Job, _task_plan: TaskPlan, pages: Sequence[Page], counts: Counts) -> None:
    """Write a run's records.

    :param job: the run.
    :param pages: the records.
    :param counts: gets the bytes written and the refusals.
    """
    org = job.destination_connection()
    assert isinstance(org, SalesforceConnection)  # the flow's profile was checked to be of its destination's type
    refusals = Refusals(job, counts)
    operation = job.destination.get("writeOperationType", "INSERT")
    for batch in _batches(pages):
        if job.is_canceled():
            refusals.keep()
            raise RunCanceledError
        results = _write(org, operation, job.destination, batch)
        for record, result in zip(batch, results, strict=True):
            if result["success"]:
                counts.bytes_written += len(to_json(record).encode())
            else:
                refusals.add(record, _reason(result))
    refusals.keep()


def _batches(pages: Sequence[Page]) -> Iterator[list[Record]]:
    records = [record for page in pages for record in page.records]
    for start in range(0, len(records), _BATCH):
        yield records[start : start + _BATCH]


def _write(
    org: SalesforceConnection, operation: str, destination: dict[str, Any], batch: list[Record]
) -> list[dict[str, Any]]:
    name = destination["object"]
    if operation == "DELETE":
        ids = ",".join(str(record[_id_column(batch)]) for record in batch)
        results: list[dict[str, Any]] = org.call("DELETE", _COLLECTIONS, params={"ids": ids, "allOrNone": "false"})
        return results
    body = {"allOrNone": False, "records": [{"attributes": {"type": name}, **record} for record in batch]}
    if operation == "UPSERT":
        path = f"{_COLLECTIONS}/{quote(name)}/{quote(destination['idFieldNames'][0])}"
        results = org.call("PATCH", path, body=body)
    else:
        if operation == "UPDATE":
            _id_column(batch)
        results = org.call("PATCH" if operation == "UPDATE" else "POST", _COLLECTIONS, body=body)
    return results


def _id_column(batch: list[Record]) -> str:
    """The column with the Salesforce id, whatever its case."""
    column = next((name for name in batch[0] if name.lower() == _ID.lower()), None)
    if column is None:
        raise RunFailedError("The flow maps no field to Id, which says which records to change: add a Map task for it.")
    return column


def _reason(result: dict[str, Any]) -> str:
    return "; ".join(f"{error['statusCode']}: {error['message']}" for error in result["errors"])
