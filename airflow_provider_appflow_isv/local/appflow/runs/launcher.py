"""Starts the runs of one account's flows."""

from __future__ import annotations

import copy
import uuid
from typing import TYPE_CHECKING

from airflow_provider_appflow_isv.local.appflow.buckets import FlowBuckets
from airflow_provider_appflow_isv.local.appflow.exceptions import AppFlowError
from airflow_provider_appflow_isv.local.appflow.flows import Flow, FlowRun
from airflow_provider_appflow_isv.local.appflow.settings import settings

from .engine import engine
from .job import Job, PullWindow, Record
from .outcome import RunFailedError
from .transfer import transfer

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.appflow.connections.base import Connection
    from airflow_provider_appflow_isv.local.appflow.profile_store import ProfileStore


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

    def launch(self, flow: Flow, window: PullWindow | None = None, events: list[Record] | None = None) -> FlowRun:
        """Start a run.

        :param flow: the flow; its version that is visible now is what the run does, whatever changes later.
        :param window: range of an incremental run; default None, everything.
        :param events: the changes that a run of an event flow moves; default None.
        """
        version = flow.visible
        definition = copy.deepcopy(version.definition)
        run = FlowRun(
            execution_id=str(uuid.uuid4()),
            sequence=len(flow.runs) + 1,
            started_at=settings.now(),
            window=window,
            hidden_polls=settings.hidden_polls,
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
        engine.submit(run, lambda: transfer(job, run.counts))
        return run

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
