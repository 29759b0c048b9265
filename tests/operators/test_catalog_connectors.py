from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_appflow_isv.exceptions import TenantConfigurationError
from airflow_provider_appflow_isv.operators.catalog import AppFlowListConnectorsOperator
from tests.tasks import run_task

if TYPE_CHECKING:
    from tests.accounts import TenantAccount
    from tests.recording import Recording


def connectors(tenant: TenantAccount, **arguments: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = run_task(AppFlowListConnectorsOperator(task_id="list", **tenant.aws, **arguments))
    return found


def test_all_connectors_are_listed_by_type(tenant: TenantAccount) -> None:
    types = [connector["connectorType"] for connector in connectors(tenant)]
    assert {"Salesforce", "S3", "Redshift"} <= set(types)
    assert types == sorted(types)


@pytest.mark.parametrize(("use", "other"), [("source", "Redshift"), ("destination", "Slack")])
def test_only_connectors_for_a_use_are_listed(use: str, other: str, tenant: TenantAccount) -> None:
    types = {connector["connectorType"] for connector in connectors(tenant, usable_as=use)}
    assert "S3" in types
    assert other not in types


def test_only_the_types_asked_for_are_listed(tenant: TenantAccount) -> None:
    found = connectors(tenant, connector_types=["Salesforce", "S3"])
    assert [connector["connectorType"] for connector in found] == ["S3", "Salesforce"]


def test_one_type_may_be_given_without_a_list(tenant: TenantAccount) -> None:
    assert [connector["connectorType"] for connector in connectors(tenant, connector_types="Salesforce")] == [
        "Salesforce"
    ]


def test_no_types_are_not_all_types(tenant: TenantAccount, recording: Recording) -> None:
    assert connectors(tenant, connector_types=[]) == []
    assert recording.appflow("DescribeConnectors") == []


def test_the_result_is_json(tenant: TenantAccount) -> None:
    found = connectors(tenant)
    assert json.loads(json.dumps(found)) == found


def test_an_unknown_use_is_refused_when_the_dag_is_parsed() -> None:
    with pytest.raises(TenantConfigurationError, match=r"usable_as 'sink' is not known\. Possible are source, dest"):
        AppFlowListConnectorsOperator(task_id="list", usable_as="sink")
