"""Carries out flow runs in the background: daemon threads do the work, one more ends the runs.

A run whose work is done still stays InProgress while ``settings`` (``run_seconds``, ``held``) or a fault says so; it
then waits in a list of the closing thread, not in a thread of its own, so that any number of runs can wait.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import math
import threading
from collections.abc import Callable

from airflow_provider_appflow_isv.local.appflow.controls.quotas import quotas
from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from airflow_provider_appflow_isv.local.appflow.exceptions import AppFlowError
from airflow_provider_appflow_isv.local.appflow.flows.flow import CANCELED, ERROR, SUCCESSFUL, FlowRun

from .outcome import RunCanceledError, RunFailedError
from .reports import reports
from .workers import Workers

_SUCCESS_MESSAGE = "Successfully ran the flow"  # AppFlow API reference, ListFlows
_log = logging.getLogger(__name__)

Work = Callable[[], None]
_Entry = tuple[float, int, FlowRun, str, str]  # start, number, run, status and message that it comes to


class RunEngine:
    """Runs what is submitted; ends every run, whatever its work does."""

    def __init__(self) -> None:
        self._workers = Workers("local-appflow-run")
        self._changed = threading.Condition()
        self._order = itertools.count()
        self._waiting: list[_Entry] = []
        self._stuck: list[_Entry] = []
        self._begun: list[tuple[float, int, FlowRun]] = []  # by when they began, for the longest time a run may take
        self._canceled = 0
        self._started = False
        settings.on_change(self.wake)

    def submit(self, run: FlowRun, work: Work, on_end: Callable[[], None]) -> None:
        """Begin a run.

        :param run: the run, InProgress.
        :param work: does it; raises RunFailedError or RunCanceledError for a run that ends so.
        :param on_end: called once after the run's end, in the thread of the reports, without any lock held.
        """
        self._start_closing()
        run.ended.add_done_callback(lambda _: reports.end_of(run, on_end))
        with self._changed:
            heapq.heappush(self._begun, (settings.now(), next(self._order), run))
        self._workers.do(lambda: self._work(run, work))

    def wake(self) -> None:
        """Look again which runs may end."""
        with self._changed:
            self._changed.notify_all()

    def wait_until_kept(self, timeout: float) -> None:
        """Block until every run whose work is done has ended, unless a setting or a fault keeps it.

        :param timeout: seconds to wait at most.
        :raises TimeoutError: if one is about to end still.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: all(entry[2].is_kept() for entry in self._waiting), timeout):
                raise TimeoutError(f"Runs are about to end still after {timeout} s.")

    def cancel(self, run: FlowRun) -> bool:
        """Begin to cancel a run; it ends soon after. False if the run is not in progress."""
        if not run.begin_cancel(settings.now()):
            return False
        with self._changed:
            self._canceled += 1
            self._changed.notify_all()
        return True

    def _start_closing(self) -> None:
        with self._changed:
            if not self._started:
                self._started = True
                threading.Thread(target=self._close, name="local-appflow-close", daemon=True).start()

    def _work(self, run: FlowRun, work: Work) -> None:
        status, message = _carry_out(run, work)
        with self._changed:
            entry = (run.started_at, next(self._order), run, status, message)
            heapq.heappush(self._waiting, entry)
            self._canceled += run.is_canceled  # its cancel may have come before there was anything to end
            self._changed.notify_all()
        run.worked.set_result(None)

    def _close(self) -> None:
        with self._changed:
            while True:
                self._free_stuck()
                self._end_canceled()
                pauses = [self._end_due(), self._end_overdue()]
                self._changed.notify_all()  # for wait_until_kept
                self._changed.wait(min((pause for pause in pauses if pause is not None), default=None))

    def _end_canceled(self) -> None:
        if not self._canceled:
            return
        self._canceled = 0
        remaining = []
        for entry in self._waiting:
            if entry[2].is_canceled:
                self._end((*entry[:3], CANCELED, ""))
            else:
                remaining.append(entry)
        heapq.heapify(remaining)
        self._waiting = remaining

    def _end_due(self) -> float | None:
        """End the runs whose time has come; return the seconds until the next one's, None to wait for a change."""
        while self._waiting:
            missing = self._waiting[0][2].seconds_left()
            if missing > 0:
                return None if missing == math.inf else missing
            self._end(heapq.heappop(self._waiting))
        return None

    def _end_overdue(self) -> float | None:
        """End the runs that take longer than a run may; return the seconds until the next could."""
        while self._begun:
            began_at, _, run = self._begun[0]
            missing = began_at + quotas.run_seconds - settings.now()
            if not run.ended.done() and missing > 0:
                return missing
            heapq.heappop(self._begun)
            if not run.faults.hold(canceled=run.is_canceled):
                run.end(ERROR, f"The flow run took longer than {quotas.run_seconds / 3600:g} hours.", settings.now())
        return None

    def _end(self, entry: _Entry) -> None:
        """End a run unless a fault keeps it as it is."""
        _, _, run, status, message = entry
        if run.faults.hold(canceled=run.is_canceled):
            self._stuck.append(entry)
        else:
            run.end(status, message, settings.now())

    def _free_stuck(self) -> None:
        stuck, self._stuck = self._stuck, []
        for entry in stuck:
            run = entry[2]
            if run.faults.hold(canceled=run.is_canceled):
                self._stuck.append(entry)
            else:
                heapq.heappush(self._waiting, entry)
                self._canceled += run.is_canceled


def _carry_out(run: FlowRun, work: Work) -> tuple[str, str]:
    if run.faults.failure is not None:
        return ERROR, run.faults.failure
    try:
        work()
    except RunCanceledError:
        return CANCELED, ""
    except RunFailedError as error:
        return ERROR, str(error)
    except AppFlowError as error:
        return ERROR, error.message
    except Exception as error:  # a run must never stay InProgress
        _log.exception("A flow run failed in a way that the local AppFlow does not foresee")
        return ERROR, f"The local AppFlow failed: {type(error).__name__}: {error}"
    return SUCCESSFUL, _SUCCESS_MESSAGE


engine = RunEngine()
