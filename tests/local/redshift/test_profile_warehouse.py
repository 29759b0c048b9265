from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_appflow_isv.local.redshift.warehouse import (
    WarehouseError,
    WarehouseNotFound,
    is_let_in,
    profile_warehouse,
    warehouse,
)
from tests.local.redshift.conftest import CLUSTER, ISV, REGION, TENANT, Aws

HOST = f"{CLUSTER}.cg034hpkmmjt.{REGION}.redshift.amazonaws.com"


@pytest.mark.parametrize(
    "properties",
    [
        {"clusterIdentifier": CLUSTER, "databaseName": "dev"},
        {"clusterIdentifier": CLUSTER, "databaseName": "dev", "isRedshiftServerless": False},
        {"databaseUrl": f"jdbc:redshift://{HOST}:5439/dev"},
        {"databaseUrl": f"jdbc:redshift:iam://{HOST}/Dev?ssl=true"},
        {"databaseUrl": f"jdbc:redshift://{HOST}:5439/dev;ssl=true"},
    ],
)
def test_a_profile_names_a_cluster(isv: Aws, properties: dict[str, Any]) -> None:
    assert profile_warehouse(ISV, REGION, properties) is warehouse(ISV, REGION, CLUSTER, "dev")


@pytest.mark.parametrize(
    "properties",
    [
        {"isRedshiftServerless": True, "workgroupName": "wg-a", "databaseName": "dev"},
        {"databaseUrl": f"jdbc:redshift://wg-a.{ISV}.{REGION}.redshift-serverless.amazonaws.com:5439/dev"},
    ],
)
def test_a_profile_names_a_workgroup(properties: dict[str, Any]) -> None:
    assert profile_warehouse(ISV, REGION, properties) is warehouse(ISV, REGION, "wg-a", "dev", serverless=True)


def test_a_url_prefers_the_profiles_own_cluster(isv: Aws, tenant: Aws) -> None:
    own = profile_warehouse(ISV, REGION, {"databaseUrl": f"jdbc:redshift://{HOST}:5439/dev"})

    assert own is warehouse(ISV, REGION, CLUSTER, "dev")


def test_a_url_may_name_the_cluster_of_another_account(tenant: Aws) -> None:
    tenant.create_cluster("only-theirs")
    host = HOST.replace(CLUSTER, "only-theirs")

    theirs = profile_warehouse(ISV, "eu-west-1", {"databaseUrl": f"jdbc:redshift://{host}:5439/dev"})

    assert theirs is warehouse(TENANT, REGION, "only-theirs", "dev")


def test_a_cluster_identifier_never_names_the_cluster_of_another_account(tenant: Aws) -> None:
    tenant.create_cluster("only-theirs")

    with pytest.raises(WarehouseNotFound):
        profile_warehouse(ISV, REGION, {"clusterIdentifier": "only-theirs", "databaseName": "dev"})


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({}, "Redshift: no warehouse is named; give clusterIdentifier"),
        ({"workgroupName": "wg-a", "databaseName": "dev"}, "Redshift: no warehouse is named"),
        ({"clusterIdentifier": CLUSTER}, "databaseName: it is missing"),
        ({"isRedshiftServerless": True, "databaseName": "dev"}, "workgroupName: it is missing"),
        ({"isRedshiftServerless": True, "workgroupName": "wg-a"}, "databaseName: it is missing"),
        ({"databaseUrl": "jdbc:postgresql://localhost:5432/dev"}, "databaseUrl: .* is none of Redshift; write jdbc:"),
        ({"databaseUrl": f"jdbc:redshift://{HOST}:5439"}, "databaseUrl: .* is none of Redshift"),
    ],
)
def test_what_a_profile_lacks_is_named(isv: Aws, properties: dict[str, Any], message: str) -> None:
    with pytest.raises(WarehouseError, match=message):
        profile_warehouse(ISV, REGION, properties)


def test_a_url_of_an_unknown_cluster_is_refused(isv: Aws) -> None:
    host = HOST.replace(CLUSTER, "no-such-cluster")

    with pytest.raises(WarehouseNotFound, match="Redshift endpoint doesn't exist in this region"):
        profile_warehouse(ISV, REGION, {"databaseUrl": f"jdbc:redshift://{host}:5439/dev"})


@pytest.mark.parametrize(
    ("username", "password", "let_in"),
    [("admin", "Example-1", True), ("admin", "Example-2", False), ("other", "Example-1", False)],
)
def test_a_cluster_lets_its_master_user_in_and_nobody_else(
    tenant: Aws, username: str, password: str, let_in: bool
) -> None:
    tenant.create_cluster("only-theirs")
    url = f"jdbc:redshift://{HOST.replace(CLUSTER, 'only-theirs')}:5439/dev"

    assert is_let_in(ISV, url, username, password) is let_in


def test_a_workgroup_lets_everybody_in() -> None:
    url = f"jdbc:redshift://wg-a.{ISV}.{REGION}.redshift-serverless.amazonaws.com:5439/dev"

    assert is_let_in(ISV, url, "anybody", "Example1")
