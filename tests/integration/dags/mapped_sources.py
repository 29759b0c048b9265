"""Mapped tasks that share a credential source, or get their own, and one whose source is made of a task's output."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from airflow_provider_appflow_isv.credentials import BasicCredentials, SalesforceCredentials
from airflow_provider_appflow_isv.operators.connector_profile import AppFlowUpdateConnectorProfileOperator
from airflow_provider_appflow_isv.operators.flow_run import AppFlowStartFlowOperator

try:
    from airflow.sdk import dag, task
except ImportError:  # Airflow 2
    from airflow.decorators import dag, task  # type: ignore[attr-defined,no-redef]  # not in Airflow 3's stubs

TENANTS = ["tenant-a", "tenant-b"]


class Refresh(AppFlowUpdateConnectorProfileOperator):
    """Tells what it would refresh with."""

    def execute(self, context: Any) -> Any:
        """As far as the credentials."""
        self.check_arguments()
        return [self.connector_profile_name, getattr(self.credentials, "secret_id", None)]


class Start(AppFlowStartFlowOperator):
    """Tells what it would refresh with."""

    def execute(self, context: Any) -> Any:
        """As far as the credentials."""
        self.check_arguments()
        return [self.flow_name, getattr(self.on_auth_failure, "secret_id", None)]


def own_source(name: str) -> BasicCredentials:
    """A source of each tenant's own, made when the tasks run: nothing in it is a template any more."""
    return BasicCredentials(secret_id=f"{name}-{{{{ 1 + 1 }}}}")


@dag(schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC), catchup=False)
def mapped_sources() -> None:
    """One run."""

    @task
    def names() -> list[str]:
        return TENANTS

    @task
    def secret_name() -> str:
        return "told-by-a-task"

    login = BasicCredentials(secret_id="{{ task.connector_profile_name }}-login")
    Refresh.partial(task_id="shared", credentials=login).expand(connector_profile_name=TENANTS)
    Refresh.partial(task_id="own", connector_profile_name="profile").expand(credentials=names().map(own_source))
    started = BasicCredentials(secret_id="{{ task.flow_name }}-login")
    Start.partial(task_id="started", on_auth_failure=started).expand(flow_name=TENANTS)
    fed: Any = secret_name()
    Refresh(task_id="a_fed", connector_profile_name="tenant-a", credentials=SalesforceCredentials(secret_id=fed))


found = mapped_sources()
