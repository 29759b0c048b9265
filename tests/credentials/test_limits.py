"""Lengths and patterns of AppFlow's model, which botocore does not check: refused before the call, and not quoted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_appflow_isv.credentials import (
    ApiKeyCredentials,
    BasicCredentials,
    CustomCredentials,
    OAuth2Credentials,
    RedshiftCredentials,
    SecretsManagerCredentials,
    SnowflakeKeyPair,
)
from airflow_provider_appflow_isv.credentials.limits import check_limits
from airflow_provider_appflow_isv.exceptions import AppFlowRequestError, TenantConfigurationError
from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook

if TYPE_CHECKING:
    from tests.accounts import TenantAccount

AT_URL = {"instanceUrl": "https://tenant-a.example.com"}
LOGIN = {"username": "planted-user", "password": "planted-password"}


def custom(values: dict[str, str]) -> dict[str, Any]:
    map_of = {"customAuthenticationType": "own", "credentialsMap": values}
    return {"CustomConnector": {"authenticationType": "CUSTOM", "custom": map_of}}


@pytest.mark.parametrize(
    ("credentials", "says"),
    [
        ({"Singular": {"apiKey": "planted" * 40}}, "Singular.apiKey has 280 characters, and may have up to 256"),
        ({"Singular": {"apiKey": "planted key"}}, r"Singular.apiKey must be like \\S\+ and has white space in it"),
        ({"Singular": {"apiKey": "planted\n"}}, r"Singular.apiKey must be like \\S\+ and has a line break in it"),
        ({"Singular": {"apiKey": ""}}, r"Singular.apiKey must be like \\S\+ and is empty"),
        ({"Singular": {}}, "Singular.apiKey is missing"),
        ({"Singular": {"apiKey": 4711}}, "Singular.apiKey is not a text"),
        ({"Singular": "planted"}, "Singular is not a structure"),
        ({"Singular": {"apiKey": "k", "planted": "k"}}, "Singular.planted is not known to the botocore"),
        ({"Salesforce": {"accessToken": "planted" * 600}}, "Salesforce.accessToken has 4200 characters"),
        ({"Salesforce": {"oAuth2GrantType": "planted"}}, "oAuth2GrantType must be one of CLIENT_CREDENTIALS, AUTHOR"),
        ({"Salesforce": {"clientCredentialsArn": "arn:aws-cn:secretsmanager:x:1:y"}}, "clientCredentialsArn must be"),
        (custom({"a key": "planted"}), r"a name in CustomConnector.custom.credentialsMap must be like \[\\w\]\+"),
        (custom({"key": "planted value"}), r"a value in CustomConnector.custom.credentialsMap must be like \\S\+"),
        (custom({f"key{number}": "k" for number in range(51)}), "credentialsMap has 51 members"),
    ],
)
def test_what_appflow_would_refuse_is_named_and_not_quoted(
    credentials: dict[str, Any], says: str, tenant: TenantAccount
) -> None:
    with pytest.raises(TenantConfigurationError, match=says) as caught:
        check_limits(AppFlowHook(**tenant.aws), credentials)
    assert "planted" not in str(caught.value).replace("Singular.planted", "")
    assert caught.value.account == tenant.account


def test_what_appflow_takes_passes(tenant: TenantAccount) -> None:
    check_limits(AppFlowHook(**tenant.aws), custom({"key": "value"}))
    check_limits(AppFlowHook(**tenant.aws), {"Redshift": {"username": "a user", "password": ""}})


def test_a_source_refuses_a_value_before_the_call(tenant: TenantAccount) -> None:
    source = BasicCredentials(secret_id=tenant.make_secret({**LOGIN, "username": "planted user"}))
    with pytest.raises(TenantConfigurationError, match=r"Veeva\.username must be like .* white space") as caught:
        source.fetch(AppFlowHook(**tenant.aws), {"Veeva": AT_URL})
    assert "planted" not in str(caught.value)


def test_an_encrypted_private_key_is_refused(tenant: TenantAccount) -> None:
    pem = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nplanted\n-----END ENCRYPTED PRIVATE KEY-----"
    source = SnowflakeKeyPair(secret_id=tenant.make_secret({"username": "loader", "privateKey": pem}))
    stage = {"warehouse": "w", "stage": "db.schema.stage", "bucketName": "staging"}
    with pytest.raises(TenantConfigurationError, match="is encrypted, and AppFlow takes no passphrase") as caught:
        source.fetch(AppFlowHook(**tenant.aws), {"Snowflake": stage})
    assert "planted" not in str(caught.value)


@pytest.mark.parametrize(
    ("stored", "says"),
    [
        ({"apiKey": "planted"}, r"Secret .* lacks applicationKey for Datadog.*AppFlow needs apiKey and applicationKey"),
        ({"apiKey": 4711, "applicationKey": "k"}, r"apiKey of secret .* is not a text.*members apiKey, applicationKey"),
        ("planted", r"is not a JSON object.*Store the members apiKey, applicationKey"),
    ],
)
def test_what_a_secret_of_keys_lacks_is_named(stored: Any, says: str, tenant: TenantAccount) -> None:
    source = ApiKeyCredentials(secret_id=tenant.make_secret(stored))
    with pytest.raises(TenantConfigurationError, match=says) as caught:
        source.fetch(AppFlowHook(**tenant.aws), {"Datadog": AT_URL})
    assert "planted" not in str(caught.value)
    assert "4711" not in str(caught.value)


def test_keys_may_be_spelt_in_snake_case(tenant: TenantAccount) -> None:
    source = ApiKeyCredentials(secret_id=tenant.make_secret({"api_key": "a", "application_key": "b"}))
    fetched = source.fetch(AppFlowHook(**tenant.aws), {"Datadog": AT_URL})
    assert fetched == {"Datadog": {"apiKey": "a", "applicationKey": "b"}}


@pytest.mark.parametrize(
    ("uri", "member", "fetched"),
    [
        ('{"conn_type": "http", "password": "planted"}', "Dynatrace", {"apiToken": "planted"}),
        ('{"conn_type": "http", "extra": {"apiToken": "planted"}}', "Dynatrace", {"apiToken": "planted"}),
        (
            '{"conn_type": "http", "extra": {"api_key": "a", "applicationKey": "b"}}',
            "Datadog",
            {"apiKey": "a", "applicationKey": "b"},
        ),
    ],
)
def test_keys_may_stand_in_a_connection(
    uri: str, member: str, fetched: dict[str, str], tenant: TenantAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_KEYS", uri)
    source = ApiKeyCredentials(conn_id="keys")
    assert source.fetch(AppFlowHook(**tenant.aws), {member: AT_URL}) == {member: fetched}


def test_a_connection_that_is_not_there_is_named(tenant: TenantAccount) -> None:
    for source, member in (
        (ApiKeyCredentials(conn_id="absent"), "Datadog"),
        (BasicCredentials(conn_id="absent"), "Veeva"),
    ):
        with pytest.raises(TenantConfigurationError, match=r"'absent'.* does not exist"):
            source.fetch(AppFlowHook(**tenant.aws), {member: AT_URL})


def test_a_custom_map_may_stand_in_a_connection(tenant: TenantAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_OWN", '{"conn_type": "http", "login": "a", "password": "b", "extra": {"c": "d"}}')
    source = CustomCredentials(conn_id="own", authentication_type="own")
    fetched = source.fetch(AppFlowHook(**tenant.aws), {"CustomConnector": {}})
    assert fetched == custom({"username": "a", "password": "b", "c": "d"})


def test_a_secret_of_another_tenant_is_not_found(tenants: dict[str, TenantAccount]) -> None:
    source = BasicCredentials(secret_id=tenants["tenant-b"].make_secret(LOGIN))
    with pytest.raises(AppFlowRequestError, match="ResourceNotFoundException"):
        source.fetch(AppFlowHook(**tenants["tenant-a"].aws), {"Veeva": AT_URL})


def test_a_new_value_of_a_secret_is_a_change(tenant: TenantAccount) -> None:
    hook, secret_id = AppFlowHook(**tenant.aws), tenant.make_secret(LOGIN)
    before, after = datetime.now(UTC) - timedelta(hours=1), datetime.now(UTC) + timedelta(hours=1)
    for source in (
        BasicCredentials(secret_id=secret_id),
        RedshiftCredentials(secret_id=secret_id),
        OAuth2Credentials(secret_id=secret_id, redeemer="appflow"),
        SecretsManagerCredentials(tenant.make_secret({"Veeva": LOGIN})),
    ):
        assert source.changed_since(hook, before)
        assert not source.changed_since(hook, after)


def test_whether_a_connection_has_changed_cannot_be_told_and_the_data_api_has_nothing_to_change(
    tenant: TenantAccount,
) -> None:
    hook, before = AppFlowHook(**tenant.aws), datetime(2000, 1, 1, tzinfo=UTC)
    assert BasicCredentials(conn_id="static").changed_since(hook, before) is None
    assert RedshiftCredentials().changed_since(hook, before) is False
