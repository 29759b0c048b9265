"""The work of one flow run: read the source, apply the tasks, write the destination."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from .buckets import BucketError, FlowBuckets
from .formats import decode, encode, to_json
from .key_layout import KeyLayout
from .outcome import Counts, RunCanceledError, RunFailedError
from .salesforce import SalesforceError, SalesforceOrg
from .service_model import member_of
from .soql import PullWindow, query
from .tasks import Record, TaskPlan, plan


@dataclass(frozen=True)
class Job:
    """One run, with the flow as it was when the run started.

    :param buckets: the flow's way to S3.
    :param org: called once, in the run, for the Salesforce org with the profile's current credentials.
    :param window: range of an incremental run, None for everything.
    :param is_canceled: asked between pages.
    """

    flow_name: str
    definition: dict[str, Any]
    schema_version: int
    execution_id: str
    started_at: float
    buckets: FlowBuckets
    org: Callable[[], SalesforceOrg]
    window: PullWindow | None
    is_canceled: Callable[[], bool]


@dataclass
class _Page:
    columns: list[str]
    records: list[Record]


def transfer(job: Job, counts: Counts) -> None:
    """Move the data of one run.

    :param job: the run.
    :param counts: filled as the run goes on, so that it tells also what a failed run has done.
    :raises RunFailedError: if the run ends in Error; the text says why.
    :raises RunCanceledError: if it was cancelled on the way.
    """
    source, destination = job.definition["sourceFlowConfig"], job.definition["destinationFlowConfigList"][0]
    reader = _READERS.get(source["connectorType"])
    if reader is None:
        raise RunFailedError(f"The local stack cannot read from {source['connectorType']} yet, only Salesforce and S3.")
    if destination["connectorType"] != "S3":
        raise RunFailedError(f"The local stack cannot write to {destination['connectorType']} yet, only S3.")
    task_plan = plan(job.definition["tasks"], member_of(source["connectorType"]))
    try:
        pages = list(_until_canceled(job, reader(job, task_plan, source["sourceConnectorProperties"], counts)))
        _write(job, pages, destination["destinationConnectorProperties"]["S3"], counts)
    except (SalesforceError, BucketError) as error:
        raise RunFailedError(str(error)) from None


def _until_canceled(job: Job, pages: Iterator[_Page]) -> Iterator[_Page]:
    for page in pages:
        if job.is_canceled():
            raise RunCanceledError
        yield page


def _read_salesforce(job: Job, task_plan: TaskPlan, properties: dict[str, Any], counts: Counts) -> Iterator[_Page]:
    source = properties["Salesforce"]
    if source.get("includeDeletedRecords"):
        raise RunFailedError("The local stack cannot read deleted records yet: leave includeDeletedRecords out.")
    org = job.org()
    every_field = [f["name"] for f in org.fields(source["object"])] if task_plan.maps_all else []
    fields = task_plan.source_fields(every_field)
    soql = query(source["object"], fields, task_plan.filters, job.window)
    for records in org.query(soql):
        counts.records_processed += len(records)
        counts.bytes_processed += sum(len(to_json(record).encode()) for record in records)
        yield _Page(task_plan.columns(fields), [task_plan.apply(record) for record in records])


def _read_s3(job: Job, task_plan: TaskPlan, properties: dict[str, Any], counts: Counts) -> Iterator[_Page]:
    if task_plan.filters:
        raise RunFailedError("The local stack cannot filter records of S3 yet.")
    source = properties["S3"]
    file_type = source.get("s3InputFormatConfig", {}).get("s3InputFileType", "CSV")
    for content in job.buckets.read(source["bucketName"], source.get("bucketPrefix", "")):
        records = decode(content, file_type)
        counts.records_processed += len(records)
        counts.bytes_processed += len(content)
        present = dict.fromkeys(name for record in records for name in record)
        yield _Page(task_plan.columns(present), [task_plan.apply(record) for record in records])


_READERS: dict[str, Callable[[Job, TaskPlan, dict[str, Any], Counts], Iterator[_Page]]] = {
    "Salesforce": _read_salesforce,
    "S3": _read_s3,
}


def _write(job: Job, pages: list[_Page], properties: dict[str, Any], counts: Counts) -> None:
    """Write one object, or one for each page with aggregationType None; nothing if there are no records.

    targetFileSize is a wish that AppFlow itself only attempts to meet; here it changes nothing.
    """
    output = properties.get("s3OutputFormatConfig", {})
    layout = KeyLayout(
        properties.get("bucketPrefix", ""),
        job.flow_name,
        job.execution_id,
        job.schema_version,
        job.started_at,
        output.get("prefixConfig", {}),
    )
    per_page = output.get("aggregationConfig", {}).get("aggregationType") == "None"
    filled = [page for page in pages if page.records]
    files = filled if per_page else _joined(filled)
    for part, file in enumerate(files, start=1):
        content = encode(
            file.records,
            file.columns,
            output.get("fileType", "JSON"),
            typed=output.get("preserveSourceDataTyping", False),
        )
        if job.is_canceled():
            raise RunCanceledError
        job.buckets.put(properties["bucketName"], layout.key(part), content)
        counts.bytes_written += len(content)


def _joined(pages: list[_Page]) -> list[_Page]:
    if not pages:
        return []
    columns = list(dict.fromkeys(column for page in pages for column in page.columns))
    return [_Page(columns, [record for page in pages for record in page.records])]
