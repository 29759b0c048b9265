"""Credentials of a tenant's role that renew themselves, for boto3 and for aiobotocore alike.

aiobotocore's assume-role credentials want an asynchronous first hop, and those that the amazon provider hands it for a
connection's role can't be renewed there. Here one botocore credentials object serves both clients: the asynchronous
side has it renewed in a thread when that is due, and otherwise only reads it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
from aiobotocore.credentials import AioCredentials
from aiobotocore.session import AioSession
from botocore.credentials import RefreshableCredentials
from botocore.loaders import Loader

from airflow_provider_appflow_isv.exceptions import AssumeRoleError
from airflow_provider_appflow_isv.hooks.request_errors import REFUSALS, Refusal, error_code, hint_for

if TYPE_CHECKING:
    from botocore.credentials import Credentials, ReadOnlyCredentials
    from mypy_boto3_sts import STSClient

    from airflow_provider_appflow_isv.tenant_role import TenantRole

# one for all sessions: a loader caches service models and endpoints, which cost megabytes (botocore issue 3078) and
# most of the time that it takes to make a client
_loader = Loader()

_IN_ANSWER = re.compile(rb"<(?:SecretAccessKey|SessionToken)>([^<]+)<")
_TRUST_HINT = (
    "Check that the role exists, that its trust policy names the account and role that the Airflow connection acts as, "
    "that external_id equals the policy's sts:ExternalId, and that the connection may call sts:AssumeRole on it."
)


def assumed_credentials(
    sts: STSClient, role: TenantRole, *, default_session_name: str, mask: Callable[[str], object]
) -> RefreshableCredentials:
    """Credentials of ``role`` that call sts:AssumeRole again before they expire.

    :param sts: client with the credentials of the first hop.
    :param role: the role to assume.
    :param default_session_name: RoleSessionName unless the role's arguments name one.
    :param mask: told each secret before its first use.
    :raises AssumeRoleError: AWS refused, at once or at a renewal.
    """
    members = role.request_members(default_session_name=default_session_name)

    def mask_answer(response_dict: Mapping[str, Any], **_: Any) -> None:
        for secret in _IN_ANSWER.findall(response_dict["body"]):
            mask(secret.decode())

    # botocore logs the whole answer at DEBUG before it returns it
    sts.meta.events.register("before-parse.sts.AssumeRole", mask_answer)

    def assume() -> dict[str, Any]:
        try:
            credentials = sts.assume_role(RoleArn=role.role_arn, **members)["Credentials"]
        except REFUSALS as error:
            raise _refused(error, role) from error
        return {
            "access_key": credentials["AccessKeyId"],
            "secret_key": credentials["SecretAccessKey"],
            "token": credentials["SessionToken"],
            "expiry_time": credentials["Expiration"].isoformat(),
            "account_id": role.account_id,
        }

    # botocore renews 15 min before the end, which is always for the shortest session that AWS allows
    lifetime = int(members.get("DurationSeconds", 3600))
    return RefreshableCredentials.create_from_metadata(
        metadata=assume(),
        refresh_using=assume,
        method="sts-assume-role",
        advisory_timeout=min(900, lifetime // 3),
        mandatory_timeout=min(600, lifetime // 6),
    )


def boto3_session(credentials: Credentials, region_name: str | None) -> boto3.session.Session:
    """A boto3 session that signs with ``credentials``."""
    session = botocore.session.get_session()
    session.register_component("credential_provider", _Resolved(credentials))
    session.register_component("data_loader", _loader)
    made = boto3.session.Session(botocore_session=session, region_name=region_name)
    # each boto3 session adds its own folder to the loader's
    _loader.search_paths[:] = dict.fromkeys(_loader.search_paths)
    return made


def aiobotocore_session(source: boto3.session.Session) -> AioSession:
    """An aiobotocore session with the credentials and region of a boto3 session, renewed by the latter."""
    session = AioSession()
    session.register_component("data_loader", _loader)
    # read here, in a thread, what the client would else read on the event loop
    for name in ("endpoints", "partitions"):
        _loader.load_data_with_path(name)
    for kind in ("service-2", "endpoint-rule-set-1"):
        _loader.load_service_model("appflow", kind)
    if source.region_name:
        session.set_config_variable("region", source.region_name)
    if credentials := source.get_credentials():
        session.register_component("credential_provider", _AsyncResolved(_ThreadRenewedCredentials(credentials)))
    return session


class _ThreadRenewedCredentials(AioCredentials):  # type: ignore[misc]  # aiobotocore is untyped
    def __init__(self, source: Credentials) -> None:
        frozen = source.get_frozen_credentials()
        super().__init__(frozen.access_key, frozen.secret_key, frozen.token, method=source.method)
        self._source = source

    async def get_frozen_credentials(self) -> ReadOnlyCredentials:
        if isinstance(self._source, RefreshableCredentials) and self._source.refresh_needed():
            return await asyncio.to_thread(self._source.get_frozen_credentials)
        return self._source.get_frozen_credentials()


class _Resolved:
    """What botocore asks for credentials, with the answer given beforehand."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def load_credentials(self) -> Credentials:
        return self._credentials


class _AsyncResolved:
    def __init__(self, credentials: AioCredentials) -> None:
        self._credentials = credentials

    async def load_credentials(self) -> AioCredentials:
        return self._credentials


def _refused(error: Refusal, role: TenantRole) -> AssumeRoleError:
    code = error_code(error)
    external_id = "with the ExternalId given" if role.external_id else "without an ExternalId"
    return AssumeRoleError(
        f"Role {role.role_arn} could not be assumed {external_id}: {error}.",
        account=role.account_id,
        code=code,
        hint=_TRUST_HINT if code.startswith("AccessDenied") else hint_for(error, "AssumeRole"),
    )
