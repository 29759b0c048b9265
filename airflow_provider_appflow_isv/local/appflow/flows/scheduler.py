"""Does things at their time by the local AppFlow's clock: one daemon thread for all accounts, asleep until then.

When the clock is moved over many due times, all that were due is done, in the order of their times.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
from collections.abc import Callable

from airflow_provider_appflow_isv.local.appflow.controls.settings import settings

_log = logging.getLogger(__name__)


class Timer:
    """Something that is due again and again, at most one time ahead.

    :param action: called with each due time, in the scheduler's thread, without any lock held.
    """

    def __init__(self, action: Callable[[float], None]) -> None:
        self.action = action
        self.entry: int | None = None
        self.generation = scheduler.generation

    @property
    def is_live(self) -> bool:
        """False from the timer's end, or from a reset, on."""
        return self.generation is scheduler.generation

    def set(self, due: float) -> None:
        """Let the action be called at a time, in place of any that was set before.

        :param due: seconds since the epoch.
        """
        scheduler.add(self, due)

    def unset(self) -> None:
        """Let the action not be called."""
        self.entry = None

    def end(self) -> None:
        """Let the action never be called again."""
        self.generation = None


class Scheduler:
    """Calls the timers' actions."""

    def __init__(self) -> None:
        self.generation: object | None = object()
        self._changed = threading.Condition()
        self._acting = threading.Lock()
        self._is_acting = False
        self._due: list[tuple[float, int, Timer]] = []
        self._numbers = itertools.count()
        self._thread: threading.Thread | None = None
        settings.on_change(self.wake)
        settings.on_reset(self.clear)

    def add(self, timer: Timer, due: float) -> None:
        """Set a timer; one that has ended stays unset."""
        with self._changed:
            if not timer.is_live:
                return
            timer.entry = next(self._numbers)
            heapq.heappush(self._due, (due, timer.entry, timer))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="local-appflow-scheduler", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def wake(self) -> None:
        """Look again what is due."""
        with self._changed:
            self._changed.notify_all()

    def clear(self) -> None:
        """End all timers; when this returns, none of their actions is going on."""
        with self._changed:
            self.generation = object()
            self._due.clear()
        with self._acting:
            pass

    def wait_until_idle(self, timeout: float = 30.0) -> None:
        """Block until nothing is due any more; for tests.

        :param timeout: seconds to wait at most, default 30.
        :raises TimeoutError: if something is due still.
        """
        with self._changed:
            if not self._changed.wait_for(self._is_idle, timeout):
                raise TimeoutError(f"The scheduler is still at work after {timeout} s.")

    def _is_idle(self) -> bool:
        return not self._is_acting and not (self._due and self._due[0][0] <= settings.now())

    def _run(self) -> None:
        while True:
            due, entry, timer = self._wait_for_next()
            with self._acting:
                if timer.is_live and timer.entry == entry:
                    _act(timer, due)
            with self._changed:
                self._is_acting = False
                self._changed.notify_all()

    def _wait_for_next(self) -> tuple[float, int, Timer]:
        with self._changed:
            while True:
                pause = self._due[0][0] - settings.now() if self._due else None
                if pause is not None and pause <= 0:
                    self._is_acting = True
                    return heapq.heappop(self._due)
                self._changed.wait(None if pause is None else min(pause, threading.TIMEOUT_MAX))


def _act(timer: Timer, due: float) -> None:
    try:
        timer.action(due)
    except Exception:  # the other timers must go on
        _log.exception("Something that was due in the local AppFlow failed in a way that it does not foresee")


scheduler = Scheduler()
