from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_appflow_isv.exceptions import (
    AppFlowRequestError,
    AssumeRoleError,
    TenantConfigurationError,
)
from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook
from airflow_provider_appflow_isv.local.seed import account_client
from tests.accounts import TenantAccount, fresh

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.stack import LocalStack
    from tests.recording import Recording


async def flows_seen(hook: AppFlowHook) -> list[str]:
    """Names of the flows, asked for once through the asynchronous client."""
    async with await hook.get_async_conn() as client:
        return [flow["flowName"] for flow in (await client.list_flows(maxResults=100))["flows"]]


async def flows_seen_before_and_after_expiry(hook: AppFlowHook) -> list[list[str]]:
    async with await hook.get_async_conn() as client:
        answers = []
        for _ in range(2):
            answers.append([flow["flowName"] for flow in (await client.list_flows(maxResults=100))["flows"]])
            expire(hook)
        return answers


def expire(hook: AppFlowHook) -> None:
    """Let the role's session end now."""
    hook._role_credentials._expiry_time = datetime.now(UTC) - timedelta(seconds=1)  # type: ignore[attr-defined]  # botocore keeps it to itself


def make_role(stack: LocalStack, account: str, trusted: str, *, external_id: str | None = None) -> str:
    """A role in an account that lets a principal in; returns its ARN."""
    condition = {"Condition": {"StringEquals": {"sts:ExternalId": external_id}}} if external_id else {}
    statement = {"Effect": "Allow", "Principal": {"AWS": trusted}, "Action": "sts:AssumeRole", **condition}
    role = account_client(stack.aws_url, account, "iam").create_role(
        RoleName=fresh("role"), AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )["Role"]
    return str(role["Arn"])


def add_connection(stack: LocalStack, patch: pytest.MonkeyPatch, **extra: Any) -> str:
    """An Airflow connection with the ISV's keys and more in its extra; returns its id."""
    name = fresh("aws").replace("-", "_")
    connection = json.loads(stack.environment()["AIRFLOW_CONN_ISV_AWS"])
    connection["extra"] |= extra
    patch.setenv(f"AIRFLOW_CONN_{name.upper()}", json.dumps(connection))
    return name


def test_the_synchronous_client_acts_in_the_tenants_account(tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    assert AppFlowHook(**tenant.aws).describe_flow(flow)["flowArn"] == tenant.flow_arn(flow)


def test_the_asynchronous_client_acts_in_the_tenants_account(tenants: dict[str, TenantAccount]) -> None:
    flow = tenants["tenant-b"].make_flow()
    assert flow in asyncio.run(flows_seen(AppFlowHook(**tenants["tenant-b"].aws)))
    assert flow not in asyncio.run(flows_seen(AppFlowHook(**tenants["tenant-c"].aws)))


def test_a_session_acts_in_the_tenants_account(tenant: TenantAccount) -> None:
    session = AppFlowHook(**tenant.aws).session()
    assert session.client("sts").get_caller_identity()["Account"] == tenant.account


def test_a_client_of_another_service_acts_in_the_tenants_account(tenant: TenantAccount) -> None:
    identity = AppFlowHook(**tenant.aws).client("sts").get_caller_identity()
    assert identity["Account"] == tenant.account
    assert ":assumed-role/appflow-remote-role/" in identity["Arn"]


def test_without_a_role_calls_are_made_in_the_connections_account(stack: LocalStack) -> None:
    hook = AppFlowHook("isv_aws")
    assert hook.client("sts").get_caller_identity()["Account"] == stack.seed().isv_account
    assert hook.account == stack.seed().isv_account


def test_without_a_connection_the_workers_own_credentials_count(tenant: TenantAccount) -> None:
    assert AppFlowHook(**{**tenant.aws, "aws_conn_id": None}).client("sts").get_caller_identity()["Account"] == (
        tenant.account
    )


def test_the_first_hop_is_the_connections_account(tenant: TenantAccount, stack: LocalStack) -> None:
    assert AppFlowHook(**tenant.aws).first_hop().account == stack.seed().isv_account


def test_the_account_of_a_role_is_known_without_a_call(tenant: TenantAccount, recording: Recording) -> None:
    hook = AppFlowHook(**tenant.aws)
    assert (hook.account, hook.known_account) == (tenant.account, tenant.account)
    assert recording.entries() == []


def test_a_role_of_the_connection_is_the_hop_before_the_tenants(
    tenant: TenantAccount, stack: LocalStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    isv = stack.seed().isv_account
    loader = make_role(stack, isv, f"arn:aws:iam::{isv}:root")
    role = make_role(stack, tenant.account, loader, external_id="shared-id")
    conn_id = add_connection(stack, monkeypatch, role_arn=loader)
    assert AppFlowHook(conn_id).client("sts").get_caller_identity()["Account"] == isv
    hook = AppFlowHook(conn_id, role_arn=role, external_id="shared-id")
    assert hook.client("sts").get_caller_identity()["Account"] == tenant.account
    with pytest.raises(AssumeRoleError):
        AppFlowHook("isv_aws", role_arn=role, external_id="shared-id").list_flows()


def test_one_session_serves_all_clients_of_a_hook(tenant: TenantAccount, recording: Recording) -> None:
    hook = AppFlowHook(**tenant.aws)
    hook.list_flows()
    asyncio.run(flows_seen(hook))
    hook.client("s3").list_buckets()
    assert len(recording.assumed_roles()) == 1


def test_the_synchronous_client_renews_a_session_that_ends(tenant: TenantAccount, recording: Recording) -> None:
    flow = tenant.make_flow()
    hook = AppFlowHook(**tenant.aws)
    hook.describe_flow(flow)
    expire(hook)
    assert hook.describe_flow(flow)["flowName"] == flow
    assert len(recording.assumed_roles()) == 2


def test_the_asynchronous_client_renews_a_session_that_ends(tenant: TenantAccount, recording: Recording) -> None:
    flow = tenant.make_flow()
    before, after = asyncio.run(flows_seen_before_and_after_expiry(AppFlowHook(**tenant.aws)))
    assert flow in before
    assert flow in after
    assert len(recording.assumed_roles()) == 2


def test_the_shortest_session_is_not_renewed_at_every_call(tenant: TenantAccount, recording: Recording) -> None:
    hook = AppFlowHook(**tenant.aws, assume_role_kwargs={"DurationSeconds": 900})
    for _ in range(3):
        hook.list_flows()
    assert len(recording.assumed_roles()) == 1


@pytest.mark.parametrize("left", [250, 100])
def test_the_shortest_session_is_renewed_in_good_time(left: int, tenant: TenantAccount, recording: Recording) -> None:
    hook = AppFlowHook(**tenant.aws, assume_role_kwargs={"DurationSeconds": 900})
    hook.list_flows()
    hook._role_credentials._expiry_time = datetime.now(UTC) + timedelta(seconds=left)  # type: ignore[attr-defined]  # botocore keeps it to itself
    hook.list_flows()
    assert len(recording.assumed_roles()) == 2


def test_a_session_that_cannot_be_renewed_says_so(tenant: TenantAccount, stack: LocalStack) -> None:
    role = make_role(stack, tenant.account, f"arn:aws:iam::{stack.seed().isv_account}:root")
    hook = AppFlowHook("isv_aws", role_arn=role)
    hook.list_flows()
    account_client(stack.aws_url, tenant.account, "iam").delete_role(RoleName=role.rpartition("/")[2])
    expire(hook)
    with pytest.raises(AssumeRoleError, match=tenant.account):
        hook.list_flows()


def test_what_a_task_says_of_the_session_reaches_sts(tenant: TenantAccount, recording: Recording) -> None:
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "appflow:*", "Resource": "*"}]}
    kwargs = {
        "RoleSessionName": "nightly-load",
        "DurationSeconds": 900,
        "Policy": policy,
        "Tags": [{"Key": "dag", "Value": "accounts"}],
        "TransitiveTagKeys": ["dag"],
        "SourceIdentity": "airflow",
        "PolicyArns": [{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}],
    }
    AppFlowHook(**tenant.aws, assume_role_kwargs=kwargs).list_flows()
    (sent,) = recording.assumed_roles()
    assert json.loads(sent.pop("Policy")) == policy
    assert sent == {
        "Action": "AssumeRole",
        "Version": "2011-06-15",
        "RoleArn": tenant.tenant.role_arn,
        "ExternalId": tenant.tenant.external_id,
        "RoleSessionName": "nightly-load",
        "DurationSeconds": "900",
        "Tags.member.1.Key": "dag",
        "Tags.member.1.Value": "accounts",
        "TransitiveTagKeys.member.1": "dag",
        "SourceIdentity": "airflow",
        "PolicyArns.member.1.arn": "arn:aws:iam::aws:policy/ReadOnlyAccess",
    }


def test_by_default_the_session_is_named_after_the_connection(tenant: TenantAccount, recording: Recording) -> None:
    AppFlowHook(**tenant.aws).list_flows()
    assert [sent["RoleSessionName"] for sent in recording.assumed_roles()] == ["Airflow_isv_aws"]


def test_an_unknown_member_of_the_session_is_refused(tenant: TenantAccount) -> None:
    with pytest.raises(TenantConfigurationError, match="assume_role_kwargs has SessionName"):
        AppFlowHook(**tenant.aws, assume_role_kwargs={"SessionName": "x"})


def test_a_wrong_external_id_is_refused(tenant: TenantAccount) -> None:
    with pytest.raises(AssumeRoleError) as caught:
        AppFlowHook(**{**tenant.aws, "external_id": "wrong-id"}).list_flows()
    assert (caught.value.account, caught.value.code) == (tenant.account, "AccessDenied")
    for part in (tenant.tenant.role_arn, "AccessDenied", "is not authorized to perform: sts:AssumeRole", "ExternalId"):
        assert part in str(caught.value)


def test_a_missing_external_id_is_refused(tenant: TenantAccount) -> None:
    with pytest.raises(AssumeRoleError, match=r"without an ExternalId.*Check that the role exists"):
        AppFlowHook(**{**tenant.aws, "external_id": None}).list_flows()


def test_a_role_that_does_not_exist_is_refused(tenant: TenantAccount) -> None:
    role = f"arn:aws:iam::{tenant.account}:role/absent"
    with pytest.raises(AssumeRoleError, match=rf"{role}.*AccessDenied.*account {tenant.account}.*Check that the role"):
        AppFlowHook(**{**tenant.aws, "role_arn": role}).list_flows()


def test_a_role_that_trusts_somebody_else_is_refused(tenant: TenantAccount, stack: LocalStack) -> None:
    role = make_role(stack, tenant.account, "arn:aws:iam::999999999999:root")
    with pytest.raises(AssumeRoleError, match=rf"{role}.*trust policy names the account and role"):
        AppFlowHook("isv_aws", role_arn=role).list_flows()


def test_the_asynchronous_client_refuses_a_wrong_external_id_too(tenant: TenantAccount) -> None:
    with pytest.raises(AssumeRoleError, match=tenant.account):
        asyncio.run(flows_seen(AppFlowHook(**{**tenant.aws, "external_id": "wrong-id"})))


@pytest.mark.parametrize("role", [{}, {"role_arn": "arn:aws:iam::222222222222:role/appflow-remote-role"}])
def test_a_connection_that_does_not_exist_is_an_error(role: dict[str, Any], stack: LocalStack) -> None:
    with pytest.raises(TenantConfigurationError, match=r"'no_such_aws' \(aws_conn_id\) does not exist.*Create it"):
        AppFlowHook("no_such_aws", **role).list_flows()


def test_a_connection_that_does_not_exist_is_an_error_for_the_asynchronous_client_too(stack: LocalStack) -> None:
    with pytest.raises(TenantConfigurationError, match="'no_such_aws'"):
        asyncio.run(flows_seen(AppFlowHook("no_such_aws")))


def test_a_connection_that_renders_to_nothing_is_an_error_and_not_the_workers_own_credentials() -> None:
    with pytest.raises(TenantConfigurationError, match="aws_conn_id is empty"):
        AppFlowHook("")


def test_a_role_of_the_connection_that_cannot_be_assumed_is_an_error_of_the_connection(
    tenant: TenantAccount, stack: LocalStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    conn_id = add_connection(stack, monkeypatch, role_arn=f"arn:aws:iam::{stack.seed().isv_account}:role/absent")
    with pytest.raises(
        AppFlowRequestError, match=rf"connection {conn_id}.*AccessDenied.*Check the role in the Airflow"
    ):
        AppFlowHook(**{**tenant.aws, "aws_conn_id": conn_id}).list_flows()
