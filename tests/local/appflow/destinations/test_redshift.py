"""A flow into Redshift: profile, staging, loading, and what the table refuses."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from airflow_provider_appflow_isv.local.redshift.warehouse import Warehouse, warehouse
from tests.local.appflow.conftest import (
    ACCOUNT,
    BUCKET,
    OTHER_ACCOUNT,
    REGION,
    Aws,
    Org,
    flow_request,
    map_fields,
    message_of,
    run_and_wait,
)

PASSWORD = "Example1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/redshift-data"
SERVERLESS = {"isRedshiftServerless": True, "workgroupName": "loads", "databaseName": "dev"}
COLUMNS = ("Id", "Name", "NumberOfEmployees", "AnnualRevenue", "CreatedDate")
TABLE = """
    create table public.account (
        id varchar(18), name varchar(255), numberofemployees integer, annualrevenue decimal(18, 2),
        createddate timestamptz)"""


def redshift_profile(name: str = "warehouse", **properties: Any) -> dict[str, Any]:
    required = {"bucketName": BUCKET, "roleArn": ROLE, "dataApiRoleArn": ROLE}
    return {
        "connectorProfileName": name,
        "connectorType": "Redshift",
        "connectionMode": "Public",
        "connectorProfileConfig": {
            "connectorProfileProperties": {"Redshift": {**required, **SERVERLESS, **properties}},
        },
    }


def to_redshift(*columns: str, **destination: Any) -> dict[str, Any]:
    """CreateFlow's request for Salesforce accounts to a table."""
    properties = {"object": "public.account", "intermediateBucketName": BUCKET, "bucketPrefix": "staging"}
    end = {
        "connectorType": "Redshift",
        "connectorProfileName": "warehouse",
        "destinationConnectorProperties": {"Redshift": {**properties, **destination}},
    }
    return flow_request(tasks=map_fields(*(columns or COLUMNS)), destinationFlowConfigList=[end])


@pytest.fixture
def loads(connected: Any) -> Warehouse:
    """The database of a workgroup, with a table for accounts and a profile that leads to it."""
    found = warehouse(ACCOUNT, REGION, "loads", "dev", serverless=True)
    found.execute(TABLE)
    connected.create_connector_profile(**redshift_profile())
    return found


def test_the_records_are_rows_of_the_table_with_its_types(aws: Aws, connected: Any, org: Org, loads: Warehouse) -> None:
    connected.create_flow(**to_redshift())
    record = run_and_wait(connected, "accounts")
    assert record["executionStatus"] == "Successful"
    rows = loads.execute("select id, name, numberofemployees from account order by id").rows
    expected = sorted((each["Id"], each["Name"], each["NumberOfEmployees"]) for each in org.accounts)
    assert list(rows) == expected


def test_the_records_are_staged_in_the_intermediate_bucket(aws: Aws, connected: Any, loads: Warehouse) -> None:
    connected.create_flow(**to_redshift("Id", "Name"))
    record = run_and_wait(connected, "accounts")
    staged = aws.objects()[f"staging/accounts/{record['executionId']}"]
    assert len(list(csv.DictReader(io.StringIO(staged.decode(), newline="")))) == 25
    assert record["executionResult"]["bytesWritten"] == len(staged)


def test_a_second_run_inserts_the_records_again(connected: Any, loads: Warehouse) -> None:
    connected.create_flow(**to_redshift())
    for _ in range(2):
        run_and_wait(connected, "accounts")
    assert loads.execute("select count(*) from account").rows == ((50,),)


def test_a_record_that_the_table_cannot_hold_is_left_out_and_kept(
    aws: Aws, connected: Any, org: Org, loads: Warehouse
) -> None:
    org.accounts[7]["Name"] = "x" * 300
    connected.create_flow(**to_redshift(errorHandlingConfig={"bucketName": BUCKET, "bucketPrefix": "errors"}))
    record = run_and_wait(connected, "accounts")
    assert record["executionStatus"] == "Successful"
    assert record["executionResult"]["errorInfo"]["putFailuresCount"] == 1
    assert loads.execute("select count(*) from account").rows == ((24,),)
    kept = aws.objects()[f"errors/accounts/{record['executionId']}/errors"]
    assert [json.loads(line)["record"]["Name"] for line in kept.splitlines()] == ["x" * 300]


def test_a_record_that_cannot_be_loaded_is_told_by_its_row_in_the_staged_file(
    aws: Aws, connected: Any, org: Org, loads: Warehouse
) -> None:
    for place in (7, 9, 20):
        org.accounts[place]["Name"] = "x" * 300
    connected.create_flow(**to_redshift(errorHandlingConfig={"bucketName": BUCKET, "bucketPrefix": "errors"}))
    record = run_and_wait(connected, "accounts")
    staged = aws.objects()[f"staging/accounts/{record['executionId']}"].decode()
    names = [row["Name"] for row in csv.DictReader(io.StringIO(staged, newline=""))]
    wrong = [row for row, name in enumerate(names, start=1) if len(name) == 300]
    assert len(wrong) == 3
    found = loads.execute("select line_number from stl_load_errors order by line_number").rows
    assert [row for (row,) in found] == wrong
    kept = aws.objects()[f"errors/accounts/{record['executionId']}/errors"].splitlines()
    assert all(f"(row {row}, column name:" in json.loads(line)["error"] for row, line in zip(wrong, kept, strict=True))
    assert loads.execute("select count(*) from account").rows == ((22,),)


def test_refused_records_are_kept_when_the_load_fails_later(
    aws: Aws, connected: Any, org: Org, loads: Warehouse
) -> None:
    loads.execute("drop table public.account")
    loads.execute(TABLE.replace("timestamptz)", "timestamptz, region varchar(3) not null)"))
    org.accounts[7]["Name"] = "x" * 300
    connected.create_flow(**to_redshift(errorHandlingConfig={"bucketName": BUCKET, "bucketPrefix": "errors"}))
    record = run_and_wait(connected, "accounts")
    assert record["executionStatus"] == "Error"
    kept = aws.objects()[f"errors/accounts/{record['executionId']}/errors"]
    assert [json.loads(line)["record"]["Name"] for line in kept.splitlines()] == ["x" * 300]


def test_the_first_record_that_cannot_be_loaded_ends_the_run_if_the_flow_says_so(
    connected: Any, org: Org, loads: Warehouse
) -> None:
    org.accounts[7]["Name"] = "x" * 300
    connected.create_flow(**to_redshift(errorHandlingConfig={"failOnFirstDestinationError": True}))
    record = run_and_wait(connected, "accounts")
    assert record["executionStatus"] == "Error"
    assert "Load into table 'account' failed" in record["executionResult"]["errorInfo"]["executionMessage"]
    assert loads.execute("select count(*) from account").rows == ((0,),)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("drop table public.account", "Cannot COPY into nonexistent table account"),
        ("alter table public.account drop column name", 'column "name" of relation "account" does not exist'),
    ],
)
def test_a_table_that_does_not_fit_ends_the_run_in_error(
    connected: Any, loads: Warehouse, statement: str, said: str
) -> None:
    loads.execute(statement)
    connected.create_flow(**to_redshift())
    record = run_and_wait(connected, "accounts")
    assert record["executionStatus"] == "Error"
    assert said in record["executionResult"]["errorInfo"]["executionMessage"]


def test_a_bucket_that_does_not_let_appflow_in_ends_the_run_in_error(
    aws: Aws, connected: Any, loads: Warehouse
) -> None:
    aws.client("s3").delete_bucket_policy(Bucket=BUCKET)
    connected.create_flow(**to_redshift())
    record = run_and_wait(connected, "accounts")
    assert "Access Denied" in record["executionResult"]["errorInfo"]["executionMessage"]


@pytest.fixture
def tenants(aws: Aws) -> Warehouse:
    """The database of a cluster in another account, with a table for accounts."""
    aws.client("redshift", OTHER_ACCOUNT).create_cluster(
        ClusterIdentifier="tenant", NodeType="ra3.large", MasterUsername="loader", MasterUserPassword=PASSWORD
    )
    found = warehouse(OTHER_ACCOUNT, REGION, "tenant", "dev")
    found.execute(TABLE)
    return found


def jdbc_profile(password: str = PASSWORD) -> dict[str, Any]:
    """CreateConnectorProfile's request for the cluster in the other account."""
    role = f"arn:aws:iam::{OTHER_ACCOUNT}:role/copy"
    url = f"jdbc:redshift://tenant.cg034hpkmmjt.{REGION}.redshift.amazonaws.com:5439/dev"
    request = redshift_profile()
    request["connectorProfileConfig"] = {
        "connectorProfileProperties": {"Redshift": {"bucketName": BUCKET, "roleArn": role, "databaseUrl": url}},
        "connectorProfileCredentials": {"Redshift": {"username": "loader", "password": password}},
    }
    return request


def test_a_flow_of_the_isvs_account_loads_the_warehouse_of_another_account_by_its_url(
    connected: Any, tenants: Warehouse
) -> None:
    connected.create_connector_profile(**jdbc_profile())
    connected.create_flow(**to_redshift())
    assert run_and_wait(connected, "accounts")["executionStatus"] == "Successful"
    assert tenants.execute("select count(*) from account").rows == ((25,),)


def test_a_wrong_password_refuses_the_profile(connected: Any, tenants: Warehouse) -> None:
    with pytest.raises(connected.exceptions.ConnectorAuthenticationException) as caught:
        connected.create_connector_profile(**jdbc_profile("Planted1Password"))
    assert 'password authentication failed for user "loader"' in message_of(caught)
    assert "Planted1Password" not in message_of(caught)


def test_a_password_that_has_changed_since_ends_the_run_in_error(aws: Aws, connected: Any, tenants: Warehouse) -> None:
    connected.create_connector_profile(**jdbc_profile())
    connected.create_flow(**to_redshift())
    aws.client("redshift", OTHER_ACCOUNT).modify_cluster(ClusterIdentifier="tenant", MasterUserPassword="Example2")
    record = run_and_wait(connected, "accounts")
    assert "password authentication failed" in record["executionResult"]["errorInfo"]["executionMessage"]
    assert tenants.execute("select count(*) from account").rows == ((0,),)


def test_a_data_api_role_of_another_account_refuses_the_profile(connected: Any, tenants: Warehouse) -> None:
    role = f"arn:aws:iam::{OTHER_ACCOUNT}:role/redshift-data"
    properties: dict[str, Any] = {"isRedshiftServerless": False, "clusterIdentifier": "tenant", "dataApiRoleArn": role}
    with pytest.raises(connected.exceptions.ValidationException) as caught:
        connected.create_connector_profile(**redshift_profile(**properties))
    assert f"dataApiRoleArn must be a role of the account {ACCOUNT}" in message_of(caught)


def test_a_cluster_that_does_not_exist_refuses_the_profile(appflow: Any) -> None:
    request = redshift_profile(isRedshiftServerless=False, clusterIdentifier="nowhere")
    with pytest.raises(appflow.exceptions.ConnectorServerException) as caught:
        appflow.create_connector_profile(**request)
    assert "Redshift endpoint doesn't exist in this region" in message_of(caught)


def test_tables_and_columns_are_the_entities_of_the_profile(connected: Any, loads: Warehouse) -> None:
    entities = connected.list_connector_entities(connectorProfileName="warehouse")["connectorEntityMap"]
    assert [entity["name"] for entity in entities["Objects"]] == ["public.account"]
    described = connected.describe_connector_entity(
        connectorProfileName="warehouse", connectorEntityName="public.account"
    )
    names = [field["identifier"] for field in described["connectorEntityFields"]]
    assert names == [column.lower() for column in COLUMNS]
