"""The example DAG in a role that the generated template makes, with IAM enforced."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from airflow_provider_appflow_isv.local import identity
from airflow_provider_appflow_isv.local.seed import ISV_ACCOUNT
from airflow_provider_appflow_isv.onboarding import TenantSetup
from tests.onboarding.roles import OnboardedTenant

if TYPE_CHECKING:
    from tests.accounts import TenantAccount
    from tests.integration.conftest import DagRun, RunDag

TASKS = [
    "list_connectors",
    "grant_bucket_access",
    "refresh_connector_profile",
    "create_flow",
    "run_flow",
    "read_what_landed",
]


@pytest.fixture
def _enforced() -> Iterator[None]:
    identity.enforce(True)
    yield
    identity.enforce(False)


@pytest.fixture
def onboarded(run_dag: RunDag, tenants: dict[str, TenantAccount], _enforced: None) -> DagRun:
    tenant = tenants["tenant-c"]
    setup = TenantSetup(
        isv_principal=ISV_ACCOUNT,
        steps=[
            "list-connectors",
            "grant-bucket-access",
            "upsert-connector-profile",
            "upsert-flow",
            "run-flow",
            "read-data",
        ],
        flows=["salesforce-accounts"],
        profiles=["salesforce"],
        buckets=[tenant.tenant.bucket],
        secrets=[tenant.tenant.secret_id],
    )
    role = OnboardedTenant(tenant, setup)
    members = {"role_arn": role.aws["role_arn"], "external_id": role.aws["external_id"]}
    listed = [each for each in tenant.stack.seed().tenants_variable() if each["name"] == "tenant-c"]
    variable = json.dumps([{**listed[0], **members}])
    return run_dag("appflow_end_user_account", {"tenant": "tenant-c"}, AIRFLOW_VAR_APPFLOW_TENANTS=variable)


def test_the_dag_for_one_tenant_succeeds_with_what_the_template_gives(onboarded: DagRun) -> None:
    assert onboarded.states == {(task, -1): "success" for task in TASKS}
    assert onboarded.xcoms("read_what_landed")[-1]["first_rows"]
