"""How a flow run can end, besides well."""

from __future__ import annotations

from dataclasses import dataclass


class RunFailedError(Exception):
    """Ends the run in Error; the text becomes the record's executionMessage."""


class RunCanceledError(Exception):
    """Ends the run in Canceled."""


@dataclass
class Counts:
    """What a run has moved: records, bytes read from the source, bytes written to the destination."""

    records_processed: int = 0
    bytes_processed: int = 0
    bytes_written: int = 0
