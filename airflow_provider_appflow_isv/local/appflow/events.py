"""What AppFlow reports to EventBridge: runs that start and end, flows that it deactivates.

Facts: AppFlow user guide, "Flow notifications"; three real events made public: counts are texts, times end in
``Z[UTC]``, ``resources`` is an id of 32 hex digits and no ARN, a source with a profile is ``TYPE/profile``. Inferred:
that id (here it stays the same for a flow), the status of a run that did not succeed, the form of a time range, the
trigger types other than ONDEMAND. Delivery is best effort at AWS; here every report goes out once.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from airflow_provider_appflow_isv.local import event_bus
from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from airflow_provider_appflow_isv.local.appflow.flows.flow import CANCELED, SUCCESSFUL, Flow, FlowRun
from airflow_provider_appflow_isv.local.appflow.wire.service_model import member_of

_STATUS = {SUCCESSFUL: "Execution Successful", CANCELED: "Execution Canceled"}
_FAILED = "Execution Failed"


def report_started(flow: Flow, run: FlowRun) -> None:
    """Publish the AppFlow Start Flow Run Report of a run.

    :param flow: the flow.
    :param run: the run.
    """
    _publish("AppFlow Start Flow Run Report", flow, _run_detail(flow, run))


def report_ended(flow: Flow, run: FlowRun) -> None:
    """Publish the AppFlow End Flow Run Report of a run.

    :param flow: the flow.
    :param run: the run, ended.
    """
    counts = run.counts
    detail = _run_detail(flow, run) | {
        "end-time": _precise(run.last_updated_at),
        "num-of-records-processed": str(counts.records_processed),
        "num-of-records-filtered": str(counts.records_filtered),
        "num-of-record-failures": str(counts.put_failures),
        "num-of-documents-processed": "0",
        "data-processed": str(counts.bytes_processed),
        "status": _STATUS.get(run.status, _FAILED),
    }
    if run.status not in _STATUS:
        detail["error"] = run.message
    _publish("AppFlow End Flow Run Report", flow, detail)


def report_deactivated(flow: Flow, reason: str) -> None:
    """Publish that AppFlow has deactivated a scheduled or event flow.

    :param flow: the flow.
    :param reason: why.
    """
    kind = "Event" if flow.trigger_type == "Event" else "Scheduled"
    detail = _flow_detail(flow) | {"deactivation-reason": reason, "deactivation-time": _precise(settings.now())}
    _publish(f"AppFlow {kind} Flow Deactivated", flow, detail)


def _publish(detail_type: str, flow: Flow, detail: dict[str, str]) -> None:
    _, _, _, region, account, _ = flow.arn.split(":", 5)
    resources = [hashlib.sha256(flow.arn.encode()).hexdigest()[:32]]
    event = event_bus.envelope(account, region, "aws.appflow", detail_type, detail, settings.now(), resources)
    event_bus.put(account, region, "default", event)


def _run_detail(flow: Flow, run: FlowRun) -> dict[str, str]:
    detail = _flow_detail(flow) | {"execution-id": run.execution_id, "start-time": _precise(run.started_at)}
    if run.window is not None:
        detail["incremental-transfer-time-range"] = f"{_precise(run.window.after)} - {_precise(run.window.until)}"
    return detail


def _flow_detail(flow: Flow) -> dict[str, str]:
    source, destination = flow.definition["sourceFlowConfig"], flow.definition["destinationFlowConfigList"][0]
    return {
        "flow-name": flow.name,
        "flow-arn": flow.arn,
        "created-by": flow.created_by,
        "source": _connector(source),
        "source-object": _object(source, "sourceConnectorProperties"),
        "destination": _connector(destination),
        "destination-object": _object(destination, "destinationConnectorProperties"),
        "trigger-type": flow.trigger_type.upper(),
    }


def _connector(end: dict[str, Any]) -> str:
    kind, profile = str(end["connectorType"]).upper(), end.get("connectorProfileName")
    return f"{kind}/{profile}" if profile else kind


def _object(end: dict[str, Any], member: str) -> str:
    properties = end[member][member_of(end["connectorType"])]
    if "bucketName" in properties and "object" not in properties:
        prefix = properties.get("bucketPrefix", "").rstrip("/")
        return f"s3://{properties['bucketName']}/{prefix}"
    names = (properties.get(name) for name in ("object", "entityName", "objectPath", "domainName"))
    return next((str(name) for name in names if name), json.dumps(properties))


def _precise(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z[UTC]"
