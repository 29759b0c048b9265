"""What follows from the start and the end of runs, done one after another in a thread that may take its time."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.appflow.flows.flow import FlowRun

_log = logging.getLogger(__name__)

Task = Callable[[], None]


class Reports:
    """A queue of things to do, in order. ``settled`` is notified each time that a run is done with."""

    def __init__(self) -> None:
        self._tasks: queue.SimpleQueue[Task] = queue.SimpleQueue()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self.settled = threading.Condition()

    def later(self, task: Task) -> None:
        """Do something soon; this only queues it.

        :param task: what to do, without any lock held.
        """
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="local-appflow-reports", daemon=True)
                self._thread.start()
        self._tasks.put(task)

    def end_of(self, run: FlowRun, on_end: Task) -> None:
        """Do what follows from the end of a run, then settle it.

        :param run: the run.
        :param on_end: what to do.
        """
        self.later(on_end)
        self.later(lambda: self._settle(run))

    def wait_until_done(self, timeout: float) -> bool:
        """Block until all that was queued before is done; False if it isn't in time.

        :param timeout: seconds to wait at most.
        """
        done = threading.Event()
        self.later(done.set)
        return done.wait(timeout)

    def _settle(self, run: FlowRun) -> None:
        run.settled.set_result(None)
        with self.settled:
            self.settled.notify_all()

    def _work(self) -> None:
        while True:
            task = self._tasks.get()
            try:
                task()
            except Exception:  # the next ones must be done
                _log.exception("A report failed in a way that the local AppFlow does not foresee")


reports = Reports()
