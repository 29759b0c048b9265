"""A tenant of the local stack as tests see it: its account, its org, and what a task needs to reach both."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv.local.appflow import appflow_backends, wait_until_ended
from airflow_provider_appflow_isv.local.appflow.controls.quotas import quotas
from airflow_provider_appflow_isv.local.appflow.flows.flow import FlowRun
from airflow_provider_appflow_isv.local.seed import REGION, Tenant, account_client

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.salesforce import Org
    from airflow_provider_appflow_isv.local.stack import LocalStack

FIELDS = ("Id", "Name", "CreatedDate")
ONE_TRY = {"retries": {"total_max_attempts": 1}}  # botocore must not wait out what a test plans
_numbers = itertools.count(1)


def allow_profiles() -> None:
    """Raise the quota of connector profiles, which the tests of a process fill together, until the next reset."""
    quotas.connector_profiles = 10_000


def fresh(kind: str) -> str:
    """A name that no other test uses."""
    return f"{kind}-{next(_numbers)}"


def map_fields(*names: str) -> list[dict[str, Any]]:
    """The tasks that load these fields and no others."""
    operator = {"Salesforce": "NO_OP"}
    return [
        {"taskType": "Filter", "sourceFields": list(names), "connectorOperator": {"Salesforce": "PROJECTION"}},
        *(
            {"taskType": "Map", "sourceFields": [name], "destinationField": name, "connectorOperator": operator}
            for name in names
        ),
    ]


def created_between(start: datetime, end: datetime) -> dict[str, Any]:
    """The task that keeps records created between the two, both excluded."""
    milliseconds = [str(int(moment.timestamp() * 1000)) for moment in (start, end)]
    bounds = dict(zip(("LOWER_BOUND", "UPPER_BOUND"), milliseconds, strict=True))
    return {
        "taskType": "Filter",
        "sourceFields": ["CreatedDate"],
        "destinationField": "CreatedDate",
        "connectorOperator": {"Salesforce": "BETWEEN"},
        "taskProperties": {"DATA_TYPE": "datetime", **bounds},
    }


NOTHING = created_between(datetime(1999, 1, 1, tzinfo=UTC), datetime(1999, 1, 2, tzinfo=UTC))


def salesforce_to_s3(
    profile: str, bucket: str, *, file_type: str = "JSON", object_name: str = "Account", tasks: Any = None
) -> dict[str, Any]:
    """What a flow's definition needs beside its name, as the operator's arguments."""
    output = {"fileType": file_type}
    s3 = {"bucketName": bucket, "bucketPrefix": "landing", "s3OutputFormatConfig": output}
    return {
        "source_flow_config": {
            "connectorType": "Salesforce",
            "connectorProfileName": profile,
            "sourceConnectorProperties": {"Salesforce": {"object": object_name}},
        },
        "destination_flow_config_list": [
            {"connectorType": "S3", "destinationConnectorProperties": {"S3": s3}},
        ],
        "tasks": map_fields(*FIELDS) if tasks is None else tasks,
    }


@dataclass(frozen=True)
class TenantAccount:
    """One seeded tenant.

    :param tenant: what seeding made.
    :param stack: the stack that it is in.
    """

    tenant: Tenant
    stack: LocalStack

    @property
    def account(self) -> str:
        return self.tenant.account_id

    @property
    def aws(self) -> dict[str, Any]:
        """The arguments with which a task acts in the tenant's account."""
        return {"aws_conn_id": "isv_aws", "role_arn": self.tenant.role_arn, "external_id": self.tenant.external_id}

    @property
    def org(self) -> Org:
        return self.stack.orgs[self.tenant.name]

    @property
    def username(self) -> str:
        return next(iter(self.org.users))

    @property
    def properties(self) -> dict[str, Any]:
        """The connector profile's properties."""
        return {"Salesforce": {"instanceUrl": self.tenant.instance_url}}

    def client(self, service: str) -> Any:
        """A boto3 client with every right in the tenant's account."""
        return account_client(self.stack.aws_url, self.account, service)

    def secret(self) -> dict[str, str]:
        """The Salesforce credentials in the tenant's Secrets Manager."""
        text = self.client("secretsmanager").get_secret_value(SecretId=self.tenant.secret_id)["SecretString"]
        return dict(json.loads(text))

    def make_secret(self, value: Any) -> str:
        """A secret in the tenant's account, with JSON in it unless the value is a text; returns its name."""
        name, text = fresh("secret"), value if isinstance(value, str) else json.dumps(value)
        self.client("secretsmanager").create_secret(Name=name, SecretString=text)
        return name

    def make_bucket(self, *, granted: bool = True) -> str:
        """A bucket, which AppFlow may write to if granted; returns its name."""
        name = fresh(f"{self.tenant.name}-bucket")
        s3 = self.client("s3")
        s3.create_bucket(Bucket=name)
        if granted:
            statement = {
                "Effect": "Allow",
                "Principal": {"Service": "appflow.amazonaws.com"},
                "Action": "s3:PutObject",
                "Resource": f"arn:aws:s3:::{name}/*",
            }
            s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
        return name

    def make_profile(self, name: str | None = None) -> str:
        """A connector profile with a live token; returns its name."""
        name = name or fresh("profile")
        token = self.org.sessions.issue("app", self.username, "api").access_token
        self.client("appflow").create_connector_profile(
            connectorProfileName=name,
            connectorType="Salesforce",
            connectionMode="Public",
            connectorProfileConfig={
                "connectorProfileProperties": self.properties,
                "connectorProfileCredentials": {"Salesforce": {"accessToken": token, "refreshToken": "none"}},
            },
        )
        return name

    def make_flow(self, *, name: str | None = None, trigger: Any = None, bucket: str | None = None, **more: Any) -> str:
        """A flow from the org's accounts to a bucket of its own; returns its name."""
        name = name or fresh("flow")
        definition = salesforce_to_s3(self.make_profile(), bucket or self.make_bucket(), **more)
        self.client("appflow").create_flow(
            flowName=name,
            triggerConfig=trigger or {"triggerType": "OnDemand"},
            sourceFlowConfig=definition["source_flow_config"],
            destinationFlowConfigList=definition["destination_flow_config_list"],
            tasks=definition["tasks"],
        )
        return name

    def make_scheduled_flow(self) -> str:
        """An active flow on a schedule; returns its name."""
        name = self.make_flow(trigger=SCHEDULED)
        self.client("appflow").start_flow(flowName=name)
        return name

    def run_on_schedule(self, flow_name: str) -> str:
        """Start a run as AppFlow's scheduler would; returns its execution id."""
        return appflow_backends[self.account][REGION].start_scheduled_run(flow_name)

    def start(self, flow_name: str) -> str:
        """Start a run; returns its execution id."""
        return str(self.client("appflow").start_flow(flowName=flow_name)["executionId"])

    def run(self, flow_name: str) -> str:
        """A run that has ended; returns its execution id."""
        execution_id = self.start(flow_name)
        self.wait(flow_name, execution_id)
        return execution_id

    def wait(self, flow_name: str, execution_id: str) -> str:
        """Block until a run has ended; returns its status."""
        return wait_until_ended(self.account, REGION, flow_name, execution_id)

    def flow_arn(self, flow_name: str) -> str:
        return f"arn:aws:appflow:{REGION}:{self.account}:flow/{flow_name}"

    def records(self, flow_name: str) -> dict[str, FlowRun]:
        """The flow's runs by execution id, as the local AppFlow keeps them: changing one changes the records."""
        return appflow_backends[self.account][REGION].flows.get(flow_name).runs

    def backdate(self, flow_name: str, count: int) -> list[str]:
        """Give the flow so many runs of long ago, without running it; returns their ids."""
        runs = self.records(flow_name)
        for _ in range(count):
            run = FlowRun(fresh("run"), len(runs) + 1, started_at=1_600_000_000.0 + len(runs), status="Successful")
            run.ended.set_result("Successful")
            runs[run.execution_id] = run
        return list(runs)

    def objects(self, bucket: str) -> dict[str, bytes]:
        """What the bucket holds."""
        s3 = self.client("s3")
        listed = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
        return {item["Key"]: s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read() for item in listed}


SCHEDULED = {
    "triggerType": "Scheduled",
    "triggerProperties": {"Scheduled": {"scheduleExpression": "rate(1hours)", "dataPullMode": "Complete"}},
}
