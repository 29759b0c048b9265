"""The AWS endpoint of the local stack: what its front answers itself, and that moto gets the rest unharmed."""

from __future__ import annotations

import asyncio
import io
import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
import requests
from aiobotocore.session import get_session
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from moto.core.authorization import enable_iam_authentication

from airflow_provider_appflow_isv.local import identity
from airflow_provider_appflow_isv.local.appflow import appflow_backends, wait_until_ended
from airflow_provider_appflow_isv.local.appflow.controls.effects import Drop, Error, Latency, Timeout
from airflow_provider_appflow_isv.local.appflow.controls.faults import faults
from airflow_provider_appflow_isv.local.seed import REGION, Tenant, account_client
from airflow_provider_appflow_isv.local.stack import LocalStack
from tests.local.appflow.conftest import BUCKET, allow_appflow, flow_request, make_org, profile_request

ACCOUNT = "222222222222"
POLL = "/describe-flow-execution-records"
BY_MOTO = f"{POLL}?by=moto"  # a query that AppFlow does not know, but the front leaves any to moto
KEYS = ["a b+c", "ü/ñ 漢字", "x%2Fy", "two//slashes", "/first", "plus+%20", "q?x=1&y", "dot/../up", "last/", "#&=;@"]


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


@pytest.fixture
def tenant(stack: LocalStack) -> Tenant:
    return stack.seed().tenants[0]


def _client(stack: LocalStack, service: str, **config: Any) -> Any:
    make_client: Any = boto3.client  # its stub wants the service as a literal
    client = make_client(
        service,
        region_name=REGION,
        endpoint_url=stack.aws_url,
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=Config(retries={"total_max_attempts": 1}, **config),
    )
    client.meta.events.register("before-sign", _choose_account)
    return client


def _choose_account(request: Any, **_: Any) -> None:
    request.headers["x-moto-account-id"] = ACCOUNT


def _authorization(service: str, region: str = REGION, key: str = "AKIAIOSFODNN7EXAMPLE") -> str:
    scope = f"{key}/20260101/{region}/{service}/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=00"


def _post(stack: LocalStack, path: str, body: bytes, **headers: str) -> tuple[int, Any, dict[str, str]]:
    sent = {"Authorization": _authorization("appflow"), "x-moto-account-id": ACCOUNT, **headers}
    answer = requests.post(f"{stack.aws_url}{path}", data=body, headers=sent, timeout=30)
    shown = ("content-type", "x-amzn-errortype", "server")
    return answer.status_code, answer.json(), {name: answer.headers[name] for name in shown if name in answer.headers}


def _both(stack: LocalStack, body: bytes, **headers: str) -> tuple[int, Any, dict[str, str]]:
    """What the front answers, which has to be what moto's path answers."""
    answered = _post(stack, POLL, body, **headers)
    assert answered == _post(stack, BY_MOTO, body, **headers)
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
    _, first, _ = _post(stack, POLL, b'{"flowName": "accounts", "maxResults": 2}')
    body = json.dumps({"flowName": "accounts", "nextToken": first["nextToken"]}).encode()
    _, second, _ = _both(stack, body)
    starts = [record["startedAt"] for page in (first, second) for record in page["flowExecutions"]]
    assert len(starts) == 3
    assert starts == sorted(starts, reverse=True)


def test_a_poll_shows_what_botocore_reads_as_the_run(stack: LocalStack) -> None:
    run = next(iter(appflow_backends[ACCOUNT][REGION].flows.flows["accounts"].runs.values()))
    record = _client(stack, "appflow").describe_flow_execution_records(flowName="accounts")["flowExecutions"][-1]
    assert record["executionId"] == run.execution_id
    assert record["executionStatus"] == "Successful"
    assert record["startedAt"].timestamp() == pytest.approx(run.started_at, abs=0.001)
    assert record["executionResult"]["recordsProcessed"] == 25


@pytest.mark.parametrize(
    "headers",
    [
        {"x-moto-account-id": "333333333333"},
        {"Authorization": _authorization("appflow", region="eu-west-1")},
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
    assert _post(stack, POLL, body)[0] == 200
    assert _post(stack, POLL, body, **{"x-moto-account-id": "333333333333"})[0] == 404
    assert _post(stack, POLL, body, Authorization=_authorization("appflow", region="eu-west-1"))[0] == 404


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
    headers = {"Authorization": _authorization("appflow", key=key)}
    url, body = f"{stack.aws_url}{POLL}", b'{"flowName": "accounts"}'
    assert requests.post(url, data=body, headers=headers, timeout=30).status_code == 200
    iam.delete_access_key(UserName="short-lived", AccessKeyId=key)
    assert requests.post(url, data=body, headers=headers, timeout=30).status_code == 404


def test_moto_records_polls_while_it_records(stack: LocalStack) -> None:
    recorder = f"{stack.aws_url}/moto-api/recorder"
    requests.post(f"{recorder}/reset-recording", timeout=30)
    requests.post(f"{recorder}/start-recording", timeout=30)
    try:
        _post(stack, POLL, b'{"flowName": "accounts"}')
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
        status, _, _ = _both(stack, b'{"flowName": "accounts"}', Authorization=_authorization("appflow", key=key))
    finally:
        identity.enforce(False)
    assert status == 403


def test_a_thousand_connections_are_served_at_once(stack: LocalStack) -> None:
    host, port = urlsplit(stack.aws_url).netloc.split(":")
    body = b'{"flowName": "accounts"}'
    head = (
        f"POST {POLL} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n"
        f"Authorization: {_authorization('appflow')}\r\nx-moto-account-id: {ACCOUNT}\r\n\r\n"
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


@pytest.mark.parametrize("key", KEYS)
def test_an_s3_key_arrives_as_it_was_sent(stack: LocalStack, key: str) -> None:
    s3 = _client(stack, "s3")
    s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode())
    assert s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == key.encode()
    assert key in [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
    s3.delete_object(Bucket=BUCKET, Key=key)
    with pytest.raises(ClientError, match="404"):
        s3.head_object(Bucket=BUCKET, Key=key)


def test_names_of_s3_metadata_keep_dashes_and_underscores(stack: LocalStack) -> None:
    s3 = _client(stack, "s3")
    s3.put_object(Bucket=BUCKET, Key="described", Metadata={"with_underscore": "1", "with-dash": "2"})
    assert s3.head_object(Bucket=BUCKET, Key="described")["Metadata"] == {"with_underscore": "1", "with-dash": "2"}


def test_a_header_with_an_underscore_does_not_stand_in_for_one_with_a_dash(stack: LocalStack) -> None:
    status, _, _ = _post(stack, POLL, b'{"flowName": "accounts"}', x_moto_account_id="333333333333")
    assert status == 200


def test_large_objects_arrive_whole(stack: LocalStack) -> None:
    s3, content = _client(stack, "s3"), bytes(range(256)) * 60_000
    s3.upload_fileobj(io.BytesIO(content), BUCKET, "large")
    assert s3.get_object(Bucket=BUCKET, Key="large")["Body"].read() == content
    assert s3.get_object(Bucket=BUCKET, Key="large", Range="bytes=5-9")["Body"].read() == content[5:10]


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA256"])
def test_a_checksum_is_taken_and_kept(stack: LocalStack, algorithm: str) -> None:
    s3 = _client(stack, "s3")
    s3.put_object(Bucket=BUCKET, Key="checked", Body=io.BytesIO(b"content"), ChecksumAlgorithm=algorithm)
    assert f"Checksum{algorithm}" in s3.head_object(Bucket=BUCKET, Key="checked", ChecksumMode="ENABLED")


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ("Transfer-Encoding: chunked", b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"),
        (
            (
                "Content-Encoding: aws-chunked\r\nx-amz-decoded-content-length: 11\r\nContent-Length: 51\r\n"
                "x-amz-trailer: x-amz-checksum-crc32\r\nx-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER"
            ),
            b"b\r\nhello world\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n",
        ),
    ],
    ids=["chunked", "trailing checksum"],
)
def test_a_body_in_pieces_is_put_together(stack: LocalStack, headers: str, body: bytes) -> None:
    _, answer = _put_raw(stack, headers, body)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert _client(stack, "s3").get_object(Bucket=BUCKET, Key="raw")["Body"].read() == b"hello world"


def test_a_client_that_asks_first_is_told_to_go_on(stack: LocalStack) -> None:
    go_on, answer = _put_raw(stack, "Expect: 100-continue\r\nContent-Length: 11", b"hello again", asks=True)
    assert go_on.startswith(b"HTTP/1.1 100 ")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert _client(stack, "s3").get_object(Bucket=BUCKET, Key="raw")["Body"].read() == b"hello again"


def _put_raw(stack: LocalStack, headers: str, body: bytes, *, asks: bool = False) -> tuple[bytes, bytes]:
    host, port = urlsplit(stack.aws_url).netloc.split(":")
    head = (
        f"PUT /{BUCKET}/raw HTTP/1.1\r\nHost: {host}\r\nAuthorization: {_authorization('s3')}\r\n"
        f"x-moto-account-id: {ACCOUNT}\r\n{headers}\r\n\r\n"
    )
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(head.encode())
        go_on = connection.recv(65536) if asks else b""
        connection.sendall(body)
        return go_on, connection.recv(65536)


def test_tags_are_found_by_an_arn_in_the_path(stack: LocalStack) -> None:
    appflow = _client(stack, "appflow")
    arn = appflow.describe_flow(flowName="accounts")["flowArn"]
    appflow.tag_resource(resourceArn=arn, tags={"a/key+with:signs": "+ = /@"})
    assert appflow.list_tags_for_resource(resourceArn=arn)["tags"] == {"a/key+with:signs": "+ = /@"}
    appflow.untag_resource(resourceArn=arn, tagKeys=["a/key+with:signs"])
    assert appflow.list_tags_for_resource(resourceArn=arn)["tags"] == {}


@pytest.mark.parametrize("operation", ["describe_flow_execution_records", "describe_flow"])
def test_a_dropped_connection_has_no_answer(stack: LocalStack, operation: str) -> None:
    appflow = _client(stack, "appflow")
    faults.inject(Drop(), flow="accounts", account=ACCOUNT)
    with pytest.raises(ConnectionClosedError):
        getattr(appflow, operation)(flowName="accounts")
    assert getattr(appflow, operation)(flowName="accounts")


@pytest.mark.parametrize("operation", ["describe_flow_execution_records", "describe_flow"])
def test_a_timeout_lasts_until_the_client_gives_up(stack: LocalStack, operation: str) -> None:
    faults.inject(Timeout(), flow="accounts")
    with pytest.raises(ReadTimeoutError):
        getattr(_client(stack, "appflow", read_timeout=0.2), operation)(flowName="accounts")
    assert getattr(_client(stack, "appflow"), operation)(flowName="accounts")


@pytest.mark.parametrize("operation", ["describe_flow_execution_records", "describe_flow"])
def test_a_call_without_an_answer_goes_on_once_the_fault_is_cleared(stack: LocalStack, operation: str) -> None:
    number = faults.inject(Timeout(), flow="accounts")
    hit = faults.injected()[0]

    async def call_and_clear() -> Any:
        call = asyncio.to_thread(getattr(_client(stack, "appflow"), operation), flowName="accounts")
        calling = asyncio.create_task(call)
        while hit.remaining:
            await asyncio.sleep(0)
        faults.clear(number)
        return await calling

    assert asyncio.run(call_and_clear())["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.parametrize("operation", ["describe_flow_execution_records", "describe_flow"])
def test_latency_delays_the_answer(stack: LocalStack, operation: str) -> None:
    faults.inject(Latency(0.5), flow="accounts", times=2)
    with pytest.raises(ReadTimeoutError):
        getattr(_client(stack, "appflow", read_timeout=0.1), operation)(flowName="accounts")
    assert getattr(_client(stack, "appflow", read_timeout=30), operation)(flowName="accounts")
    assert faults.injected() == []


def test_a_fault_of_a_connection_leaves_other_flows_and_accounts_alone(stack: LocalStack) -> None:
    faults.inject(Drop(), flow="other", account=ACCOUNT, operation="DescribeFlow")
    faults.inject(Drop(), account="333333333333")
    appflow = _client(stack, "appflow")
    assert appflow.describe_flow(flowName="accounts")
    assert appflow.list_flows()["flows"]
    assert len(faults.injected()) == 2


def test_an_error_of_a_poll_is_used_up_by_one_call(stack: LocalStack) -> None:
    faults.inject(Error("ThrottlingException"), operation="DescribeFlowExecutionRecords")
    assert _post(stack, POLL, b'{"flowName": "accounts"}')[0] == 429
    assert _post(stack, POLL, b'{"flowName": "accounts"}')[0] == 200
