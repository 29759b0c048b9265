"""Reads the files below a prefix of a bucket: CSV with a header row or JSON Lines (AppFlow user guide, "Amazon S3").

Inferred: an incremental run takes the files whose LastModified is in its range.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from airflow_provider_appflow_isv.local.appflow.destinations.formats import decode
from airflow_provider_appflow_isv.local.appflow.runs.filters import matcher
from airflow_provider_appflow_isv.local.appflow.runs.job import Job, SourcePage
from airflow_provider_appflow_isv.local.appflow.runs.outcome import RunFailedError

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.appflow.runs.tasks import TaskPlan

_MAX_MEGABYTES = 125  # of each file, AppFlow user guide, "Amazon S3"


def read_s3(job: Job, task_plan: TaskPlan) -> Iterator[SourcePage]:
    """Yield one page for each file, with the records that the filters keep and the size of the whole file.

    :param job: the run.
    :param task_plan: its filters; every field of a file is read.
    :raises RunFailedError: for a file that is too large or not of its type, and for tasks on fields of no file.
    """
    location = job.source
    file_type = location.get("s3InputFormatConfig", {}).get("s3InputFileType", "CSV")
    keeps = matcher(task_plan.filters)
    every_field: dict[str, None] = {}

    def is_in_range(modified: float) -> bool:
        return job.window is None or job.window.after <= settings.time_of(modified) < job.window.until

    for content in job.buckets.read(location["bucketName"], location.get("bucketPrefix", ""), is_in_range):
        if len(content) > _MAX_MEGABYTES * 1024 * 1024:
            raise RunFailedError(
                f"A source file in s3://{location['bucketName']}/{location.get('bucketPrefix', '')} has {len(content)} "
                f"bytes. AppFlow reads files of up to {_MAX_MEGABYTES} MB: split it into several."
            )
        records = decode(content, file_type)
        fields = list(dict.fromkeys(name for record in records for name in record))
        every_field |= dict.fromkeys(fields)
        yield SourcePage(fields, list(filter(keeps, records)), len(content))
    if every_field:
        task_plan.check_fields(every_field, declared=file_type == "CSV")  # by its header; JSON leaves out what is null
