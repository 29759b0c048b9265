"""Starts the runs of one account's flows."""

from __future__ import annotations

import copy
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

from airflow_provider_appflow_isv.local.appflow.buckets import FlowBuckets
from airflow_provider_appflow_isv.local.appflow.controls.faults import faults
from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from airflow_provider_appflow_isv.local.appflow.destinations.eventbridge import make_partner_source
from airflow_provider_appflow_isv.local.appflow.events import report_deactivated, report_ended, report_started
from airflow_provider_appflow_isv.local.appflow.exceptions import AppFlowError
from airflow_provider_appflow_isv.local.appflow.flows.flow import Flow, FlowRun
from airflow_provider_appflow_isv.local.appflow.glue_catalog import move_and_catalog

from .engine import engine
from .job import Job, PullWindow, Record
from .outcome import RunFailedError
from .reports import reports
from .transfer import transfer

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.appflow.connections.base import Connection
    from airflow_provider_appflow_isv.local.appflow.profiles.store import ProfileStore


class RunLauncher:
    """Makes runs out of flows and hands them to the engine.

    :param account_id: the flows' account.
    :param region_name: their Region.
    :param profiles: the connector profiles that they may go through.
    """

    def __init__(self, account_id: str, region_name: str, profiles: ProfileStore) -> None:
        self._account_id = account_id
        self._region_name = region_name
        self._profiles = profiles
        self._closed = False

    def launch(
        self,
        flow: Flow,
        moment: float,
        on_end: Callable[[FlowRun], None],
        window: PullWindow | None = None,
        events: list[Record] | None = None,
    ) -> FlowRun:
        """Start a run.

        :param flow: the flow; its version that is visible at the moment is what the run does, whatever changes later.
        :param moment: when the run starts, in seconds since the epoch; a scheduled run that is late started when due.
        :param on_end: called after the run's end, without any lock held.
        :param window: range of an incremental run; default None, everything.
        :param events: the changes that a run of an event flow moves; default None.
        """
        version = flow.version_at(moment)
        definition = copy.deepcopy(version.definition)
        run = FlowRun(
            execution_id=str(uuid.uuid4()),
            sequence=len(flow.runs) + 1,
            started_at=moment,
            window=window,
            hidden_polls=settings.hidden_polls,
            faults=faults.of_new_run(self._account_id, flow.name),
        )
        flow.runs[run.execution_id] = run
        job = Job(
            account_id=self._account_id,
            region_name=self._region_name,
            flow_name=flow.name,
            definition=definition,
            schema_version=version.schema_version,
            execution_id=run.execution_id,
            started_at=run.started_at,
            buckets=self.buckets(flow.arn),
            connect=self._connect,
            window=window,
            events=events,
            is_canceled=lambda: run.is_canceled,
        )
        reports.later(lambda: self._report(report_started, flow, run))
        engine.submit(run, lambda: self._carry_out(job, run), lambda: self._ended(flow, run, on_end))
        return run

    def prepare_destination(self, flow: Flow) -> None:
        """Make what a flow's destination needs to exist from the flow's creation on.

        :param flow: the flow, just created.
        """
        destination = flow.definition["destinationFlowConfigList"][0]
        if destination["connectorType"] == "EventBridge":
            name = destination["destinationConnectorProperties"]["EventBridge"]["object"]
            make_partner_source(self._account_id, self._region_name, name)

    def close(self) -> None:
        """Report nothing any more, for a reset: what still ends belongs to an AWS that is gone."""
        self._closed = True

    def report_deactivated(self, flow: Flow, reason: str) -> None:
        """Report that a flow was deactivated.

        :param flow: the flow.
        :param reason: why.
        """
        if not self._closed:
            report_deactivated(flow, reason)

    @staticmethod
    def _carry_out(job: Job, run: FlowRun) -> None:
        run.catalog_details = move_and_catalog(job, lambda each: transfer(each, run.counts))

    def _ended(self, flow: Flow, run: FlowRun, on_end: Callable[[FlowRun], None]) -> None:
        self._report(report_ended, flow, run)
        on_end(run)

    def _report(self, report: Callable[[Flow, FlowRun], None], flow: Flow, run: FlowRun) -> None:
        if not self._closed:
            report(flow, run)

    def buckets(self, flow_arn: str) -> FlowBuckets:
        """Return a flow's way to S3.

        :param flow_arn: the flow.
        """
        return FlowBuckets(self._account_id, self._region_name, flow_arn)

    def _connect(self, profile_name: str) -> Connection:
        try:
            connection = self._profiles.connection(profile_name)
        except AppFlowError as error:
            raise RunFailedError(error.message) from None
        if connection is None:
            kind = self._profiles.get(profile_name).connector_type
            raise RunFailedError(f"The local stack has no {kind} that {profile_name} could lead to.")
        return connection
