from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

from airflow_provider_appflow_isv.exceptions import AssumeRoleError
from airflow_provider_appflow_isv.hooks.assumed_session import (
    aiobotocore_session,
    assumed_credentials,
    boto3_session,
)
from airflow_provider_appflow_isv.tenant_role import TenantRole

if TYPE_CHECKING:
    from botocore.credentials import RefreshableCredentials

    from tests.accounts import TenantAccount
    from tests.recording import Recording


@pytest.fixture
def credentials(tenant: TenantAccount) -> RefreshableCredentials:
    return assume(role_of(tenant))


def assume(role: TenantRole, *, client: Any = None, told: list[str] | None = None) -> RefreshableCredentials:
    """Assume a role; what is to be masked is told to the list."""
    mask = [] if told is None else told
    return assumed_credentials(client or sts(), role, default_session_name="test", mask=mask.append)


def sts(**arguments: Any) -> Any:
    """A client with the ISV's own credentials, from the environment."""
    return boto3.client("sts", **arguments)


def role_of(tenant: TenantAccount, **assume_role_kwargs: Any) -> TenantRole:
    return TenantRole(tenant.tenant.role_arn, tenant.tenant.external_id, assume_role_kwargs)


def expire(credentials: RefreshableCredentials) -> None:
    credentials._expiry_time = datetime.now(UTC) - timedelta(seconds=1)  # type: ignore[attr-defined]  # botocore keeps it to itself


async def ask_at_once(source: boto3.session.Session, times: int) -> list[str]:
    async with aiobotocore_session(source).create_client("sts") as client:
        answers = await asyncio.gather(*(client.get_caller_identity() for _ in range(times)))
    return [answer["Account"] for answer in answers]


def test_a_boto3_session_signs_with_the_role(credentials: RefreshableCredentials, tenant: TenantAccount) -> None:
    identity = boto3_session(credentials, "us-east-1").client("sts").get_caller_identity()
    assert identity["Account"] == tenant.account


def test_an_aiobotocore_session_signs_with_the_role(credentials: RefreshableCredentials, tenant: TenantAccount) -> None:
    assert asyncio.run(ask_at_once(boto3_session(credentials, "us-east-1"), 1)) == [tenant.account]


def test_an_aiobotocore_session_signs_with_plain_keys_too(tenant: TenantAccount) -> None:
    isv = tenant.stack.seed().isv_account
    assert asyncio.run(ask_at_once(boto3.session.Session(), 1)) == [isv]


def test_an_aiobotocore_session_takes_the_region_over(credentials: RefreshableCredentials) -> None:
    session = aiobotocore_session(boto3_session(credentials, "eu-central-1"))
    assert session.get_config_variable("region") == "eu-central-1"


def test_requests_at_once_renew_an_expired_session_once(
    credentials: RefreshableCredentials, tenant: TenantAccount, recording: Recording
) -> None:
    expire(credentials)
    assert asyncio.run(ask_at_once(boto3_session(credentials, "us-east-1"), 8)) == [tenant.account] * 8
    assert len(recording.assumed_roles()) == 1


def test_a_renewal_asks_for_the_same_session(
    credentials: RefreshableCredentials, tenant: TenantAccount, recording: Recording
) -> None:
    expire(credentials)
    credentials.get_frozen_credentials()
    (sent,) = recording.assumed_roles()
    assert (sent["RoleArn"], sent["ExternalId"], sent["RoleSessionName"]) == (
        tenant.tenant.role_arn,
        tenant.tenant.external_id,
        "test",
    )


def test_secret_key_and_token_are_masked_before_they_are_used(tenant: TenantAccount) -> None:
    told: list[str] = []
    frozen = assume(role_of(tenant), told=told).get_frozen_credentials()
    assert told == [frozen.secret_key, frozen.token]


def test_those_of_a_renewed_session_are_masked_too(tenant: TenantAccount) -> None:
    told: list[str] = []
    credentials = assume(role_of(tenant), told=told)
    expire(credentials)
    frozen = credentials.get_frozen_credentials()
    assert told[2:] == [frozen.secret_key, frozen.token]


def test_a_refusal_carries_account_and_code(tenant: TenantAccount) -> None:
    with pytest.raises(AssumeRoleError) as caught:
        assume(TenantRole(tenant.tenant.role_arn, "wrong-id"))
    assert (caught.value.account, caught.value.code) == (tenant.account, "AccessDenied")


def test_a_refusal_does_not_quote_the_external_id(tenant: TenantAccount) -> None:
    with pytest.raises(AssumeRoleError) as caught:
        assume(TenantRole(tenant.tenant.role_arn, "wrong-id"))
    assert "wrong-id" not in str(caught.value)


def test_an_endpoint_that_does_not_answer_is_the_same_kind_of_error(tenant: TenantAccount) -> None:
    unreachable = sts(endpoint_url="http://127.0.0.1:9", config=Config(retries={"total_max_attempts": 1}))
    with pytest.raises(AssumeRoleError) as caught:
        assume(role_of(tenant), client=unreachable)
    assert caught.value.code == "EndpointConnectionError"


def test_a_session_longer_than_the_role_allows_is_refused_in_awss_words(tenant: TenantAccount) -> None:
    with pytest.raises(AssumeRoleError, match="exceeds the MaxSessionDuration"):
        assume(role_of(tenant, DurationSeconds=43200))
