"""Reads the files below a prefix of a bucket."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from airflow_provider_appflow_isv.local.appflow.destinations.formats import decode
from airflow_provider_appflow_isv.local.appflow.runs.job import Job, SourcePage
from airflow_provider_appflow_isv.local.appflow.runs.outcome import RunFailedError

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.appflow.runs.tasks import TaskPlan


def read_s3(job: Job, task_plan: TaskPlan) -> Iterator[SourcePage]:
    """Yield one page for each file.

    :param job: the run.
    :param task_plan: its fields and filters.
    """
    if task_plan.filters:
        raise RunFailedError("The local stack cannot filter records of S3 yet.")
    file_type = job.source.get("s3InputFormatConfig", {}).get("s3InputFileType", "CSV")
    for content in job.buckets.read(job.source["bucketName"], job.source.get("bucketPrefix", "")):
        records = decode(content, file_type)
        yield SourcePage(list(dict.fromkeys(name for record in records for name in record)), records, len(content))
