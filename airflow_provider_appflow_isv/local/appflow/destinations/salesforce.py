"""Writes records to Salesforce: insert, update, upsert and delete (Salesforce REST API guide, "sObject Collections").

Facts: AppFlow user guide, "Salesforce", and API reference, SalesforceDestinationProperties: INSERT is the default;
UPDATE finds records by their Salesforce id; UPSERT by the field that idFieldNames names; DELETE takes the ids and looks
at no other column. Inferred: a record whose id cannot be one is refused before the request; empty text, which is all
that CSV has for nothing, is null; a field called ``attributes``, where a request names the object, is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from airflow_provider_appflow_isv.local.appflow.connections.salesforce import API, SalesforceConnection
from airflow_provider_appflow_isv.local.appflow.runs.outcome import Counts, RunCanceledError, RunFailedError
from airflow_provider_appflow_isv.local.appflow.values import text_of, to_json

from .refusals import Refusals

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.appflow.runs.job import Job, Page, Record
    from airflow_provider_appflow_isv.local.appflow.runs.tasks import TaskPlan

_BATCH = 200  # the most records of one collections request
_COLLECTIONS = f"{API}/composite/sobjects"
_BY_ID = ("UPDATE", "DELETE")
_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")


def write_salesforce(job: Job, _task_plan: TaskPlan, pages: Sequence[Page], counts: Counts) -> None:
    """Write a run's records.

    :param job: the run.
    :param pages: the records.
    :param counts: gets the bytes written and the refusals.
    :raises RunFailedError: if an operation by id has no ids.
    """
    org = job.destination_connection()
    assert isinstance(org, SalesforceConnection)  # the flow's profile was checked to be of its destination's type
    operation = job.destination.get("writeOperationType", "INSERT")
    if operation in _BY_ID:
        _check_columns(pages)
    with Refusals(job, counts) as refusals:
        for batch in _batches(pages):
            if job.is_canceled():
                raise RunCanceledError
            sent = [record for record in batch if _is_sent(record, refusals)] if operation in _BY_ID else batch
            results = _write(org, operation, job.destination, sent) if sent else []
            for record, result in zip(sent, results, strict=True):
                if result["success"]:
                    counts.bytes_written += len(to_json(record).encode())
                else:
                    refusals.add(record, _reason(result))
            refusals.settle()


def _batches(pages: Sequence[Page]) -> Iterator[list[Record]]:
    records = [record for page in pages for record in page.records]
    for start in range(0, len(records), _BATCH):
        yield records[start : start + _BATCH]


def _check_columns(pages: Sequence[Page]) -> None:
    filled = [page for page in pages if page.records]
    if filled and not any(_is_id(column) for page in filled for column in page.columns):
        raise RunFailedError("The flow maps no field to Id, which says which records to change: add a Map task for it.")


def _is_id(column: str) -> bool:
    return column.lower() == "id"


def _id_of(record: Record) -> str:
    """Return a record's Salesforce id, whatever the case of its column; empty if it has none."""
    return text_of(next((value for column, value in record.items() if _is_id(column)), None)) or ""


def _is_sent(record: Record, refusals: Refusals) -> bool:
    """Say whether a record has what can be an id; refuse it if not."""
    record_id = _id_of(record)
    if _ID.fullmatch(record_id):
        return True
    refusals.add(record, f"MALFORMED_ID: Id has to be 15 or 18 letters and digits, not {record_id[:50]!r}")
    return False


def _write(
    org: SalesforceConnection, operation: str, destination: dict[str, Any], batch: list[Record]
) -> list[dict[str, Any]]:
    name = destination["object"]
    if operation == "DELETE":
        ids = ",".join(map(_id_of, batch))
        results: list[dict[str, Any]] = org.call("DELETE", _COLLECTIONS, params={"ids": ids, "allOrNone": "false"})
        return results
    body = {"allOrNone": False, "records": [_as_sent(record, name) for record in batch]}
    if operation == "UPSERT":
        path = f"{_COLLECTIONS}/{quote(name)}/{quote(destination['idFieldNames'][0])}"
        results = org.call("PATCH", path, body=body)
    else:
        results = org.call("PATCH" if operation == "UPDATE" else "POST", _COLLECTIONS, body=body)
    return results


def _as_sent(record: Record, object_name: str) -> Record:
    values = {name: None if value == "" else value for name, value in record.items()}
    return {**values, "attributes": {"type": object_name}}


def _reason(result: dict[str, Any]) -> str:
    return "; ".join(f"{error['statusCode']}: {error['message']}" for error in result["errors"])
