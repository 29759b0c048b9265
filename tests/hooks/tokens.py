"""Hooks that mint tokens, and hosts that answer them."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from werkzeug import Request, Response
from werkzeug.serving import make_server

from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook
from airflow_provider_appflow_isv.hooks.salesforce import SalesforceToken, SalesforceTokenHook
from tests.accounts import TenantAccount, fresh

if TYPE_CHECKING:
    import pytest

    from airflow_provider_appflow_isv.local.salesforce.principals import ConnectedApp


def hook_of(tenant: TenantAccount, **changes: Any) -> SalesforceTokenHook:
    """A hook that reads the tenant's secret, with some of its members changed."""
    arguments: dict[str, Any] = {"login_url": tenant.tenant.login_url, "instance_url": tenant.tenant.instance_url}
    names = ("retries", "clock", "allowed_hosts", "grant", "organization_id", "sandbox")
    options = {name: changes.pop(name) for name in names if name in changes}
    arguments |= {name: changes.pop(name) for name in ("login_url", "instance_url") if name in changes}
    secret_id = tenant.make_secret({**tenant.secret(), **changes})
    return SalesforceTokenHook(secret_id=secret_id, aws_hook=AppFlowHook(**tenant.aws), **arguments, **options)


def saas_of(tenant: TenantAccount) -> list[str]:
    """The place on loopback where the tenant's org is, for a hook that learns of it from a store."""
    return [urlsplit(tenant.stack.saas_url).netloc]


def connection_of(tenant: TenantAccount, patch: pytest.MonkeyPatch) -> str:
    """An Airflow connection with the tenant's login, laid out as type salesforce; returns its id."""
    secret = tenant.secret()
    extra = {
        "consumer_key": secret["clientId"],
        "consumer_secret": secret.get("clientSecret"),
        "private_key": secret.get("privateKey"),
        "login_url": tenant.tenant.login_url,
        "instance_url": tenant.tenant.instance_url,
    }
    conn_id = fresh("salesforce").replace("-", "_")
    connection = {
        "conn_type": "salesforce",
        "login": secret.get("SFLoginEmail") or secret.get("username"),
        "password": secret.get("SFPassword+SeurityToken"),
        "extra": {name: value for name, value in extra.items() if value},
    }
    patch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(connection))
    return conn_id


def opens(token: SalesforceToken, tenant: TenantAccount) -> bool:
    """Whether the org lets the token in."""
    response = requests.get(
        f"{tenant.tenant.instance_url}/services/data/v58.0/sobjects/",
        headers={"Authorization": f"Bearer {token.access_token}"},
        timeout=10,
    )
    return response.status_code == 200


@dataclass(frozen=True)
class Consent:
    """A user's consent to an app of the ISV's in the tenant's org.

    :param tenant: the tenant.
    :param app: the app.
    :param refresh_token: what the consent gave.
    """

    tenant: TenantAccount
    app: ConnectedApp
    refresh_token: str

    @classmethod
    def given(cls, tenant: TenantAccount, *, rotates: bool = True) -> Consent:
        """A consent to a new app."""
        app = tenant.org.add_connected_app(rotate_refresh_tokens=rotates)
        return cls(tenant, app, tenant.org.issue_refresh_token(app.client_id, tenant.username))

    @property
    def members(self) -> dict[str, str]:
        """What a secret holds of it."""
        app = {"clientId": self.app.client_id, "clientSecret": self.app.client_secret}
        return {**app, "refreshToken": self.refresh_token}

    def store(self, **changes: str | None) -> str:
        """A secret with it, with some of its members changed, or taken out by None; returns its name."""
        members = self.members | changes
        return self.tenant.make_secret({name: value for name, value in members.items() if value is not None})

    def hook(self, secret_id: str, **options: Any) -> SalesforceTokenHook:
        """A hook that reads such a secret."""
        given = {"login_url": self.tenant.tenant.login_url, "instance_url": self.tenant.tenant.instance_url, **options}
        return SalesforceTokenHook(secret_id=secret_id, aws_hook=AppFlowHook(**self.tenant.aws), **given)

    def code(self, redirect_uri: str, verifier: str | None = None) -> str:
        """The authorization code of a further consent."""
        challenge = None
        if verifier:
            challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        return self.tenant.org.issue_authorization_code(
            self.app.client_id, self.tenant.username, redirect_uri, challenge
        )

    def stored(self, secret_id: str) -> dict[str, str]:
        """What a secret holds now."""
        text = self.tenant.client("secretsmanager").get_secret_value(SecretId=secret_id)["SecretString"]
        return dict(json.loads(text))

    def live(self) -> set[str]:
        """All refresh tokens that the org would redeem."""
        return set(self.tenant.org.sessions._refresh_grants)

    def is_good(self, refresh_token: str) -> bool:
        """Whether the org would still redeem a refresh token."""
        return self.tenant.org.sessions.find_refresh(refresh_token) is not None


@contextmanager
def token_host(answer: Callable[[Request], Response]) -> Iterator[str]:
    """A host on loopback that answers as told; gives its base URL."""
    server = make_server("127.0.0.1", 0, Request.application(answer), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def as_json(answer: Any, status: int = 200) -> Callable[[Request], Response]:
    return lambda _: Response(json.dumps(answer), status, mimetype="application/json")
