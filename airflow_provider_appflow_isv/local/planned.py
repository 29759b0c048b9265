"""What a test plans for requests to come."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class Planned(Generic[T]):
    """Requests to come and the trouble planned for them, in their order. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._planned: list[T | None] = []

    def plan(self, count: int, trouble: T, after: int) -> None:
        """Plan trouble behind all that is planned already.

        :param count: how many requests it happens to.
        :param trouble: what happens to them.
        :param after: how many requests pass before.
        """
        with self._lock:
            self._planned += [None] * after + [trouble] * count

    def next(self) -> T | None:
        """Return what happens to the next request, or None, and move on."""
        with self._lock:
            return self._planned.pop(0) if self._planned else None

    def left(self) -> list[T | None]:
        """Return what is still to come: for each request the trouble, or None."""
        with self._lock:
            return list(self._planned)

    def clear(self) -> None:
        """Take all of it back."""
        with self._lock:
            self._planned.clear()
