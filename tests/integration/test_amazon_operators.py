"""The amazon provider's AppFlow operators, unchanged, against the local stack: the records that their filters say."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_appflow_isv.local.seed import ISV_ACCOUNT, account_client
from tests.accounts import map_fields, salesforce_to_s3
from tests.integration.conftest import OWN_DAGS, DagRun, RunDag

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.salesforce import Org
    from airflow_provider_appflow_isv.local.stack import LocalStack

BUCKET = "isv-landing"
FLOW = "amazon-operators"
NOON = datetime(2021, 1, 15, tzinfo=UTC)  # the filter date of the DAG
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def org(stack: LocalStack) -> Org:
    made = stack.orgs.create("amazon-operators", accounts=300)
    made.add_user("user@example.com")
    return made


@pytest.fixture(scope="module")
def dag_run(stack: LocalStack, org: Org, run_dag: RunDag) -> DagRun:
    """A run of all operators, on a flow in the ISV's account."""
    s3, appflow = (account_client(stack.aws_url, ISV_ACCOUNT, name) for name in ("s3", "appflow"))
    s3.create_bucket(Bucket=BUCKET)
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": "appflow.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{BUCKET}/*",
    }
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [allow]}))
    token = org.sessions.issue("app", "user@example.com", "api").access_token
    appflow.create_connector_profile(
        connectorProfileName="org",
        connectorType="Salesforce",
        connectionMode="Public",
        connectorProfileConfig={
            "connectorProfileProperties": {"Salesforce": {"instanceUrl": org.instance_url}},
            "connectorProfileCredentials": {"Salesforce": {"accessToken": token}},
        },
    )
    definition = salesforce_to_s3("org", BUCKET, tasks=map_fields("Id", "CreatedDate"))
    appflow.create_flow(
        flowName=FLOW,
        triggerConfig={"triggerType": "OnDemand"},
        sourceFlowConfig=definition["source_flow_config"],
        destinationFlowConfigList=definition["destination_flow_config_list"],
        tasks=definition["tasks"],
    )
    return run_dag("amazon_operators", folder=OWN_DAGS)


def landed(stack: LocalStack, dag_run: DagRun, task_id: str) -> set[str]:
    """Ids of the records that a task's run wrote."""
    (execution_id,) = (
        json.loads(value)
        for task, key, value in dag_run.rows("xcom", "task_id", "key", "value")
        if (task, key) == (task_id, "execution_id")
    )
    s3 = account_client(stack.aws_url, ISV_ACCOUNT, "s3")
    prefix = f"landing/{FLOW}/{execution_id}"
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])]
    content = b"".join(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys)
    return {json.loads(line)["Id"] for line in content.splitlines()}


def test_the_tasks_end_as_the_records_say(dag_run: DagRun) -> None:
    skipped = {task for (task, _), state in dag_run.states.items() if state == "skipped"}
    assert skipped == {"is_skipped"}
    assert set(dag_run.states.values()) == {"success", "skipped"}


@pytest.mark.parametrize(
    ("task_id", "wanted"),
    [
        ("full", lambda _: True),
        ("before", lambda created: created < NOON),
        ("after", lambda created: created > NOON),
        ("daily", lambda created: NOON <= created < NOON + DAY),
        ("as_it_is", lambda created: NOON <= created < NOON + DAY),
        ("empty_day", lambda _: False),
    ],
)
def test_the_records_that_land_are_those_that_the_filter_says(
    stack: LocalStack, dag_run: DagRun, org: Org, task_id: str, wanted: Callable[[datetime], bool]
) -> None:
    expected: set[Any] = {
        account["Id"]
        for account in org.records("Account")
        if wanted(datetime.fromisoformat(str(account["CreatedDate"])))
    }
    assert landed(stack, dag_run, task_id) == expected
