"""Writes a run's records to a bucket."""

from __future__ import annotations

from collections.abc import Sequence

from airflow_provider_appflow_isv.local.appflow.runs.job import Job, Page
from airflow_provider_appflow_isv.local.appflow.runs.outcome import Counts, RunCanceledError

from .formats import encode
from .key_layout import KeyLayout


def write_s3(job: Job, pages: Sequence[Page], counts: Counts) -> None:
    """Write one object, or one for each page with aggregationType None; nothing if there are no records.

    targetFileSize is a wish that AppFlow itself only attempts to meet; here it changes nothing.

    :param job: the run.
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
    per_page = output.get("aggregationConfig", {}).get("aggregationType") == "None"
    filled = [page for page in pages if page.records]
    files = filled if per_page else joined(filled)
    for part, file in enumerate(files, start=1):
        content = encode(
            file.records,
            file.columns,
            output.get("fileType", "JSON"),
            typed=output.get("preserveSourceDataTyping", False),
        )
        if job.is_canceled():
            raise RunCanceledError
        job.buckets.put(job.destination["bucketName"], layout.key(part), content)
        counts.bytes_written += len(content)


def joined(pages: Sequence[Page]) -> list[Page]:
    """Return all pages as one, with the columns of all; none if there are none."""
    if not pages:
        return []
    columns = list(dict.fromkeys(column for page in pages for column in page.columns))
    return [Page(columns, [record for page in pages for record in page.records])]
