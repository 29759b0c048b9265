"""Records that a destination refuses: counted, kept in the error bucket, or the end of the run.

Facts: AppFlow API reference, ErrorHandlingConfig: failOnFirstDestinationError decides whether the first refusal ends
the run; bucketName and bucketPrefix say where refused records go. Inferred: the object's key and form, that a run that
goes on past refusals ends Successful, with putFailuresCount, and that one which a refusal ends has written what else
was in the same request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_appflow_isv.local.appflow.buckets import BucketError
from airflow_provider_appflow_isv.local.appflow.runs.outcome import Counts, RunFailedError
from airflow_provider_appflow_isv.local.appflow.values import to_json

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from airflow_provider_appflow_isv.local.appflow.runs.job import Job, Record


class Refusals:
    """The refused records of one run; on leaving the context, however that comes, they are in the error bucket.

    :param job: the run.
    :param counts: gets the number of refusals and the first one's text.
    """

    def __init__(self, job: Job, counts: Counts) -> None:
        self._job = job
        self._counts = counts
        self._config = job.destination.get("errorHandlingConfig", {})
        self._lines: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        """Write what was refused to the error bucket, if there are both.

        :raises BucketError: if AppFlow may not write there, unless the run ends for another reason already.
        """
        try:
            self._keep()
        except BucketError:
            if error is None:
                raise

    def add(self, record: Record, reason: str) -> None:
        """Take note of a refused record.

        :param record: the record as it was written.
        :param reason: the destination's words.
        """
        self._counts.put_failures += 1
        self._counts.failure_message = self._counts.failure_message or reason
        self._lines.append(to_json({"record": record, "error": reason}))

    def settle(self) -> None:
        """Go on behind a request whose records are all accounted for.

        :raises RunFailedError: if there was a refusal and the first one ends the run.
        """
        if self._lines and self._config.get("failOnFirstDestinationError", False):
            raise RunFailedError(self._counts.failure_message)

    def _keep(self) -> None:
        if not self._lines or "bucketName" not in self._config:
            return
        prefix = self._config.get("bucketPrefix", "").strip("/")
        key = "/".join(filter(None, [prefix, self._job.flow_name, self._job.execution_id, "errors"]))
        self._job.buckets.put(self._config["bucketName"], key, "".join(f"{line}\n" for line in self._lines).encode())
