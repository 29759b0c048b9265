"""Carries out flow runs in the background: a few daemon threads do the work, one more ends the runs.

A run whose work is done still stays InProgress while ``settings`` says so (``run_seconds``, ``held``); it then waits in
the closing thread's list, not in a thread of its own, so that any number of runs can wait.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import queue
import threading
from collections.abc import Callable

from airflow_provider_appflow_isv.local.appflow.flows import CANCELED, ERROR, SUCCESSFUL, FlowRun
from airflow_provider_appflow_isv.local.appflow.settings import settings

from .outcome import RunCanceledError, RunFailedError

_WORKERS = 4
_SUCCESS_MESSAGE = "Successfully ran the flow"  # AppFlow API reference, ListFlows
_log = logging.getLogger(__name__)

Work = Callable[[], None]


class RunEngine:
    """Runs what is submitted; ends every run, whatever its work does."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[tuple[FlowRun, Work]] = queue.SimpleQueue()
        self._changed = threading.Condition()
        self._order = itertools.count()
        self._waiting: list[tuple[float, int, FlowRun, str, str]] = []
        self._canceled = 0
        self._started = False
        settings.on_change(self.wake)

    def submit(self, run: FlowRun, work: Work) -> None:
        """Begin a run.

        :param run: the run, InProgress.
        :param work: does it; raises RunFailedError or RunCanceledError for a run that ends so.
        """
        self._start_threads()
        self._jobs.put((run, work))

    def wake(self) -> None:
        """Look again which runs may end."""
        with self._changed:
            self._changed.notify()

    def cancel(self, run: FlowRun) -> bool:
        """Begin to cancel a run; it ends soon after. False if the run is not in progress."""
        if not run.begin_cancel(settings.now()):
            return False
        with self._changed:
            self._canceled += 1
            self._changed.notify()
        return True

    def _start_threads(self) -> None:
        with self._changed:
            if self._started:
                return
            self._started = True
        for target in [self._close, *[self._work] * _WORKERS]:
            threading.Thread(target=target, name="local-appflow-run", daemon=True).start()

    def _work(self) -> None:
        while True:
            run, work = self._jobs.get()
            status, message = _carry_out(work)
            with self._changed:
                entry = (run.started_at, next(self._order), run, status, message)
                heapq.heappush(self._waiting, entry)
                self._canceled += run.is_canceled  # its cancel may have come before there was anything to end
                self._changed.notify()

    def _close(self) -> None:
        with self._changed:
            while True:
                self._end_canceled()
                pause = self._end_due()
                self._changed.wait(pause)

    def _end_canceled(self) -> None:
        if not self._canceled:
            return
        self._canceled = 0
        remaining = []
        for entry in self._waiting:
            if entry[2].is_canceled:
                entry[2].end(CANCELED, "", settings.now())
            else:
                remaining.append(entry)
        heapq.heapify(remaining)
        self._waiting = remaining

    def _end_due(self) -> float | None:
        """End the runs whose time has come; return the seconds until the next one's, None to wait for a change."""
        while self._waiting:
            started_at, _, run, status, message = self._waiting[0]
            missing = started_at + settings.run_seconds - settings.now()
            if not run.is_canceled and (settings.is_holding or missing > 0):
                return None if settings.is_holding else missing
            heapq.heappop(self._waiting)
            run.end(status, message, settings.now())
        return None


def _carry_out(work: Work) -> tuple[str, str]:
    try:
        work()
    except RunCanceledError:
        return CANCELED, ""
    except RunFailedError as error:
        return ERROR, str(error)
    except Exception as error:  # a run must never stay InProgress
        _log.exception("A flow run failed in a way that the local AppFlow does not foresee")
        return ERROR, f"The local AppFlow failed: {type(error).__name__}: {error}"
    return SUCCESSFUL, _SUCCESS_MESSAGE


engine = RunEngine()
