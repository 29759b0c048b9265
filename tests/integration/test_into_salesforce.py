from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_appflow_isv.local.seed.outbound import accounts_csv
from airflow_provider_appflow_isv.local.seed.salesforce import make_login
from tests.accounts import fresh

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.salesforce import Org
    from tests.accounts import TenantAccount
    from tests.integration.conftest import DagRun, RunDag

STEPS = ["grant_bucket_access", "refresh_connector_profile", "create_flow", "run_flow", "count_records"]
FLOW = "accounts-into-salesforce"
BEFORE = 4  # accounts of the org


@pytest.fixture(scope="module")
def org(tenants: dict[str, TenantAccount]) -> Org:
    """An org that no other test counts the records of; it has an account of the file already."""
    org = tenants["tenant-a"].stack.orgs.create(fresh("outbound"), accounts=BEFORE)
    org.update("Account", str(org.records("Account")[0]["Id"]), External_Id__c=from_file()[0]["External_Id__c"])
    return org


@pytest.fixture(scope="module")
def written(run_dag: RunDag, tenants: dict[str, TenantAccount], org: Org) -> DagRun:
    tenant = tenants["tenant-a"]
    variable = [
        {
            **settings,
            "login_url": org.my_domain_url,
            "instance_url": org.my_domain_url,
            "secret_id": tenant.make_secret(make_login(org, "client_credentials")),
        }
        for settings in tenant.stack.seed().tenants_variable()
        if settings["name"] == "tenant-a"
    ]
    return run_dag("appflow_into_salesforce", AIRFLOW_VAR_APPFLOW_TENANTS=json.dumps(variable))


def from_file() -> list[dict[str, Any]]:
    """The file's rows as the org should have them."""
    rows: list[dict[str, Any]] = list(csv.DictReader(accounts_csv().decode().splitlines()))
    numbers = {"NumberOfEmployees": int, "AnnualRevenue": float}
    return [{name: numbers.get(name, str)(value) if value else None for name, value in row.items()} for row in rows]


def in_org(org: Org) -> list[dict[str, Any]]:
    names = from_file()[0]
    records = [record for record in org.records("Account") if record["External_Id__c"]]
    return sorted(({name: record[name] for name in names} for record in records), key=lambda row: row["External_Id__c"])


def test_the_dag_succeeds_in_every_step(written: DagRun) -> None:
    assert written.states == {(step, -1): "success" for step in STEPS}


def test_the_org_has_the_accounts_of_the_file(written: DagRun, org: Org) -> None:
    assert in_org(org) == from_file()


def test_the_account_that_was_there_is_not_doubled(written: DagRun, org: Org) -> None:
    assert len(org.records("Account")) == BEFORE + len(from_file()) - 1


def test_the_records_are_counted(written: DagRun) -> None:
    assert written.xcoms("count_records")[-1] == {"read": len(from_file()), "written": len(from_file())}


def test_another_run_of_the_flow_changes_nothing(written: DagRun, org: Org, tenants: dict[str, TenantAccount]) -> None:
    before = [record["Id"] for record in org.records("Account")]
    tenants["tenant-a"].run(FLOW)
    assert [record["Id"] for record in org.records("Account")] == before
    assert in_org(org) == from_file()
