"""What the keep-fresh DAG makes of its variable, and of what became of the tenants."""

from __future__ import annotations

import runpy
from typing import Any

import pytest

from tests.integration.conftest import DAGS

TENANT = {
    "name": "tenant-a",
    "role_arn": "arn:aws:iam::222222222222:role/appflow-remote-role",
    "external_id": "id",
    "region_name": "us-east-1",
    "secret_id": "login",
    "login_url": "https://login.salesforce.com",
    "instance_url": "https://a.my.salesforce.com",
}


@pytest.fixture(scope="module")
def dag() -> dict[str, Any]:
    return runpy.run_path(str(DAGS / "appflow_keep_fresh.py"))


@pytest.mark.parametrize(
    ("entry", "name", "said"),
    [
        ({**TENANT, "secret_id": None}, "tenant-a", "secret_id missing"),
        ({"name": "tenant-b"}, "tenant-b", "role_arn, external_id, region_name, secret_id, login_url, instance_url"),
        ({**TENANT, "role_arn": "appflow-remote-role"}, "tenant-a", "role_arn is no ARN"),
        ("tenant-b", "entry 1 of appflow_tenants", "name, role_arn"),
    ],
)
def test_an_unusable_entry_is_told_and_keeps_no_other_from_its_refresh(
    entry: Any, name: str, said: str, dag: dict[str, Any]
) -> None:
    good, bad = dag["usable"]([TENANT, entry])
    assert good == [TENANT]
    assert [(each["tenant"], each["problem"]) for each in bad] == [(name, "unusable")]
    assert said in bad[0]["message"]


def test_tenants_in_two_regions_of_an_account_are_told_apart(dag: dict[str, Any]) -> None:
    found = [TENANT, {**TENANT, "name": "tenant-a-eu", "region_name": "eu-west-1"}]
    outcomes = [{"action": "updated"}, {"action": "failed", "message": "see the log"}]
    assert [each["tenant"] for each in dag["in_need"](found, outcomes)] == ["tenant-a-eu"]
