"""Flows and their runs, as they are kept and shown."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .outcome import Counts

if TYPE_CHECKING:
    from .soql import PullWindow

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
    """One run of a flow. ``sequence`` is its place among the flow's runs; ``ended`` resolves to its last status."""

    execution_id: str
    sequence: int
    started_at: float
    window: PullWindow | None = None
    hidden_polls: int = 0
    status: str = IN_PROGRESS
    last_updated_at: float = 0.0
    message: str = ""
    counts: Counts = field(default_factory=Counts)
    ended: Future[str] = field(default_factory=Future)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.last_updated_at = self.started_at

    @property
    def is_canceled(self) -> bool:
        """True once a cancel was asked for."""
        return self.status in (CANCEL_STARTED, CANCELED)

    @property
    def sort_key(self) -> str:
        """Sorts runs by their start, as text."""
        return f"{self.sequence:012d}"

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
            if self.window is not None:
                record |= {"dataPullStartTime": self.window.after, "dataPullEndTime": self.window.until}
            return record

    def _result(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            "recordsProcessed": self.counts.records_processed,
            "bytesProcessed": self.counts.bytes_processed,
            "bytesWritten": self.counts.bytes_written,
        }
        if self.status == ERROR:
            result["errorInfo"] = {"executionMessage": self.message, "putFailuresCount": 0}
        return result


@dataclass
class Flow:
    """One flow of one account and Region; ``definition`` holds the members that CreateFlow and UpdateFlow set."""

    name: str
    arn: str
    definition: dict[str, Any]
    status: str
    created_at: float
    created_by: str
    last_updated_at: float
    last_updated_by: str
    tags: dict[str, str]
    schema_version: int = 1
    runs: dict[str, FlowRun] = field(default_factory=dict)

    @property
    def trigger_type(self) -> str:
        return str(self.definition["triggerConfig"]["triggerType"])

    @property
    def runs_on_demand(self) -> bool:
        return self.trigger_type == "OnDemand"

    @property
    def profile_names(self) -> set[str]:
        """Names of the connector profiles that the flow goes through."""
        ends = [self.definition["sourceFlowConfig"], *self.definition["destinationFlowConfigList"]]
        return {end["connectorProfileName"] for end in ends if "connectorProfileName" in end}

    def describe(self) -> dict[str, Any]:
        """Return the flow as DescribeFlow shows it."""
        return {
            **self._identity(),
            **self.definition,
            "flowStatus": self.status,
            "schemaVersion": self.schema_version,
        }

    def summary(self) -> dict[str, Any]:
        """Return the flow as ListFlows shows it."""
        source, destination = self.definition["sourceFlowConfig"], self.definition["destinationFlowConfigList"][0]
        return {
            **self._identity(),
            "description": self.definition.get("description"),
            "flowStatus": self.status,
            "sourceConnectorType": source["connectorType"],
            "destinationConnectorType": destination["connectorType"],
            "triggerType": self.trigger_type,
        }

    def _identity(self) -> dict[str, Any]:
        return {
            "flowName": self.name,
            "flowArn": self.arn,
            "createdAt": self.created_at,
            "createdBy": self.created_by,
            "lastUpdatedAt": self.last_updated_at,
            "lastUpdatedBy": self.last_updated_by,
            "tags": self.tags,
            "lastRunExecutionDetails": self._last_run(),
        }

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
