from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from airflow_provider_appflow_isv.exceptions import (
    OAuthConfigurationError,
    OAuthUnavailable,
    TenantConfigurationError,
)
from tests.hooks.tokens import hook_of, opens

if TYPE_CHECKING:
    from tests.accounts import TenantAccount


def test_a_wrong_password_is_named_with_what_to_check(tenant: TenantAccount) -> None:
    with pytest.raises(OAuthConfigurationError, match=r"refused the password grant.*Check user name") as caught:
        hook_of(tenant, **{"SFPassword+SeurityToken": "wrong-password"}).get_token()
    assert caught.value.code == "invalid_grant"
    assert "wrong-password" not in str(caught.value)


def test_a_wrong_client_secret_is_named_with_what_to_check(tenants: dict[str, TenantAccount]) -> None:
    with pytest.raises(OAuthConfigurationError, match=r"invalid_client: .*consumer secret") as caught:
        hook_of(tenants["tenant-b"], clientSecret="wrong-secret").get_token()
    assert "wrong-secret" not in str(caught.value)


def test_an_unknown_consumer_key_is_named_with_what_to_check(any_tenant: TenantAccount) -> None:
    with pytest.raises(OAuthConfigurationError, match=r"invalid_client_id: .*consumer key"):
        hook_of(any_tenant, clientId="unknown-app").get_token()


def test_a_user_who_is_not_active_is_an_error_of_configuration(
    any_tenant: TenantAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(any_tenant.org.users[any_tenant.username], "active", False)
    with pytest.raises(OAuthConfigurationError, match=r"inactive_user: .*have it activated"):
        hook_of(any_tenant).get_token()


def test_a_user_whom_no_admin_approved_is_an_error_of_configuration(
    tenants: dict[str, TenantAccount], monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = tenants["tenant-c"]
    monkeypatch.setattr(tenant.org.apps[tenant.secret()["clientId"]], "approved", set())
    with pytest.raises(OAuthConfigurationError, match=r"invalid_app_access: .*must allow the user"):
        hook_of(tenant).get_token()


def test_a_user_who_has_not_approved_the_app_is_an_error_of_configuration(
    tenants: dict[str, TenantAccount], monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = tenants["tenant-c"]
    app = tenant.org.apps[tenant.secret()["clientId"]]
    monkeypatch.setattr(app, "approved", set())
    monkeypatch.setattr(app, "permitted_users", "all")
    with pytest.raises(OAuthConfigurationError, match=r"hasn't approved.*must pre-authorize the user"):
        hook_of(tenant).get_token()


def test_a_key_that_the_app_does_not_have_is_an_error_of_configuration(tenants: dict[str, TenantAccount]) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    with pytest.raises(OAuthConfigurationError, match="app has this key's certificate"):
        hook_of(tenants["tenant-c"], privateKey=pem).get_token()


@pytest.mark.parametrize(
    "key",
    ["not-a-key", "-----BEGIN PRIVATE KEY-----\nMIIEvQsecretline\n-----END PRIVATE KEY-----\n"],
)
def test_a_key_that_is_none_is_refused_without_quoting_it(key: str, tenants: dict[str, TenantAccount]) -> None:
    with pytest.raises(TenantConfigurationError, match="private_key is not the PEM of an RSA key") as caught:
        hook_of(tenants["tenant-c"], privateKey=key).get_token()
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert "secretline" not in str(caught.value)


def test_a_clock_that_is_wrong_is_an_error_of_configuration(tenants: dict[str, TenantAccount]) -> None:
    with pytest.raises(OAuthConfigurationError, match="clock of this machine"):
        hook_of(tenants["tenant-c"], clock=lambda: 1_600_000_000.0).get_token()


def test_trouble_that_passes_is_waited_out_for_grants_that_may_be_replayed(replayable: TenantAccount) -> None:
    replayable.org.fail_next_token_requests(1, 503)
    assert opens(hook_of(replayable).get_token(), replayable)


def test_the_password_grant_is_not_replayed(tenant: TenantAccount) -> None:
    hook = hook_of(tenant)
    tenant.org.fail_next_token_requests(2, 503)
    for _ in range(2):  # each asks once, or the second would get a token
        with pytest.raises(OAuthUnavailable, match=r"service_unavailable.*try again later"):
            hook.get_token()
    assert opens(hook.get_token(), tenant)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_trouble_that_stays_is_an_error_to_try_again_after(status: Any, replayable: TenantAccount) -> None:
    replayable.org.fail_next_token_requests(1, status)
    with pytest.raises(OAuthUnavailable, match="try again later"):
        hook_of(replayable, retries=0).get_token()


@pytest.mark.parametrize("retries", [0, 1])
def test_a_host_that_does_not_answer_is_an_error_to_try_again_after(retries: int, tenant: TenantAccount) -> None:
    with pytest.raises(OAuthUnavailable, match=r"127\.0\.0\.1:9 could not be asked.*Check login_url"):
        hook_of(tenant, login_url="http://127.0.0.1:9", retries=retries).get_token()
