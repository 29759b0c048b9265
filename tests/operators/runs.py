"""Starting a run, and each way to wait for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from airflow_provider_appflow_isv.operators.flow_run import AppFlowStartFlowOperator
from tests.tasks import defer_task, resume_task, run_task

if TYPE_CHECKING:
    from tests.accounts import TenantAccount

RESULT = {
    "flow_name",
    "flow_arn",
    "execution_id",
    "status",
    "records_processed",
    "bytes_processed",
    "bytes_written",
    "put_failures",
    "started_at",
    "ended_at",
    "data_pull_start",
    "data_pull_end",
}


def starter(tenant: TenantAccount, flow: str, **arguments: Any) -> AppFlowStartFlowOperator:
    given: dict[str, Any] = {"poll_interval": 0.05, "deferrable": False, **tenant.aws, **arguments}
    return AppFlowStartFlowOperator(task_id="run", flow_name=flow, **given)


def run_deferred(tenant: TenantAccount, flow: str, **arguments: Any) -> Any:
    """Start while runs are held, defer, let go, and finish as the triggerer tells."""
    task = starter(tenant, flow, deferrable=True, **arguments)
    with settings.held():
        deferred = defer_task(task)
    return resume_task(task, deferred)


def run_on_worker(tenant: TenantAccount, flow: str, **arguments: Any) -> Any:
    return run_task(starter(tenant, flow, **arguments))


waiting = pytest.mark.parametrize("run", [run_on_worker, run_deferred], ids=["worker", "deferred"])


def the_run(tenant: TenantAccount, flow: str) -> str:
    """The flow's only run."""
    (execution_id,) = tenant.records(flow)
    return execution_id
