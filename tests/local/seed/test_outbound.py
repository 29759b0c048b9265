"""The file that a tenant has for Salesforce can be loaded there, once AppFlow may read it."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from airflow_provider_appflow_isv.local.appflow import wait_until_ended
from airflow_provider_appflow_isv.local.seed import REGION, account_client
from tests.accounts import TenantAccount

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.seed import Tenant
    from airflow_provider_appflow_isv.local.stack import LocalStack


@pytest.fixture
def account(stack: LocalStack, tenant: Tenant) -> TenantAccount:
    return TenantAccount(tenant, stack)


def rows_of(account: TenantAccount) -> list[dict[str, str]]:
    content = account.objects(account.tenant.bucket)[f"{account.tenant.outbound_prefix}/accounts.csv"]
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def upsert(profile: str, account: TenantAccount) -> dict[str, Any]:
    """CreateFlow's request for the file to Account, by the external id."""
    salesforce = {"object": "Account", "writeOperationType": "UPSERT", "idFieldNames": ["External_Id__c"]}
    return {
        "flowName": "outbound",
        "triggerConfig": {"triggerType": "OnDemand"},
        "sourceFlowConfig": {
            "connectorType": "S3",
            "sourceConnectorProperties": {
                "S3": {
                    "bucketName": account.tenant.bucket,
                    "bucketPrefix": account.tenant.outbound_prefix,
                    "s3InputFormatConfig": {"s3InputFileType": "CSV"},
                }
            },
        },
        "destinationFlowConfigList": [
            {
                "connectorType": "Salesforce",
                "connectorProfileName": profile,
                "destinationConnectorProperties": {"Salesforce": salesforce},
            }
        ],
        "tasks": [{"taskType": "Map_all", "sourceFields": [], "connectorOperator": {"S3": "NO_OP"}}],
    }


def allow_reading(account: TenantAccount) -> None:
    bucket = account.tenant.bucket
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "appflow.amazonaws.com"},
        "Action": ["s3:GetObject", "s3:ListBucket"],
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    account_client(account.stack.aws_url, account.account, "s3").put_bucket_policy(Bucket=bucket, Policy=policy)


def test_appflow_may_not_read_the_file_before_it_is_let_in(account: TenantAccount) -> None:
    with pytest.raises(ClientError, match=r"does not allow appflow.amazonaws.com s3:ListBucket"):
        account.client("appflow").create_flow(**upsert(account.make_profile(), account))


def test_a_second_run_updates_the_accounts_that_the_first_has_inserted(account: TenantAccount) -> None:
    allow_reading(account)
    appflow = account.client("appflow")
    appflow.create_flow(**upsert(account.make_profile(), account))
    for _ in range(2):
        execution_id = appflow.start_flow(flowName="outbound")["executionId"]
        assert wait_until_ended(account.account, REGION, "outbound", execution_id) == "Successful"
    records = appflow.describe_flow_execution_records(flowName="outbound")["flowExecutions"]
    assert [each["executionResult"].get("errorInfo") for each in records] == [None, None]
    found = {each["External_Id__c"]: each for each in account.org.records("Account") if each["External_Id__c"]}
    assert {name: each["Name"] for name, each in found.items()} == {
        row["External_Id__c"]: row["Name"] for row in rows_of(account)
    }
    assert (found["ERP-0001"]["NumberOfEmployees"], found["ERP-0001"]["AnnualRevenue"]) == (120, 1500000.50)
    assert len(account.org.records("Account")) == account.tenant.accounts + len(found)
