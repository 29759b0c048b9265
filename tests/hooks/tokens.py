"""Hooks that mint tokens, and hosts that answer them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import requests
from werkzeug import Request, Response
from werkzeug.serving import make_server

from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook
from airflow_provider_appflow_isv.hooks.salesforce import SalesforceToken, SalesforceTokenHook
from tests.accounts import TenantAccount, fresh

if TYPE_CHECKING:
    import pytest


def hook_of(tenant: TenantAccount, **changes: Any) -> SalesforceTokenHook:
    """A hook that reads the tenant's secret, with some of its members changed."""
    arguments: dict[str, Any] = {"login_url": tenant.tenant.login_url, "instance_url": tenant.tenant.instance_url}
    options = {name: changes.pop(name) for name in ("retries", "clock", "allowed_hosts", "grant") if name in changes}
    arguments |= {name: changes.pop(name) for name in ("login_url", "instance_url") if name in changes}
    secret_id = tenant.make_secret({**tenant.secret(), **changes})
    return SalesforceTokenHook(secret_id=secret_id, aws_hook=AppFlowHook(**tenant.aws), **arguments, **options)


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
