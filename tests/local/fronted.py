"""A running stack with a flow in it, and clients of its AWS endpoint."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import requests
from botocore.config import Config

from airflow_provider_appflow_isv.local.appflow import wait_until_ended
from airflow_provider_appflow_isv.local.seed import REGION, account_client
from airflow_provider_appflow_isv.local.stack import LocalStack
from tests.local.appflow.conftest import BUCKET, allow_appflow, flow_request, make_org, profile_request

ACCOUNT = "222222222222"
POLL = "/describe-flow-execution-records"


@pytest.fixture(scope="module")
def stack() -> Iterator[LocalStack]:
    with LocalStack() as running:
        running.seed()
        appflow = account_client(running.aws_url, ACCOUNT, "appflow")
        s3 = account_client(running.aws_url, ACCOUNT, "s3")
        s3.create_bucket(Bucket=BUCKET)
        s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(allow_appflow(BUCKET)))
        appflow.create_connector_profile(**profile_request(make_org(running.orgs)))
        appflow.create_flow(**flow_request())
        for _ in range(3):
            execution_id = appflow.start_flow(flowName="accounts")["executionId"]
            wait_until_ended(ACCOUNT, REGION, "accounts", execution_id)
        yield running


def client(stack: LocalStack, service: str, **config: Any) -> Any:
    make_client: Any = boto3.client  # its stub wants the service as a literal
    made = make_client(
        service,
        region_name=REGION,
        endpoint_url=stack.aws_url,
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=Config(retries={"total_max_attempts": 1}, **config),
    )
    made.meta.events.register("before-sign", _choose_account)
    return made


def _choose_account(request: Any, **_: Any) -> None:
    request.headers["x-moto-account-id"] = ACCOUNT


def authorization(service: str, region: str = REGION, key: str = "AKIAIOSFODNN7EXAMPLE") -> str:
    scope = f"{key}/20260101/{region}/{service}/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=00"


def post(stack: LocalStack, path: str, body: bytes, **headers: str) -> tuple[int, Any, dict[str, str]]:
    sent = {"Authorization": authorization("appflow"), "x-moto-account-id": ACCOUNT, **headers}
    answer = requests.post(f"{stack.aws_url}{path}", data=body, headers=sent, timeout=30)
    shown = ("content-type", "x-amzn-errortype", "server")
    return answer.status_code, answer.json(), {name: answer.headers[name] for name in shown if name in answer.headers}
