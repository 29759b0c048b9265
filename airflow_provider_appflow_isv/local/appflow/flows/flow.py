"""Flows and their runs, as they are kept and shown."""

from __future__ import annotations

import math
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv.local.appflow.controls.faults import RunFaults
from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from airflow_provider_appflow_isv.local.appflow.flows.presentation import presented
from airflow_provider_appflow_isv.local.appflow.runs.outcome import Counts

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.appflow.flows.activations import Activation
    from airflow_provider_appflow_isv.local.appflow.runs.job import PullWindow

IN_PROGRESS = "InProgress"
CANCEL_STARTED = "CancelStarted"
CANCELED = "Canceled"
ERROR = "Error"
SUCCESSFUL = "Successful"

_MAX_MESSAGE = 2048  # ExecutionMessage in AppFlow's model
_DEFINITION = (
    "description",
    "kmsArn",
    "triggerConfig",
    "sourceFlowConfig",
    "destinationFlowConfigList",
    "tasks",
    "metadataCatalogConfig",
)


@dataclass
class FlowRun:
    """One run of a flow. ``sequence`` is its place among the flow's runs.

    ``is_ahead`` is True once the clock was put back to before the run: its range does not count as pulled any more.

    ``worked`` resolves when its work is done, ``ended`` to its last status, ``settled`` when all that follows from the
    end has been done.
    """

    execution_id: str
    sequence: int
    started_at: float
    window: PullWindow | None = None
    hidden_polls: int = 0
    faults: RunFaults = field(default_factory=RunFaults)
    status: str = IN_PROGRESS
    last_updated_at: float = 0.0
    message: str = ""
    counts: Counts = field(default_factory=Counts)
    catalog_details: list[dict[str, Any]] = field(default_factory=list)
    is_ahead: bool = False
    worked: Future[None] = field(default_factory=Future)
    ended: Future[str] = field(default_factory=Future)
    settled: Future[None] = field(default_factory=Future)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.last_updated_at = self.started_at

    @property
    def is_canceled(self) -> bool:
        """True once a cancel was asked for."""
        return self.status in (CANCEL_STARTED, CANCELED)

    def seconds_left(self) -> float:
        """Return for how long the settings keep the run InProgress still; infinite while they hold all runs."""
        if self.is_canceled:
            return 0.0
        if settings.is_holding:
            return math.inf
        # a run from before the clock was put back waits no longer than one that starts now
        return max(0.0, min(self.started_at - settings.now(), 0.0) + settings.run_seconds)

    def is_kept(self) -> bool:
        """Say whether a setting or a fault keeps the run from ending now."""
        return self.seconds_left() > 0 or self.faults.hold(canceled=self.is_canceled)

    def begin_cancel(self, now: float) -> bool:
        """Go from InProgress to CancelStarted; False if the run is not in progress."""
        with self._lock:
            if self.status != IN_PROGRESS:
                return False
            self.status, self.last_updated_at = CANCEL_STARTED, now
            return True

    def end(self, status: str, message: str, now: float) -> None:
        """Give the run its last status; a run whose cancelling has begun ends Canceled whatever it came to."""
        with self._lock:
            if self.ended.done():
                return
            self.status = CANCELED if self.is_canceled else status
            self.message, self.last_updated_at = message[:_MAX_MESSAGE], now
            self.ended.set_result(self.status)

    def poll(self) -> bool:
        """Say whether a poll that would show this run may do so; every refusal uses up one of ``hidden_polls``."""
        with self._lock:
            if self.hidden_polls > 0:
                self.hidden_polls -= 1
                return False
            return True

    def record(self) -> dict[str, Any]:
        """Return the run as DescribeFlowExecutionRecords shows it."""
        with self._lock:
            record: dict[str, Any] = {
                "executionId": self.execution_id,
                "executionStatus": self.status,
                "startedAt": self.started_at,
                "lastUpdatedAt": self.last_updated_at,
            }
            if self.ended.done():
                record["executionResult"] = self._result()
                if self.catalog_details:
                    record["metadataCatalogDetails"] = self.catalog_details
            if self.window is not None:
                record |= {"dataPullStartTime": self.window.after, "dataPullEndTime": self.window.until}
            return record

    def _result(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            "recordsProcessed": self.counts.records_processed,
            "bytesProcessed": self.counts.bytes_processed,
            "bytesWritten": self.counts.bytes_written,
        }
        if self.status == ERROR or self.counts.put_failures:
            result["errorInfo"] = {
                "executionMessage": self.message if self.status == ERROR else self.counts.failure_message,
                "putFailuresCount": self.counts.put_failures,
            }
        return result


@dataclass(frozen=True)
class FlowVersion:
    """What CreateFlow or one UpdateFlow set. It shows, and runs use it, only from ``visible_from`` on."""

    definition: dict[str, Any]
    schema_version: int
    updated_at: float
    updated_by: str
    visible_from: float


@dataclass
class Flow:
    """One flow of one account and Region, with its versions in the order in which they were set."""

    name: str
    arn: str
    status: str
    created_at: float
    created_by: str
    tags: dict[str, str]
    versions: list[FlowVersion]
    status_message: str | None = None
    activation: Activation | None = None
    activated_at: float = 0.0
    failures: int = 0  # of runs in a row
    runs: dict[str, FlowRun] = field(default_factory=dict)

    @property
    def newest(self) -> FlowVersion:
        """The version set last, visible or not."""
        return self.versions[-1]

    @property
    def visible(self) -> FlowVersion:
        """The version that DescribeFlow shows and that a run started now uses."""
        return self.version_at(settings.now())

    def follow_clock(self) -> None:
        """Let what lies ahead of a clock that was put back be now: updates show, the flow has just been activated."""
        now = settings.now()
        for run in list(self.runs.values()):
            run.is_ahead = run.is_ahead or run.started_at > now
        self.activated_at = min(self.activated_at, now)
        self.versions = [replace(each, visible_from=min(each.visible_from, now)) for each in self.versions]
        if self.activation is not None:
            self.activation.refresh()

    def version_at(self, moment: float) -> FlowVersion:
        """Return the version that is visible at a time.

        :param moment: seconds since the epoch.
        """
        return next((each for each in reversed(self.versions) if each.visible_from <= moment), self.versions[0])

    @property
    def definition(self) -> dict[str, Any]:
        """The members that CreateFlow and UpdateFlow set, as visible now."""
        return self.visible.definition

    @property
    def trigger_type(self) -> str:
        return str(self.newest.definition["triggerConfig"]["triggerType"])

    @property
    def runs_on_demand(self) -> bool:
        return self.trigger_type == "OnDemand"

    @property
    def profile_names(self) -> set[str]:
        """Names of the connector profiles that the flow goes through."""
        definition = self.newest.definition
        ends = [definition["sourceFlowConfig"], *definition["destinationFlowConfigList"]]
        return {end["connectorProfileName"] for end in ends if "connectorProfileName" in end}

    def describe(self) -> dict[str, Any]:
        """Return the flow as DescribeFlow shows it."""
        visible = self.visible
        return {
            **self._identity(visible),
            **presented(visible.definition),
            "flowStatus": self.status,
            "flowStatusMessage": self.status_message,
            "lastRunMetadataCatalogDetails": self._last_catalog_details(),
            "schemaVersion": visible.schema_version,
        }

    def summary(self) -> dict[str, Any]:
        """Return the flow as ListFlows shows it."""
        visible = self.visible
        definition = visible.definition
        source, destination = definition["sourceFlowConfig"], definition["destinationFlowConfigList"][0]
        return {
            **self._identity(visible),
            "description": definition.get("description"),
            "flowStatus": self.status,
            "sourceConnectorType": source["connectorType"],
            "destinationConnectorType": destination["connectorType"],
            "triggerType": definition["triggerConfig"]["triggerType"],
        }

    def _identity(self, version: FlowVersion) -> dict[str, Any]:
        return {
            "flowName": self.name,
            "flowArn": self.arn,
            "createdAt": self.created_at,
            "createdBy": self.created_by,
            "lastUpdatedAt": version.updated_at,
            "lastUpdatedBy": version.updated_by,
            "tags": self.tags,
            "lastRunExecutionDetails": self._last_run(),
        }

    def _last_catalog_details(self) -> list[dict[str, Any]] | None:
        runs = list(self.runs.values())
        return runs[-1].record().get("metadataCatalogDetails") if runs else None

    def _last_run(self) -> dict[str, Any] | None:
        runs = list(self.runs.values())
        if not runs:
            return None
        run = runs[-1]
        return {
            "mostRecentExecutionMessage": run.message or None,
            "mostRecentExecutionTime": run.started_at,
            "mostRecentExecutionStatus": run.status,
        }


def definition_of(params: dict[str, Any]) -> dict[str, Any]:
    """Take a flow's definition out of a CreateFlow or UpdateFlow request.

    A flow on demand gets empty triggerProperties, as DescribeFlow is known to answer (the amazon provider for Airflow
    relies on it).
    """
    definition = {name: params[name] for name in _DEFINITION if name in params}
    trigger = definition["triggerConfig"]
    if trigger["triggerType"] == "OnDemand":
        definition["triggerConfig"] = {"triggerProperties": {}, **trigger}
    return definition


def initial_status(trigger_type: str) -> str:
    """Flows on demand are Active at once, the others wait for StartFlow (AppFlow's CloudFormation reference)."""
    return "Active" if trigger_type == "OnDemand" else "Draft"
