"""Writes a run's records to a bucket.

Facts: AppFlow user guide, "Partitioning and aggregating data output": one folder for each value of a partition field,
nested in the order of the fields, null as ``null``; with aggregationType None a file for each page of the source, with
SingleFile one for each partition, or several of about targetFileSize. Inferred: without aggregationConfig it is one
file for each partition, too; SingleFile is for Parquet as well, which the user guide, speaking of the console, rules
out; a file's size is counted as JSON Lines, in bytes; slashes and control characters in folder names are
percent-encoded; a partition field stays in the records as well, and a run without records writes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING
from urllib.parse import quote

from airflow_provider_appflow_isv.local.appflow.runs.job import Job, Page, Record
from airflow_provider_appflow_isv.local.appflow.runs.outcome import Counts, RunCanceledError
from airflow_provider_appflow_isv.local.appflow.values import text_of, to_json

from .formats import encode
from .key_layout import KeyLayout
from .parquet import schema_of

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.appflow.runs.tasks import TaskPlan

_MEGABYTE = 1024 * 1024
_NOT_IN_FOLDERS = re.compile("[/\x00-\x1f\x7f-\x9f\ud800-\udfff]")  # a slash would begin another folder


def write_s3(job: Job, task_plan: TaskPlan, pages: Sequence[Page], counts: Counts) -> None:
    """Write the objects of a run.

    :param job: the run.
    :param task_plan: its partition keys.
    :param pages: the records.
    :param counts: gets the bytes written.
    """
    output = job.destination.get("s3OutputFormatConfig", {})
    layout = KeyLayout(
        job.destination.get("bucketPrefix", ""),
        job.flow_name,
        job.execution_id,
        job.schema_version,
        job.started_at,
        output.get("prefixConfig", {}),
    )
    aggregation = output.get("aggregationConfig", {})
    filled = [page for page in pages if page.records]
    schema = schema_of(filled) if output.get("preserveSourceDataTyping", False) else None
    sources = filled if aggregation.get("aggregationType") == "None" else joined(filled)
    written: dict[tuple[str, ...], int] = {}
    for source in sources:
        for folders, partition in _partitions(source, task_plan.partition_keys):
            for file in _of_size(partition, aggregation.get("targetFileSize")):
                content = encode(file.records, file.columns, output.get("fileType", "JSON"), schema)
                if job.is_canceled():
                    raise RunCanceledError
                written[folders] = written.get(folders, 0) + 1
                job.buckets.put(job.destination["bucketName"], layout.key(written[folders], folders), content)
                counts.bytes_written += len(content)


def joined(pages: Sequence[Page]) -> list[Page]:
    """Return all pages as one, with the columns of all; none if there are none."""
    if not pages:
        return []
    columns = list(dict.fromkeys(column for page in pages for column in page.columns))
    return [Page(columns, [record for page in pages for record in page.records])]


def _partitions(page: Page, keys: Sequence[str]) -> Iterator[tuple[tuple[str, ...], Page]]:
    """Split a page by the values of its partition fields, into folders such as ``Industry=Energy``."""
    groups: dict[tuple[str, ...], list[Record]] = {}
    for record in page.records:
        groups.setdefault(tuple(_folder(key, record.get(key)) for key in keys), []).append(record)
    for folders, records in groups.items():
        yield folders, Page(page.columns, records)


def _folder(field: str, value: object) -> str:
    text = text_of(value)
    name = f"{field}={'null' if text is None else text}"
    return _NOT_IN_FOLDERS.sub(lambda found: quote(found[0], safe="", errors="surrogatepass"), name)


def _of_size(page: Page, megabytes: int | None) -> Iterator[Page]:
    """Split a page into parts of about a size, in bytes as JSON Lines; not at all without one."""
    if not megabytes:
        yield page
        return
    part: list[Record] = []
    size = 0
    for record in page.records:
        part.append(record)
        size += len(to_json(record).encode()) + 1
        if size >= megabytes * _MEGABYTE:
            yield Page(page.columns, part)
            part, size = [], 0
    if part:
        yield Page(page.columns, part)
