"""A local AWS with AppFlow and a local Salesforce, served once, emptied before each test."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import requests
from botocore.config import Config
from moto.server import ThreadedMotoServer

from airflow_provider_appflow_isv.local.appflow import register, wait_until_ended
from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from airflow_provider_appflow_isv.local.salesforce import Orgs, create_app
from airflow_provider_appflow_isv.local.servicenow import Instance, Instances
from airflow_provider_appflow_isv.local.servicenow import create_app as create_servicenow
from tests.local.saas import served

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

ACCOUNT = "123456789012"
OTHER_ACCOUNT = "999999999999"
REGION = "us-west-2"
BUCKET = "appflow-sfdata"

_org_numbers = itertools.count(1)
_instance_numbers = itertools.count(1)


@dataclass
class Aws:
    """The local AWS, seen from any account."""

    url: str

    def client(self, service: str, account: str = ACCOUNT, region: str = REGION) -> Any:
        make_client: Any = boto3.client  # its stub wants the service as a literal
        client = make_client(
            service,
            region_name=region,
            endpoint_url=self.url,
            aws_access_key_id="local",
            aws_secret_access_key="local",
            config=Config(retries={"total_max_attempts": 1}),
        )

        def choose_account(request: Any, **_: Any) -> None:
            request.headers["x-moto-account-id"] = account

        client.meta.events.register("before-sign", choose_account)
        return client

    def make_bucket(
        self,
        name: str = BUCKET,
        account: str = ACCOUNT,
        region: str = REGION,
        policy: dict[str, Any] | None = None,
    ) -> None:
        s3 = self.client("s3", account, region)
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": region})
        s3.put_bucket_policy(Bucket=name, Policy=json.dumps(policy or allow_appflow(name)))

    def objects(self, bucket: str = BUCKET, account: str = ACCOUNT) -> dict[str, bytes]:
        s3 = self.client("s3", account)
        listed = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
        return {each["Key"]: s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read() for each in listed}


@dataclass
class Org:
    """One local Salesforce org with a live access token."""

    salesforce: Any
    access_token: str

    @property
    def instance_url(self) -> str:
        return str(self.salesforce.instance_url)

    @property
    def accounts(self) -> list[dict[str, Any]]:
        return list(self.salesforce.records("Account"))

    def new_token(self) -> str:
        return str(self.salesforce.sessions.issue("app", "user@example.com", "api").access_token)


def allow_appflow(bucket: str, **statement: Any) -> dict[str, Any]:
    """A bucket policy that lets AppFlow read and write; ``statement`` changes its members."""
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": "appflow.amazonaws.com"},
        "Action": ["s3:PutObject", "s3:GetObject", "s3:ListBucket"],
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
    }
    return {"Version": "2012-10-17", "Statement": [{**allow, **statement}]}


def profile_request(org: Org, name: str = "SalesForceAPI", **credentials: Any) -> dict[str, Any]:
    return {
        "connectorProfileName": name,
        "connectorType": "Salesforce",
        "connectionMode": "Public",
        "connectorProfileConfig": {
            "connectorProfileProperties": {"Salesforce": {"instanceUrl": org.instance_url}},
            "connectorProfileCredentials": {"Salesforce": {"accessToken": org.access_token, **credentials}},
        },
    }


def map_fields(*names: str) -> list[dict[str, Any]]:
    """A projection of the fields and one Map task for each."""
    projection = {
        "taskType": "Filter",
        "sourceFields": list(names),
        "connectorOperator": {"Salesforce": "PROJECTION"},
    }
    maps = [{"taskType": "Map", "sourceFields": [name], "destinationField": name} for name in names]
    return [projection, *maps]


def filter_task(field: str, operator: str, **properties: str) -> dict[str, Any]:
    return {
        "taskType": "Filter",
        "sourceFields": [field],
        "destinationField": field,
        "connectorOperator": {"Salesforce": operator},
        "taskProperties": properties,
    }


def flow_request(name: str = "accounts", tasks: list[dict[str, Any]] | None = None, **changes: Any) -> dict[str, Any]:
    """CreateFlow's request for Salesforce accounts to S3; ``output`` and ``source`` change the properties."""
    output = changes.pop("output", {})
    return {
        "flowName": name,
        "triggerConfig": {"triggerType": "OnDemand"},
        "sourceFlowConfig": {
            "connectorType": "Salesforce",
            "connectorProfileName": "SalesForceAPI",
            "sourceConnectorProperties": {"Salesforce": {"object": "Account"} | changes.pop("source", {})},
        },
        "destinationFlowConfigList": [
            {
                "connectorType": "S3",
                "destinationConnectorProperties": {
                    "S3": {"bucketName": BUCKET, "bucketPrefix": "landing", "s3OutputFormatConfig": output}
                },
            }
        ],
        "tasks": tasks or map_fields("Id", "Name"),
        **changes,
    }


def scheduled(**properties: Any) -> dict[str, Any]:
    expression = {"scheduleExpression": "rate(1hours)"}
    return {"triggerType": "Scheduled", "triggerProperties": {"Scheduled": expression | properties}}


def message_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Message"])


def run_and_wait(client: Any, flow_name: str, account: str = ACCOUNT, region: str = REGION) -> dict[str, Any]:
    """Run a flow on demand and return the record of the ended run."""
    execution_id = client.start_flow(flowName=flow_name)["executionId"]
    return ended_record(client, flow_name, execution_id, account, region)


def ended_record(
    client: Any, flow_name: str, execution_id: str, account: str = ACCOUNT, region: str = REGION
) -> dict[str, Any]:
    wait_until_ended(account, region, flow_name, execution_id)
    return record_of(client, flow_name, execution_id)


def record_of(client: Any, flow_name: str, execution_id: str) -> dict[str, Any]:
    records = client.describe_flow_execution_records(flowName=flow_name)["flowExecutions"]
    found: dict[str, Any] = next(record for record in records if record["executionId"] == execution_id)
    return found


@pytest.fixture(scope="session")
def served_aws() -> Iterator[Aws]:
    register()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    yield Aws(f"http://127.0.0.1:{port}")
    server.stop()


@pytest.fixture(scope="session")
def orgs() -> Iterator[Orgs]:
    orgs = Orgs("http://127.0.0.1:0", record_clock=settings.now)
    with served(create_app(orgs)) as orgs.login_url:
        yield orgs
        orgs.close()


@pytest.fixture
def aws(served_aws: Aws) -> Iterator[Aws]:
    settings.reset()
    requests.post(f"{served_aws.url}/moto-api/reset", timeout=30).raise_for_status()
    yield served_aws
    settings.reset()
    requests.post(f"{served_aws.url}/moto-api/reset", timeout=30).raise_for_status()  # ends what flows do by themselves


@pytest.fixture
def org(orgs: Orgs) -> Org:
    return make_org(orgs)


def make_org(orgs: Orgs, accounts: int = 25) -> Org:
    made = orgs.create(f"org-{next(_org_numbers)}", accounts=accounts)
    made.add_user("user@example.com")
    org = Org(made, "")
    org.access_token = org.new_token()
    return org


@pytest.fixture
def appflow(aws: Aws) -> Any:
    return aws.client("appflow")


@pytest.fixture
def connected(aws: Aws, appflow: Any, org: Org) -> Any:
    """An AppFlow client of an account that has a Salesforce profile and a bucket that AppFlow may write to."""
    appflow.create_connector_profile(**profile_request(org))
    aws.make_bucket()
    return appflow


@pytest.fixture(scope="session")
def instances() -> Iterator[Instances]:
    """A local ServiceNow, to which tests add instances."""
    instances = Instances("", record_clock=settings.now)
    with served(create_servicenow(instances)) as instances.base_url:
        yield instances


@pytest.fixture
def instance(instances: Instances) -> Instance:
    """A ServiceNow instance with 25 incidents and a user."""
    return make_instance(instances)


def make_instance(instances: Instances, incidents: int = 25) -> Instance:
    instance = instances.create(f"instance-{next(_instance_numbers)}", incidents)
    instance.add_user("loader", "planted-password")
    return instance
