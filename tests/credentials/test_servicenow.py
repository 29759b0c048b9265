"""ServiceNow, which the local stack has a counterpart of: every log-in is really made."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from airflow_provider_appflow_isv.credentials import (
    AuthorizationCode,
    BasicCredentials,
    OAuth2Credentials,
    SecretsManagerCredentials,
)
from airflow_provider_appflow_isv.exceptions import (
    ConnectorAuthenticationError,
    OAuthConfigurationError,
    OAuthUnavailable,
    TenantConfigurationError,
)
from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook
from airflow_provider_appflow_isv.operators.connector_profile import AppFlowUpdateConnectorProfileOperator
from tests.accounts import fresh
from tests.credentials.profiles import asked, create, kept
from tests.tasks import run_task

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.servicenow import Instance
    from tests.accounts import TenantAccount

CALLBACK = "https://isv.example.com/callback"


@pytest.fixture
def instance(tenant: TenantAccount) -> Instance:
    """The tenant's instance, with the client credentials grant switched on."""
    found = tenant.stack.instances[tenant.tenant.name]
    found.client_credentials_enabled = True
    return found


@pytest.fixture
def app(instance: Instance) -> dict[str, str]:
    """A client of the instance, as a secret has it."""
    user = instance.add_user(fresh("user"))
    client = instance.add_oauth_client(redirect_url=CALLBACK, application_user=user.username)
    return {"clientId": client.client_id, "clientSecret": client.client_secret, "username": user.username}


def properties_of(instance: Instance) -> dict[str, Any]:
    return {"ServiceNow": {"instanceUrl": instance.url}}


def connect(tenant: TenantAccount, instance: Instance, source: Any, secret: Any, **arguments: Any) -> str:
    given = {"secret_id": tenant.make_secret(secret), **arguments}
    if source is OAuth2Credentials and "redeemer" not in given:
        return create(tenant, "Servicenow", properties_of(instance), minting(instance, **given))
    return create(tenant, "Servicenow", properties_of(instance), source(**given))


def minting(instance: Instance, **arguments: Any) -> OAuth2Credentials:
    """A source that may ask the instance, which is on loopback."""
    return OAuth2Credentials(**arguments, allowed_hosts=(urlsplit(instance.url).netloc,))


def with_refresh_token(instance: Instance, app: dict[str, str]) -> dict[str, str]:
    token = instance.refresh_tokens.issue(app["clientId"], app["username"], 3600.0)
    return {**app, "refreshToken": token.value}


def with_code(instance: Instance, app: dict[str, str]) -> dict[str, str]:
    code = instance.issue_authorization_code(app["clientId"], app["username"])
    return {**app, "code": code, "redirect_uri": CALLBACK}


def test_user_name_and_password_let_appflow_in(tenant: TenantAccount, instance: Instance) -> None:
    user = instance.add_user(fresh("user"))
    login = {"username": user.username, "password": user.password}
    profile = connect(tenant, instance, BasicCredentials, login)
    assert kept(tenant, profile) == login
    assert asked(tenant, profile, "incident")


def test_a_connection_has_them_as_such(
    tenant: TenantAccount, instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = instance.add_user(fresh("user"))
    monkeypatch.setenv("AIRFLOW_CONN_SERVICENOW_TEST", f"http://{user.username}:{user.password}@127.0.0.1")
    source = BasicCredentials(conn_id="servicenow_test")
    profile = create(tenant, "Servicenow", properties_of(instance), source)
    assert kept(tenant, profile) == {"username": user.username, "password": user.password}


def test_a_token_is_minted_by_client_credentials_at_the_instances_own_address(
    tenant: TenantAccount, instance: Instance, app: dict[str, str]
) -> None:
    profile = connect(tenant, instance, OAuth2Credentials, app)
    assert set(kept(tenant, profile)["oAuth2Credentials"]) == {"accessToken"}
    assert asked(tenant, profile, "incident")


def test_a_token_is_minted_by_a_refresh_token_that_stays_with_us(
    tenant: TenantAccount, instance: Instance, app: dict[str, str]
) -> None:
    profile = connect(tenant, instance, OAuth2Credentials, with_refresh_token(instance, app))
    assert set(kept(tenant, profile)["oAuth2Credentials"]) == {"accessToken"}
    assert asked(tenant, profile, "incident")


def test_a_code_is_redeemed_once_and_its_refresh_token_kept_in_the_secret(
    tenant: TenantAccount, instance: Instance, app: dict[str, str]
) -> None:
    secret_id = tenant.make_secret(with_code(instance, app))
    source = minting(instance, secret_id=secret_id)
    hook, properties = AppFlowHook(**tenant.aws), properties_of(instance)
    first = source.fetch(hook, properties)["ServiceNow"]["oAuth2Credentials"]["accessToken"]
    stored = source.store(hook).read().members
    assert "code" not in stored
    assert instance.refresh_tokens.find(stored["refresh_token"])
    second = source.fetch(hook, properties)["ServiceNow"]["oAuth2Credentials"]["accessToken"]
    assert second != first
    assert instance.access_tokens.find(second)


def test_a_dead_token_is_replaced_by_an_update(tenant: TenantAccount, instance: Instance, app: dict[str, str]) -> None:
    source = minting(instance, secret_id=tenant.make_secret(with_refresh_token(instance, app)))
    profile = create(tenant, "Servicenow", properties_of(instance), source)
    instance.expire_tokens()
    update = AppFlowUpdateConnectorProfileOperator(
        task_id="update", connector_profile_name=profile, credentials=source, **tenant.aws
    )
    assert run_task(update)["action"] == "updated"
    assert asked(tenant, profile, "incident")


def test_tokens_that_are_handed_over_are_renewed_by_appflow(
    tenant: TenantAccount, instance: Instance, app: dict[str, str]
) -> None:
    stored = with_refresh_token(instance, app)
    profile = connect(tenant, instance, OAuth2Credentials, stored, redeemer="appflow")
    assert asked(tenant, profile, "incident")
    credentials = kept(tenant, profile)["oAuth2Credentials"]
    assert {name: credentials[name] for name in ("clientId", "clientSecret", "refreshToken")} == {
        name: stored[name] for name in ("clientId", "clientSecret", "refreshToken")
    }
    assert instance.access_tokens.find(credentials["accessToken"])


def test_a_code_that_is_handed_over_is_redeemed_by_appflow(
    tenant: TenantAccount, instance: Instance, app: dict[str, str]
) -> None:
    profile = connect(tenant, instance, AuthorizationCode, with_code(instance, app))
    assert instance.refresh_tokens.find(kept(tenant, profile)["oAuth2Credentials"]["refreshToken"])
    assert asked(tenant, profile, "incident")


def test_a_refresh_token_that_we_have_redeemed_is_not_handed_over(
    tenant: TenantAccount, instance: Instance, app: dict[str, str]
) -> None:
    secret_id = tenant.make_secret(with_refresh_token(instance, app))
    hook, properties = AppFlowHook(**tenant.aws), properties_of(instance)
    minting(instance, secret_id=secret_id).fetch(hook, properties)
    handed_over = OAuth2Credentials(secret_id=secret_id, redeemer="appflow")
    with pytest.raises(
        TenantConfigurationError, match=r"is redeemed by this provider.*Or store .*, without token_replaces"
    ):
        handed_over.fetch(hook, properties)
    stored = json.loads(tenant.client("secretsmanager").get_secret_value(SecretId=secret_id)["SecretString"])
    fresh_consent = with_refresh_token(instance, app)
    kept_members = {name: value for name, value in stored.items() if name not in ("token_replaces", "token_redeemed")}
    text = json.dumps({**kept_members, "refreshToken": fresh_consent["refreshToken"]})
    tenant.client("secretsmanager").put_secret_value(SecretId=secret_id, SecretString=text)
    assert handed_over.fetch(hook, properties)


def test_a_refresh_token_is_not_handed_over_without_the_app(
    tenant: TenantAccount, instance: Instance, app: dict[str, str]
) -> None:
    stored = with_refresh_token(instance, app)
    del stored["clientSecret"]
    with pytest.raises(TenantConfigurationError, match="lacks client_secret, without which AppFlow can't redeem"):
        connect(tenant, instance, OAuth2Credentials, stored, redeemer="appflow")


@pytest.mark.parametrize(
    ("arguments", "stored", "says"),
    [
        ({}, {"clientId": "app"}, "lacks client_secret for the client_credentials grant"),
        ({"grant": "refresh_token"}, {"clientId": "app"}, "lacks refresh_token for the refresh_token grant"),
        ({"grant": "authorization_code"}, {"clientId": "app"}, "lacks code, redirect_uri for the authorization_code"),
        ({}, {"clientId": "app", "grant": "implicit"}, r"grant 'implicit' of the secret .* is not known"),
        ({"redeemer": "appflow"}, {"clientId": "app"}, "lacks accessToken for Servicenow"),
    ],
)
def test_what_a_secret_lacks_is_named(
    arguments: dict[str, str], stored: dict[str, str], says: str, tenant: TenantAccount, instance: Instance
) -> None:
    with pytest.raises(TenantConfigurationError, match=says):
        connect(tenant, instance, OAuth2Credentials, stored, **arguments)


def test_a_token_url_on_another_host_is_refused_before_anything_is_sent(
    tenant: TenantAccount, instance: Instance, app: dict[str, str]
) -> None:
    stored = {**app, "token_url": "https://elsewhere.example.org/token"}
    with pytest.raises(TenantConfigurationError, match=r"'https://elsewhere.example.org/token' is not a host"):
        connect(tenant, instance, OAuth2Credentials, stored)


def test_a_wrong_client_secret_is_told_as_the_instance_tells_it(
    tenant: TenantAccount, instance: Instance, app: dict[str, str]
) -> None:
    with pytest.raises((OAuthConfigurationError, OAuthUnavailable), match="access_denied") as caught:
        connect(tenant, instance, OAuth2Credentials, {**app, "clientSecret": "planted-wrong-secret"})
    assert "planted" not in str(caught.value)


def test_an_instance_in_trouble_is_asked_again_for_a_grant_that_may_be_replayed(
    tenant: TenantAccount, instance: Instance, app: dict[str, str]
) -> None:
    instance.fail_next_token_requests(1)
    assert asked(tenant, connect(tenant, instance, OAuth2Credentials, app), "incident")


def test_appflow_refuses_a_wrong_password_as_such(tenant: TenantAccount, instance: Instance) -> None:
    user = instance.add_user(fresh("user"))
    with pytest.raises(ConnectorAuthenticationError) as caught:
        connect(tenant, instance, BasicCredentials, {"username": user.username, "password": "planted-wrong"})
    assert "planted" not in str(caught.value)


def test_a_refresh_token_in_a_connection_is_redeemed_only_if_it_is_said_not_to_rotate(
    tenant: TenantAccount, instance: Instance, app: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    extra = with_refresh_token(instance, app)
    source, hook = minting(instance, conn_id="rotating"), AppFlowHook(**tenant.aws)
    monkeypatch.setenv("AIRFLOW_CONN_ROTATING", json.dumps({"conn_type": "http", "extra": extra}))
    with pytest.raises(TenantConfigurationError, match="connection rotating can't take a new refresh token"):
        source.fetch(hook, properties_of(instance))
    extra["refresh_token_rotation"] = "false"
    monkeypatch.setenv("AIRFLOW_CONN_ROTATING", json.dumps({"conn_type": "http", "extra": extra}))
    token = source.fetch(hook, properties_of(instance))["ServiceNow"]["oAuth2Credentials"]["accessToken"]
    assert instance.access_tokens.find(token)


def test_no_repr_tells_more_than_names(tenant: TenantAccount, instance: Instance, app: dict[str, str]) -> None:
    secret_id = tenant.make_secret(with_refresh_token(instance, app))
    for source in (OAuth2Credentials(secret_id=secret_id), SecretsManagerCredentials(secret_id)):
        assert re.search(rf"secret_id='{secret_id}'", repr(source))
    source = minting(instance, secret_id=secret_id)
    before = (repr(source), dict(vars(source)))
    source.fetch(AppFlowHook(**tenant.aws), properties_of(instance))
    assert (repr(source), dict(vars(source))) == before
