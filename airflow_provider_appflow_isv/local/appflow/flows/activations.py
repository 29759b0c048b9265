"""What makes an active flow run by itself, from StartFlow to StopFlow, DeleteFlow, its deactivation or moto's reset.

Inferred: runs of a scheduled flow never overlap; one that comes due while the one before goes on starts when that has
ended. After a jump of the clock over very many due times of a flow, the first 1,000 run; the rest is passed over, and
the next run's incremental range covers theirs. Each batch of events that arrive together is one run of an event flow.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from airflow_provider_appflow_isv.local.appflow.connections.base import VendorError
from airflow_provider_appflow_isv.local.appflow.connections.salesforce import SalesforceConnection
from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from airflow_provider_appflow_isv.local.appflow.exceptions import ServiceQuotaExceededException
from airflow_provider_appflow_isv.local.appflow.flows.change_listener import ChangeListener
from airflow_provider_appflow_isv.local.appflow.flows.flow import Flow, FlowRun
from airflow_provider_appflow_isv.local.appflow.flows.scheduler import Timer, scheduler
from airflow_provider_appflow_isv.local.appflow.flows.schedules import next_due
from airflow_provider_appflow_isv.local.appflow.runs.job import Record

MOST_LATE_RUNS = 1000
# AppFlow's default flowErrorDeactivationThreshold is not documented.
DEFAULT_ERROR_THRESHOLD = 10
_log = logging.getLogger(__name__)

Launch = Callable[[float, list[Record] | None], FlowRun]
Lock = AbstractContextManager[object]


class Activation(Protocol):
    """One time for which a flow is active. Its methods are called with the lock of the flow's store held."""

    @property
    def is_live(self) -> bool:
        """False from its end on."""

    def begin(self) -> None:
        """Begin to run the flow."""

    def refresh(self) -> None:
        """Follow an update of the flow, or a clock that was put back."""

    def run_ended(self, run: FlowRun) -> None:
        """Take note that a run of the flow has ended."""

    def end(self) -> None:
        """Run the flow no more."""


class ScheduledActivation:
    """Runs a flow by its schedule.

    :param flow: the flow, with ``activated_at`` set.
    :param launch: starts a run as of a due time; called with the lock held.
    :param lock: the lock of the flow's store.
    """

    def __init__(self, flow: Flow, launch: Launch, lock: Lock) -> None:
        self._flow = flow
        self._launch = launch
        self._lock = lock
        self._timer = Timer(self._run, self._is_busy)
        self._after, self._inclusive = flow.activated_at, True
        self._running: FlowRun | None = None
        self._late = 0

    @property
    def is_live(self) -> bool:
        return self._timer.is_live

    def begin(self) -> None:
        self._set_timer()

    def refresh(self) -> None:
        self._after = min(self._after, settings.now())
        if self._running is None:
            self._set_timer()

    def run_ended(self, run: FlowRun) -> None:
        if run is self._running:
            self._set_timer()
            self._running = None  # after the timer is set: at no moment does the flow look idle between due runs
            scheduler.wake()

    def end(self) -> None:
        self._timer.end()

    def _set_timer(self) -> None:
        due, now = next_due(self._flow, self._after, inclusive=self._inclusive), settings.now()
        self._late = self._late + 1 if due is not None and due <= now else 0
        if self._late >= MOST_LATE_RUNS:
            _log.warning("The clock is more than %d due times of %s ahead.", MOST_LATE_RUNS, self._flow.name)
            due = next_due(self._flow, now)
        if due is None:
            self._timer.unset()
        else:
            self._timer.set(due)

    def _run(self, due: float) -> None:
        with self._lock:
            if not self._timer.is_live:
                return
            self._after, self._inclusive = due, False
            try:
                run = self._running = self._launch(due, None)
                run.worked.add_done_callback(lambda _: scheduler.wake())
            except ServiceQuotaExceededException as error:
                _log.warning("A scheduled run of %s is left out: %s", self._flow.name, error.message)
                self._set_timer()

    def _is_busy(self) -> bool:
        """True while a run is at work or about to end; not while a setting or a fault keeps it InProgress."""
        run = self._running
        return run is not None and not (run.worked.done() and run.is_kept())


class EventActivation:
    """Runs a flow on each change in the org.

    :param flow: the flow.
    :param connect: returns the connection of the flow's source.
    :param launch: starts a run with events; called with the lock held.
    :param lock: the lock of the flow's store.
    :param deactivate: called without the lock, with the reason, if the org refuses the token for good, or has no such
        event object.
    """

    def __init__(
        self,
        flow: Flow,
        connect: Callable[[], object],
        launch: Launch,
        lock: Lock,
        deactivate: Callable[[str], None],
    ) -> None:
        self._flow = flow
        self._connect = connect
        self._launch = launch
        self._lock = lock
        source_object = flow.definition["sourceFlowConfig"]["sourceConnectorProperties"]["Salesforce"]["object"]
        self.listener = ChangeListener(
            f"/{'event' if source_object.endswith('__e') else 'data'}/{source_object}",
            self._org,
            self._deliver,
            DEFAULT_ERROR_THRESHOLD,
            deactivate,
        )

    @property
    def is_live(self) -> bool:
        return self.listener.is_live

    def begin(self) -> None:
        self.listener.start()

    def refresh(self) -> None:
        """The channel cannot change, and the profile is looked up whenever it is needed."""

    def run_ended(self, run: FlowRun) -> None:
        """A run waits for no other."""

    def end(self) -> None:
        self.listener.stop()

    def _org(self) -> SalesforceConnection:
        connection = self._connect()
        if not isinstance(connection, SalesforceConnection):
            raise VendorError("The flow's connector profile does not lead to a Salesforce org.")
        return connection

    def _deliver(self, events: list[Record]) -> None:
        with self._lock:
            if not self.listener.is_live:
                return
            try:
                self._launch(settings.now(), events)
            except ServiceQuotaExceededException as error:
                _log.warning("A run of %s for %d events is left out: %s", self._flow.name, len(events), error.message)
