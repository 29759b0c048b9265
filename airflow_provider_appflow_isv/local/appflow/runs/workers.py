"""Threads that do what is handed over, as many as there is to do at once."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

MOST_WORKERS = 64
IDLE_SECONDS = 10.0  # in real time


class Workers:
    """Daemon threads: made when none is free, up to a number; one that has nothing to do for a while ends.

    :param name: name of the threads.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._changed = threading.Condition()
        self._tasks: deque[Callable[[], None]] = deque()
        self._threads = 0
        self._free = 0

    def do(self, task: Callable[[], None]) -> None:
        """Do something soon; this only queues it.

        :param task: what to do; it must not raise.
        """
        with self._changed:
            self._tasks.append(task)
            if len(self._tasks) > self._free and self._threads < MOST_WORKERS:
                self._threads += 1
                threading.Thread(target=self._work, name=self._name, daemon=True).start()
            else:
                self._changed.notify()

    def _work(self) -> None:
        while (task := self._next()) is not None:
            task()

    def _next(self) -> Callable[[], None] | None:
        with self._changed:
            self._free += 1
            there_is_one = self._changed.wait_for(lambda: bool(self._tasks), IDLE_SECONDS)
            self._free -= 1
            if not there_is_one:
                self._threads -= 1
                return None
            return self._tasks.popleft()
