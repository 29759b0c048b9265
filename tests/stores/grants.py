"""A refresh token in a tenant's secret, workers that redeem it, and the points at which they die."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import requests
from moto.secretsmanager.models import secretsmanager_backends

from airflow_provider_appflow_isv.exceptions import OAuthConsentRequired
from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook
from airflow_provider_appflow_isv.local.seed import REGION
from airflow_provider_appflow_isv.stores.redemption import Redeemer
from airflow_provider_appflow_isv.stores.secret import SecretStore
from tests.accounts import ONE_TRY, TenantAccount, fresh

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.salesforce import ConnectedApp, User
    from airflow_provider_appflow_isv.stores.base import Stored

LEASE, LONGEST_SEND = 120.0, 45.0
# where a worker may die: before or after the so-many-th call of an operation, or around its request to the org
DEATHS: dict[str, tuple[str, str, int]] = {
    "before its claim": ("before-call", "PutSecretValue", 1),
    "after its claim": ("after-call", "PutSecretValue", 1),
    "before its request": ("before-send", "", 1),
    "before the answer": ("after-send", "", 1),
    "with the answer": ("before-call", "PutSecretValue", 2),
    "after AWSPENDING": ("after-call", "PutSecretValue", 2),
    "after the swap": ("after-call", "UpdateSecretVersionStage", 1),
}
SENT_AND_UNSTORED = ("before the answer", "with the answer")


class DiedError(BaseException):
    """A worker is gone; nothing of it may run on."""


class TappedHook(AppFlowHook):
    """A hook with something to be called at an event of its Secrets Manager client."""

    tap: tuple[str, Callable[..., Any]] | None = None

    def client(self, service_name: str) -> Any:
        client = super().client(service_name)
        if self.tap:
            client.meta.events.register(*self.tap)
        return client


@dataclass
class Grant:
    """A user's consent, its refresh token in a secret, and time as AWS and the workers see it.

    :param tenant: whose account and org it is in.
    :param rotate: whether the app rotates refresh tokens.
    :param members: further members of the secret.
    """

    tenant: TenantAccount
    rotate: bool = True
    members: Mapping[str, Any] = field(default_factory=dict)
    now: float = 0.0
    presented: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        org = self.tenant.org
        self.user: User = org.add_user(f"{fresh('loader')}@tenant-a.example")
        self.app: ConnectedApp = org.add_connected_app(rotate_refresh_tokens=self.rotate)
        self.first = self.consent()
        login = {"clientId": self.app.client_id, "clientSecret": self.app.client_secret, "refreshToken": self.first}
        self.secret_id = self.tenant.make_secret({**login, "note": "keep me", **self.members})

        self._hook = TappedHook(**self.tenant.aws, botocore_config=ONE_TRY)
        self._hook.mask = len  # Airflow's masker gets slower with each secret, of which there are very many here
        self._hook.get_session()  # once for all workers

    def consent(self) -> str:
        """A new refresh token, as a user's consent gives it."""
        return self.tenant.org.issue_refresh_token(self.app.client_id, self.user.username)

    # what there is

    @property
    def aws(self) -> Any:
        """Secrets Manager with every right."""
        return self.tenant.client("secretsmanager")

    def content(self, **version: str) -> dict[str, Any]:
        """The secret's value, or that of one of its versions."""
        return dict(json.loads(self.aws.get_secret_value(SecretId=self.secret_id, **version)["SecretString"]))

    def labels(self) -> dict[str, str]:
        """The id of the version that each label is on."""
        told = self.aws.describe_secret(SecretId=self.secret_id)["VersionIdsToStages"]
        return {label: version for version, labels in told.items() for label in labels}

    def good_tokens(self) -> list[str]:
        """The refresh tokens that the org honours."""
        return self.tenant.org.sessions.refresh_tokens(self.app.client_id, self.user.username)

    def opens(self, stored: Stored) -> bool:
        """Whether the org lets an access token in."""
        session = self.tenant.org.sessions.find(stored.members["access_token"])
        return session is not None and session.username == self.user.username

    # what happens

    def edit(self, **members: Any) -> None:
        """Somebody changes the secret by hand."""
        self.overwrite({**self.content(), **members})

    def overwrite(self, content: Mapping[str, Any]) -> None:
        """Somebody puts a whole content in."""
        self.aws.put_secret_value(SecretId=self.secret_id, SecretString=json.dumps(content))

    def forget(self) -> None:
        """AWS deletes the versions that have no label."""
        versions = self._versions()
        for version in [version for version, told in versions.items() if not told["version_stages"]]:
            del versions[version]

    def wait(self, seconds: float) -> None:
        """Let time go by, for AWS and for the workers."""
        self.now += seconds
        for version in self._versions().values():
            version["createdate"] -= seconds
            content = json.loads(version["secret_string"])
            if isinstance(content, dict) and "token_times" in content:  # what of these AWS's clock gave
                times = (int(moment) - int(seconds) for moment in content["token_times"].split())
                version["secret_string"] = json.dumps(content | {"token_times": " ".join(map(str, times))})

    def versions(self) -> int:
        """How many versions AWS keeps."""
        return len(self._versions())

    def _versions(self) -> dict[str, dict[str, Any]]:
        secret: Any = secretsmanager_backends[self.tenant.account][REGION].secrets.get(self.secret_id)
        versions: dict[str, dict[str, Any]] = secret.versions
        return versions

    def send(self, stored: Stored) -> dict[str, Any]:
        """Redeem a refresh token."""
        token = stored.members["refresh_token"]
        self.presented.append(token)
        answer = self._ask("token", stored, grant_type="refresh_token", refresh_token=token)
        if "error" in answer:
            raise OAuthConsentRequired("The org refused.", code=answer["error"])
        return answer

    def is_active(self, stored: Stored) -> bool:
        """Ask the org whether a refresh token is good."""
        answer = self._ask("introspect", stored, token=stored.members["refresh_token"])
        return bool(answer["active"])

    def _ask(self, endpoint: str, stored: Stored, **form: str) -> dict[str, Any]:
        app = {name: stored.members[name] for name in ("client_id", "client_secret")}
        url = f"{self.tenant.tenant.login_url}/services/oauth2/{endpoint}"
        return dict(requests.post(url, data={**app, **form}, timeout=10).json())

    # who does it

    def worker(self, *, dies: str | None = None, tap: Callable[..., Any] | None = None, **changes: Any) -> Redeemer:
        """A worker, who may die at one of the points of ``DEATHS``, or call something at an event of its client."""
        when, operation, count = DEATHS.get(dies or "", ("", "", 0))
        calls = iter(range(1, 1000))

        def die(**_: Any) -> None:
            if next(calls) == count:
                raise DiedError(str(dies))

        def send(stored: Stored) -> dict[str, Any]:
            if when == "before-send":
                die()
            answer = self.send(stored)
            if when == "after-send":
                die()
            return answer

        hook = self._tapped(tap)
        if operation:
            hook.tap = (f"{when}.secrets-manager.{operation}", die)
        arguments: dict[str, Any] = {
            "send": send,
            "is_active": self.is_active,
            "lease": LEASE,
            "longest_send": LONGEST_SEND,
            "sleep": lambda seconds: self.wait(10 * seconds),  # so that a lease takes few looks
            "monotonic": lambda: self.now,
            **changes,
        }
        return Redeemer(SecretStore(hook, self.secret_id), **arguments)

    def store(self, tap: Callable[..., Any] | None = None) -> SecretStore:
        """The secret as a worker reads it."""
        return SecretStore(self._tapped(tap), self.secret_id)

    def _tapped(self, tap: Callable[..., Any] | None) -> TappedHook:
        hook = copy(self._hook)
        if tap:
            hook.tap = ("before-call.secrets-manager", tap)
        return hook
