"""What tests and demos can change about the local AppFlow: its clock, the length and visibility of runs, and faults."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

from .service_model import service_model

RecordOrder = Literal["newest", "oldest"]


class Settings:
    """Controls of the local AppFlow, shared by all accounts and Regions of the process. Thread-safe.

    ``run_seconds`` (seconds, default 0): a run stays InProgress at least so long, by the local AppFlow's clock.
    ``hidden_polls`` (default 0): a new run is missing from the first so many DescribeFlowExecutionRecords answers that
    would show it, as AppFlow's records are eventually consistent.
    ``record_order`` (default "newest"): order of the records; AppFlow documents none.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._listeners: list[Callable[[], None]] = []
        self._set_defaults()

    def _set_defaults(self) -> None:
        self._run_seconds = 0.0
        self.hidden_polls = 0
        self.update_delay_seconds = 0.0
        self.record_order: RecordOrder = "newest"
        self._clock_offset = 0.0
        self._holders = 0
        self._generation = object()
        self._faults: dict[str, list[tuple[str, str]]] = {}

    def reset(self) -> None:
        """Go back to the defaults: clock, faults, held runs, all of it."""
        with self._lock:
            self._set_defaults()
        self._tell()

    @property
    def run_seconds(self) -> float:
        return self._run_seconds

    @run_seconds.setter
    def run_seconds(self, seconds: float) -> None:
        with self._lock:
            self._run_seconds = seconds
        self._tell()

    def now(self) -> float:
        """Return the local AppFlow's time, in seconds since the epoch."""
        return time.time() + self._clock_offset

    def advance_clock(self, seconds: float) -> None:
        """Move the local AppFlow's clock forward: tokens expire and waiting runs end sooner.

        :param seconds: by how much.
        """
        with self._lock:
            self._clock_offset += seconds
        self._tell()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep every run InProgress until the block ends. Cancelling a held run works."""
        with self._lock:
            self._holders += 1
            generation = self._generation
        try:
            yield
        finally:
            with self._lock:
                if generation is self._generation:  # a reset inside the block has already let go
                    self._holders -= 1
            self._tell()

    @property
    def is_holding(self) -> bool:
        """True while a ``held()`` block is open."""
        return self._holders > 0

    def inject(self, operation: str, code: str, message: str = "Injected fault.", times: int = 1) -> None:
        """Make the next calls of an operation fail before anything else is looked at.

        :param operation: e.g. ``DescribeFlowExecutionRecords``.
        :param code: error code, e.g. ``ThrottlingException``; the status comes from AppFlow's model.
        :param message: message of the error.
        :param times: how many calls fail, default 1.
        :raises ValueError: if AppFlow has no such operation.
        """
        if operation not in service_model().operation_names:
            raise ValueError(f"operation: AppFlow has no {operation!r}; name one such as 'StartFlow'")
        with self._lock:
            self._faults.setdefault(operation, []).extend([(code, message)] * times)

    def take_fault(self, operation: str) -> tuple[str, str] | None:
        """Return and use up the next injected fault of an operation as (code, message), None if there is none."""
        with self._lock:
            faults = self._faults.get(operation)
            return faults.pop(0) if faults else None

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` after every change that may let a run end."""
        with self._lock:
            self._listeners.append(listener)

    def _tell(self) -> None:
        for listener in list(self._listeners):
            listener()


settings = Settings()
