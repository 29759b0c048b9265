"""The AWS endpoint of the local stack: what its front answers itself is what moto would answer."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
import pytest
import requests
from aiobotocore.session import get_session
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from moto.core.authorization import enable_iam_authentication

from airflow_provider_appflow_isv.local import identity
from airflow_provider_appflow_isv.local.appflow import appflow_backends
from airflow_provider_appflow_isv.local.seed import REGION, Tenant, account_client
from tests.local.fronted import ACCOUNT, POLL, authorization, client, post, stack

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.stack import LocalStack

__all__ = ["stack"]  # a fixture

BY_MOTO = f"{POLL}?by=moto"  # a query that AppFlow does not know, but the front leaves any to moto


@pytest.fixture
def tenant(stack: LocalStack) -> Tenant:
    return stack.seed().tenants[0]


def _both(stack: LocalStack, body: bytes, **headers: str) -> tuple[int, Any, dict[str, str]]:
    """What the front answers, which has to be what moto's path answers."""
    answered = post(stack, POLL, body, **headers)
    assert answered == post(stack, BY_MOTO, body, **headers)
    return answered


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"flowName": "accounts"}', 200),
        (b'{"flowName": "accounts", "maxResults": 2}', 200),
        (b'{"flowName": "accounts", "unknown": [1]}', 200),
        (b'{"flowName": "absent"}', 404),
        (b'{"flowName": "no name"}', 400),
        (b'{"flowName": "accounts", "maxResults": 0, "nextToken": 7}', 400),
        (b'{"flowName": "accounts", "nextToken": "made-up"}', 400),
        (b"{}", 400),
        (b"", 400),
        (b"[]", 400),
        (b"flowName=accounts", 400),
    ],
)
def test_a_poll_is_answered_as_moto_would(stack: LocalStack, body: bytes, status: int) -> None:
    assert _both(stack, body)[0] == status


@hypothesis_settings(max_examples=50, deadline=None)
@given(
    body=st.dictionaries(
        st.sampled_from(["flowName", "maxResults", "nextToken", "other"]),
        st.none() | st.booleans() | st.integers(-1, 200) | st.text(max_size=5) | st.just("accounts") | st.just([{}]),
    )
)
def test_no_body_of_a_poll_tells_the_front_from_moto_or_is_a_server_error(
    stack: LocalStack, body: dict[str, Any]
) -> None:
    assert _both(stack, json.dumps(body).encode())[0] < 500


def test_the_pages_of_the_front_and_of_moto_follow_each_other(stack: LocalStack) -> None:
    _, first, _ = post(stack, POLL, b'{"flowName": "accounts", "maxResults": 2}')
    body = json.dumps({"flowName": "accounts", "nextToken": first["nextToken"]}).encode()
    _, second, _ = _both(stack, body)
    starts = [record["startedAt"] for page in (first, second) for record in page["flowExecutions"]]
    assert len(starts) == 3
    assert starts == sorted(starts, reverse=True)


def test_a_poll_shows_what_botocore_reads_as_the_run(stack: LocalStack) -> None:
    run = next(iter(appflow_backends[ACCOUNT][REGION].flows.flows["accounts"].runs.values()))
    record = client(stack, "appflow").describe_flow_execution_records(flowName="accounts")["flowExecutions"][-1]
    assert record["executionId"] == run.execution_id
    assert record["executionStatus"] == "Successful"
    assert record["startedAt"].timestamp() == pytest.approx(run.started_at, abs=0.001)
    assert record["executionResult"]["recordsProcessed"] == 25


@pytest.mark.parametrize(
    "headers",
    [
        {"x-moto-account-id": "333333333333"},
        {"Authorization": authorization("appflow", region="eu-west-1")},
        {"Host": "appflow.eu-west-1.amazonaws.com"},
        {"User-Agent": "client region/eu-west-1"},
        {"x-amz-target": "AppFlow.ListFlows"},
        {"Content-Type": "application/json"},
        {"Expect": "100-continue"},
    ],
)
def test_account_region_and_operation_are_found_as_moto_finds_them(stack: LocalStack, headers: dict[str, str]) -> None:
    _both(stack, b'{"flowName": "accounts"}', **headers)


def test_another_account_or_region_does_not_see_the_flow(stack: LocalStack) -> None:
    body = b'{"flowName": "accounts"}'
    assert post(stack, POLL, body)[0] == 200
    assert post(stack, POLL, body, **{"x-moto-account-id": "333333333333"})[0] == 404
    assert post(stack, POLL, body, Authorization=authorization("appflow", region="eu-west-1"))[0] == 404


def _assumed(stack: LocalStack, tenant: Tenant) -> dict[str, str]:
    seed = stack.seed()
    sts = boto3.client(
        "sts",
        endpoint_url=stack.aws_url,
        region_name=REGION,
        aws_access_key_id=seed.access_key_id,
        aws_secret_access_key=seed.secret_access_key,
    )
    role = sts.assume_role(RoleArn=tenant.role_arn, RoleSessionName="test", ExternalId=tenant.external_id)
    credentials = role["Credentials"]
    return {
        "aws_access_key_id": credentials["AccessKeyId"],
        "aws_secret_access_key": credentials["SecretAccessKey"],
        "aws_session_token": credentials["SessionToken"],
    }


def test_the_key_of_an_assumed_role_is_its_accounts_by_aiobotocore_too(stack: LocalStack, tenant: Tenant) -> None:
    keys = _assumed(stack, tenant)

    async def poll() -> Any:
        where = {"region_name": REGION, "endpoint_url": stack.aws_url}
        async with get_session().create_client("appflow", **where, **keys) as appflow:
            with pytest.raises(appflow.exceptions.ResourceNotFoundException):
                await appflow.describe_flow_execution_records(flowName="absent")
            return await appflow.describe_flow_execution_records(flowName="accounts")

    assert tenant.account_id == ACCOUNT
    assert len(asyncio.run(poll())["flowExecutions"]) == 3


def test_a_deleted_key_is_no_longer_its_accounts(stack: LocalStack) -> None:
    iam = account_client(stack.aws_url, ACCOUNT, "iam")
    iam.create_user(UserName="short-lived")
    key = iam.create_access_key(UserName="short-lived")["AccessKey"]["AccessKeyId"]
    headers = {"Authorization": authorization("appflow", key=key)}
    url, body = f"{stack.aws_url}{POLL}", b'{"flowName": "accounts"}'
    assert requests.post(url, data=body, headers=headers, timeout=30).status_code == 200
    iam.delete_access_key(UserName="short-lived", AccessKeyId=key)
    assert requests.post(url, data=body, headers=headers, timeout=30).status_code == 404


def test_moto_records_polls_while_it_records(stack: LocalStack) -> None:
    recorder = f"{stack.aws_url}/moto-api/recorder"
    requests.post(f"{recorder}/reset-recording", timeout=30)
    requests.post(f"{recorder}/start-recording", timeout=30)
    try:
        post(stack, POLL, b'{"flowName": "accounts"}')
    finally:
        requests.post(f"{recorder}/stop-recording", timeout=30)
    recorded = requests.get(f"{recorder}/download-recording", timeout=30).text
    assert [urlsplit(json.loads(line)["url"]).path for line in recorded.splitlines()] == [POLL]


def test_a_poll_is_refused_where_moto_checks_permissions(stack: LocalStack) -> None:
    with enable_iam_authentication():
        status, _, headers = _both(stack, b'{"flowName": "accounts"}')
    assert (status, headers["x-amzn-errortype"]) == (403, "AccessDeniedException")


def test_a_poll_is_refused_where_identity_policies_are_enforced(stack: LocalStack) -> None:
    user = account_client(stack.aws_url, ACCOUNT, "iam")
    user.create_user(UserName="nobody")
    key = user.create_access_key(UserName="nobody")["AccessKey"]["AccessKeyId"]
    identity.enforce(True)
    try:
        status, _, _ = _both(stack, b'{"flowName": "accounts"}', Authorization=authorization("appflow", key=key))
    finally:
        identity.enforce(False)
    assert status == 403


def test_a_thousand_connections_are_served_at_once(stack: LocalStack) -> None:
    host, port = urlsplit(stack.aws_url).netloc.split(":")
    body = b'{"flowName": "accounts"}'
    head = (
        f"POST {POLL} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n"
        f"Authorization: {authorization('appflow')}\r\nx-moto-account-id: {ACCOUNT}\r\n\r\n"
    )

    async def poll_all() -> list[bytes]:
        streams = [await asyncio.open_connection(host, int(port)) for _ in range(1000)]
        statuses = []
        for _ in range(2):
            for _, writer in streams:
                writer.write(head.encode() + body)
            for reader, _ in streams:
                answer = await reader.readuntil(b"\r\n\r\n")
                statuses.append(answer.split()[1])
                await reader.readexactly(int(answer.lower().split(b"content-length: ")[1].split()[0]))
        for _, writer in streams:
            writer.close()
        return statuses

    assert asyncio.run(poll_all()) == [b"200"] * 2000
