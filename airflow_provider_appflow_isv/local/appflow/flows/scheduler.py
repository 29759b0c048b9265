"""Does things when they are due by the local AppFlow's clock.

One daemon thread waits for the next thing that is due. When the clock is moved past several of them, it does them one
after another, in the order of their times.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
from collections.abc import Callable

from airflow_provider_appflow_isv.local.appflow.controls.settings import settings

_log = logging.getLogger(__name__)


def _not_busy() -> bool:
    return False


class Timer:
    """Something that is due again and again, at most one time ahead.

    :param action: called with each due time, in the scheduler's thread, without any lock held.
    :param is_busy: says whether what the action has begun is still going on, so that the timer may be set again.
        Called with the scheduler's lock held; whoever changes its answer calls ``scheduler.wake``. Default: never.
    """

    def __init__(self, action: Callable[[float], None], is_busy: Callable[[], bool] = _not_busy) -> None:
        self.action = action
        self.is_busy = is_busy
        self.entry: int | None = None
        self.is_live = True  # until its end

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
        scheduler.remove(self)


class Scheduler:
    """Calls the timers' actions."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._is_acting = False
        self._timers: set[Timer] = set()  # those that were ever set and have not ended
        self._due: list[tuple[float, int, Timer]] = []
        self._numbers = itertools.count()
        self._thread: threading.Thread | None = None
        settings.on_change(self.wake)

    def add(self, timer: Timer, due: float) -> None:
        """Set a timer; one that has ended stays unset."""
        with self._changed:
            if not timer.is_live:
                return
            timer.entry = next(self._numbers)
            self._timers.add(timer)
            heapq.heappush(self._due, (due, timer.entry, timer))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="local-appflow-scheduler", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def remove(self, timer: Timer) -> None:
        """End a timer."""
        with self._changed:
            timer.is_live, timer.entry = False, None
            self._timers.discard(timer)
            self._due = [entry for entry in self._due if entry[2] is not timer]
            heapq.heapify(self._due)
            self._changed.notify_all()

    def wake(self) -> None:
        """Look again what is due."""
        with self._changed:
            self._changed.notify_all()

    def wait_until_idle(self, timeout: float = 30.0) -> None:
        """Block until nothing is due any more and what was due is done, along with what became due by that.

        :param timeout: seconds to wait at most, default 30.
        :raises TimeoutError: if something is due or going on still.
        """
        with self._changed:
            if not self._changed.wait_for(self._is_idle, timeout):
                raise TimeoutError(f"The scheduler is still at work after {timeout} s.")

    def _is_idle(self) -> bool:
        is_due = bool(self._due) and self._due[0][0] <= settings.now()
        return not (self._is_acting or is_due or any(timer.is_busy() for timer in self._timers))

    def _run(self) -> None:
        while True:
            due, entry, timer = self._wait_for_next()
            if timer.entry == entry:
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
