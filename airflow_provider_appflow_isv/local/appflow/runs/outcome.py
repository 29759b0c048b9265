"""How a flow run can end, besides well, and what it counts on the way."""

from __future__ import annotations

from dataclasses import dataclass


class RunFailedError(Exception):
    """Ends the run in Error; the text becomes the record's executionMessage."""


class RunCanceledError(Exception):
    """Ends the run in Canceled."""


@dataclass
class Counts:
    """What a run has moved, filled as it goes on.

    ``records_processed`` and ``bytes_processed`` are what was read from the source, ``records_filtered`` what a
    Validate task dropped of it, ``bytes_written`` what the destination got; ``put_failures`` counts the records that
    the destination refused, ``failure_message`` is the first refusal's text.
    """

    records_processed: int = 0
    records_filtered: int = 0
    bytes_processed: int = 0
    bytes_written: int = 0
    put_failures: int = 0
    failure_message: str = ""
