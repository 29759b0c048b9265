"""Trouble that a test plans for requests to come."""

from __future__ import annotations

import threading
from typing import Literal

FaultStatus = Literal[429, 500, 503]


class Faults:
    """Requests to come and the trouble planned for them. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._planned: list[FaultStatus | None] = []

    def plan(self, count: int, status: FaultStatus, after: int) -> None:
        """Plan trouble behind all that is planned already.

        :param count: how many requests fail.
        :param status: their HTTP status.
        :param after: how many requests pass before.
        """
        with self._lock:
            self._planned += [None] * after + [status] * count

    def next(self) -> FaultStatus | None:
        """Return the status that the next request fails with, or None, and move on."""
        with self._lock:
            return self._planned.pop(0) if self._planned else None
