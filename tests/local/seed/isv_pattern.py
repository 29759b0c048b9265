"""AppFlow in the ISV's account, loading a tenant's warehouse, as the ISV's user asks for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3

from airflow_provider_appflow_isv.local.appflow import wait_until_ended
from airflow_provider_appflow_isv.local.redshift.warehouse import Warehouse, warehouse

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.seed import Seed, Tenant
    from airflow_provider_appflow_isv.local.stack import LocalStack


class Isv:
    """The seeded ISV, with nothing but the keys of its user.

    :param stack: the seeded stack.
    """

    def __init__(self, stack: LocalStack) -> None:
        self.stack = stack
        self.seed: Seed = stack.seed()

    def client(self, service: str) -> Any:
        make_client: Any = boto3.client
        return make_client(
            service,
            region_name=self.seed.region,
            endpoint_url=self.stack.aws_url,
            aws_access_key_id=self.seed.access_key_id,
            aws_secret_access_key=self.seed.secret_access_key,
        )

    def secret(self, name: str) -> Any:
        return json.loads(self.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"])

    def let_appflow_write(self) -> None:
        """Add AppFlow's statement to the policy of the staging bucket."""
        s3, bucket = self.client("s3"), self.seed.staging_bucket
        policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
        policy["Statement"].append(
            {
                "Effect": "Allow",
                "Principal": {"Service": "appflow.amazonaws.com"},
                "Action": "s3:PutObject",
                "Resource": f"arn:aws:s3:::{bucket}/*",
                "Condition": {"StringEquals": {"aws:SourceAccount": self.seed.isv_account}},
            }
        )
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))

    def make_profile(self, name: str, connector_type: str, properties: Any, credentials: Any) -> None:
        self.client("appflow").create_connector_profile(
            connectorProfileName=name,
            connectorType=connector_type,
            connectionMode="Public",
            connectorProfileConfig={
                "connectorProfileProperties": properties,
                "connectorProfileCredentials": credentials,
            },
        )

    def connect(self, tenant: Tenant) -> None:
        """Make a tenant's three profiles."""
        org = self.stack.orgs[tenant.name]
        token = org.sessions.issue("app", next(iter(org.users)), "api").access_token
        self.make_profile(
            f"{tenant.name}-salesforce",
            "Salesforce",
            {"Salesforce": {"instanceUrl": tenant.instance_url}},
            {"Salesforce": {"accessToken": token}},
        )
        self.make_profile(
            f"{tenant.name}-servicenow",
            "Servicenow",
            {"ServiceNow": {"instanceUrl": tenant.servicenow_url}},
            self.secret(tenant.servicenow_secret_id),
        )
        self.make_profile(
            f"{tenant.name}-redshift",
            "Redshift",
            {"Redshift": redshift_properties(self.seed, tenant)},
            self.secret(tenant.redshift_secret_id),
        )

    def load(self, tenant: Tenant, source: tuple[str, str, str], table: str) -> dict[str, Any]:
        """Run a flow of all fields to a table of the tenant's warehouse; returns the run's record.

        :param source: connector type, its member in properties and operators, and the object.
        """
        connector_type, member, entity = source
        appflow, name = self.client("appflow"), f"{tenant.name}-{entity}"
        appflow.create_flow(
            flowName=name,
            triggerConfig={"triggerType": "OnDemand"},
            sourceFlowConfig={
                "connectorType": connector_type,
                "connectorProfileName": f"{tenant.name}-{member.lower()}",
                "sourceConnectorProperties": {member: {"object": entity}},
            },
            destinationFlowConfigList=[
                {
                    "connectorType": "Redshift",
                    "connectorProfileName": f"{tenant.name}-redshift",
                    "destinationConnectorProperties": {
                        "Redshift": {
                            "object": table,
                            "intermediateBucketName": self.seed.staging_bucket,
                            "bucketPrefix": tenant.name,
                        }
                    },
                }
            ],
            tasks=[{"taskType": "Map_all", "sourceFields": [], "connectorOperator": {member: "NO_OP"}}],
        )
        execution_id = appflow.start_flow(flowName=name)["executionId"]
        wait_until_ended(self.seed.isv_account, self.seed.region, name, execution_id)
        (record,) = appflow.describe_flow_execution_records(flowName=name)["flowExecutions"]
        return dict(record)


def redshift_properties(seed: Seed, tenant: Tenant) -> dict[str, str]:
    """RedshiftConnectorProfileProperties of a tenant's warehouse."""
    return {
        "databaseUrl": tenant.redshift_database_url,
        "bucketName": seed.staging_bucket,
        "bucketPrefix": tenant.name,
        "roleArn": tenant.redshift_role_arn,
    }


def warehouse_of(seed: Seed, tenant: Tenant) -> Warehouse:
    return warehouse(tenant.account_id, seed.region, tenant.redshift_cluster, tenant.redshift_database)
