"""Records that a destination refuses: counted, kept in the error bucket, or the end of the run.

Facts: AppFlow API reference, ErrorHandlingConfig: failOnFirstDestinationError decides whether the first refusal ends
the run; bucketName and bucketPrefix say where refused records go. Inferred: the object's key and form, and that a run
that goes on past refusals ends Successful, with putFailuresCount.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_appflow_isv.local.appflow.runs.outcome import Counts, RunFailedError
from airflow_provider_appflow_isv.local.appflow.values import to_json

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.appflow.runs.job import Job, Record


class Refusals:
    """The refused records of one run.

    :param job: the run.
    :param counts: gets the number of refusals and the first one's text.
    """

    def __init__(self, job: Job, counts: Counts) -> None:
        self._job = job
        self._counts = counts
        self._config = job.destination.get("errorHandlingConfig", {})
        self._lines: list[str] = []

    @property
    def ends_the_run(self) -> bool:
        """True if the first refusal does."""
        return bool(self._config.get("failOnFirstDestinationError", False))

    def add(self, record: Record, reason: str) -> None:
        """Take note of a refused record.

        :param record: the record as it was written.
        :param reason: the destination's words.
        :raises RunFailedError: if the first refusal ends the run.
        """
        self._counts.put_failures += 1
        self._counts.failure_message = self._counts.failure_message or reason
        self._lines.append(to_json({"record": record, "error": reason}))
        if self.ends_the_run:
            self.keep()
            raise RunFailedError(reason)

    def keep(self) -> None:
        """Write what was refused to the error bucket, if there are both.

        :raises BucketError: if AppFlow may not write there.
        """
        if not self._lines or "bucketName" not in self._config:
            return
        prefix = self._config.get("bucketPrefix", "").strip("/")
        key = "/".join(filter(None, [prefix, self._job.flow_name, self._job.execution_id, "errors"]))
        self._job.buckets.put(self._config["bucketName"], key, "".join(f"{line}\n" for line in self._lines).encode())
