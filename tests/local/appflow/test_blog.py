"""The walk-through of the AWS blog post for ISVs, call by call, in its order (typing slips mended)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from airflow_provider_appflow_isv.local.appflow import wait_until_ended
from tests.local.appflow.conftest import OTHER_ACCOUNT, Aws, Org

LOWER, UPPER = 1609506000000, 1612098000000

BUCKET_POLICY = {
    "Version": "2008-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "appflow.amazonaws.com"},
            "Action": [
                "s3:PutObject",
                "s3:AbortMultipartUpload",
                "s3:ListMultipartUploadParts",
                "s3:ListBucketMultipartUploads",
                "s3:GetBucketAcl",
                "s3:PutObjectAcl",
            ],
            "Resource": ["arn:aws:s3:::appflow-sfdata", "arn:aws:s3:::appflow-sfdata/*"],
        }
    ],
}

SECRET_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "appflow.amazonaws.com"},
            "Action": "secretsmanager:GetSecretValue",
            "Resource": "*",
        }
    ],
}
FLOW = {
    "flowName": "Salesforce2s3",
    "description": "Pull Data From Salesforce to Amazon s3",
    "triggerConfig": {"triggerType": "OnDemand"},
    "sourceFlowConfig": {
        "connectorType": "Salesforce",
        "connectorProfileName": "SalesForceAPI",
        "sourceConnectorProperties": {"Salesforce": {"object": "Account"}},
    },
    "destinationFlowConfigList": [
        {
            "connectorType": "S3",
            "connectorProfileName": "S3",
            "destinationConnectorProperties": {
                "S3": {"bucketName": "appflow-sfdata", "s3OutputFormatConfig": {"fileType": "JSON"}}
            },
        }
    ],
    "tasks": [
        {
            "sourceFields": ["Id", "Name", "CreatedDate"],
            "taskProperties": {"DATA_TYPE": "string"},
            "destinationField": "Id",
            "connectorOperator": {"Salesforce": "PROJECTION"},
            "taskType": "Filter",
        },
        {
            "sourceFields": ["CreatedDate"],
            "destinationField": "CreatedDate",
            "connectorOperator": {"Salesforce": "BETWEEN"},
            "taskType": "Filter",
            "taskProperties": {"DATA_TYPE": "datetime", "LOWER_BOUND": str(LOWER), "UPPER_BOUND": str(UPPER)},
        },
        {
            "sourceFields": ["Id"],
            "destinationField": "Id",
            "taskProperties": {"DATA_TYPE": "string"},
            "taskType": "Map",
        },
        {
            "sourceFields": ["Name"],
            "destinationField": "Name",
            "taskProperties": {"DATA_TYPE": "string"},
            "taskType": "Map",
        },
        {
            "sourceFields": ["CreatedDate"],
            "destinationField": "CreatedDate",
            "taskProperties": {"DATA_TYPE": "datetime"},
            "taskType": "Map",
        },
    ],
}


def is_inside(record: dict[str, Any]) -> bool:
    created = datetime.fromisoformat(record["CreatedDate"]).astimezone(UTC)
    return LOWER < created.timestamp() * 1000 < UPPER


def test_the_calls_of_the_blog_work_in_its_order(aws: Aws, org: Org) -> None:
    s3 = aws.client("s3", OTHER_ACCOUNT)
    s3.create_bucket(Bucket="appflow-sfdata", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    s3.put_bucket_policy(Bucket="appflow-sfdata", Policy=json.dumps(BUCKET_POLICY))
    client = aws.client("appflow", OTHER_ACCOUNT)

    assert "Salesforce" in client.describe_connectors(connectorTypes=[])["connectorConfigurations"]

    secrets = aws.client("secretsmanager", OTHER_ACCOUNT)
    app = json.dumps({"clientId": "example", "clientSecret": "example"})
    secret_arn = secrets.create_secret(Name="AppFlowSalesforce", SecretString=app)["ARN"]
    secrets.put_resource_policy(SecretId=secret_arn, ResourcePolicy=json.dumps(SECRET_POLICY))
    profile = client.create_connector_profile(
        connectorProfileName="SalesForceAPI",
        connectorType="Salesforce",
        connectionMode="Public",
        connectorProfileConfig={
            "connectorProfileProperties": {
                "Salesforce": {"instanceUrl": org.instance_url, "isSandboxEnvironment": False}
            },
            "connectorProfileCredentials": {
                "Salesforce": {
                    "clientCredentialsArn": secret_arn,
                    "accessToken": org.access_token,
                    "refreshToken": "refreshToken",
                }
            },
        },
    )
    assert profile["connectorProfileArn"] == (
        f"arn:aws:appflow:us-west-2:{OTHER_ACCOUNT}:connectorprofile/SalesForceAPI"
    )

    created = client.create_flow(**FLOW)
    assert created["flowArn"] == f"arn:aws:appflow:us-west-2:{OTHER_ACCOUNT}:flow/Salesforce2s3"
    assert created["flowStatus"] == "Active"
    assert [p["connectorProfileName"] for p in client.describe_connector_profiles()["connectorProfileDetails"]] == [
        "SalesForceAPI"
    ]

    started = client.start_flow(flowName="Salesforce2s3")
    assert (started["flowArn"], started["flowStatus"]) == (created["flowArn"], "Active")
    execution_id = started["executionId"]
    assert wait_until_ended(OTHER_ACCOUNT, "us-west-2", "Salesforce2s3", execution_id) == "Successful"

    landed = aws.objects(account=OTHER_ACCOUNT)
    expected = [{k: r[k] for k in ("Id", "Name", "CreatedDate")} for r in org.accounts if is_inside(r)]
    assert list(landed) == [f"Salesforce2s3/{execution_id}"]
    assert [json.loads(line) for line in landed[f"Salesforce2s3/{execution_id}"].splitlines()] == expected
    assert 0 < len(expected) < len(org.accounts)

    with pytest.raises(client.exceptions.UnsupportedOperationException):
        client.stop_flow(flowName="Salesforce2s3")
    client.delete_flow(flowName="Salesforce2s3")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.describe_flow(flowName="Salesforce2s3")
