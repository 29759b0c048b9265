from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_appflow_isv import credentials
from airflow_provider_appflow_isv.credentials import (
    BasicCredentials,
    CredentialSource,
    OAuth2Credentials,
    RedshiftCredentials,
    SalesforceCredentials,
    SecretsManagerCredentials,
)
from airflow_provider_appflow_isv.exceptions import TenantConfigurationError

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook

URL = "https://tenant-a.example.com"
SECRET: dict[str, Any] = {"secret_id": "secret"}
APPFLOW: dict[str, Any] = {**SECRET, "redeemer": "appflow"}

SOURCES = [
    getattr(credentials, name) for name in credentials.__all__ if getattr(credentials, name) is not CredentialSource
]


def test_a_source_must_say_how_to_fetch() -> None:
    with pytest.raises(TypeError, match="fetch"):
        CredentialSource()  # type: ignore[abstract]  # what is tested


@pytest.mark.parametrize("source", SOURCES)
def test_no_source_is_mistaken_by_airflow_for_an_output_of_a_task(source: type[CredentialSource]) -> None:
    assert not hasattr(source, "resolve")


@pytest.mark.parametrize("source", SOURCES)
def test_every_template_field_is_an_argument(source: type[CredentialSource]) -> None:
    assert source.template_fields
    assert set(source.template_fields) <= set(inspect.signature(source).parameters)


class Own(CredentialSource):
    """A source of somebody's own, which says how to fetch and nothing else."""

    def fetch(self, hook: AppFlowHook, properties: Mapping[str, Any]) -> dict[str, Any]:
        return {"Slack": {}}


def test_a_source_of_ones_own_is_taken_by_every_connector() -> None:
    Own().check_for("Slack", {"Slack": {"instanceUrl": URL}})
    Own().check_for("CustomConnector", {"CustomConnector": {}})
    assert (Own().token_lifetime, Own().redeemed_by_appflow) == (None, False)


@pytest.mark.parametrize(
    ("source", "arguments", "says"),
    [
        (OAuth2Credentials, {**APPFLOW, "grant": "refresh_token"}, "grant contradicts redeemer='appflow'"),
        (OAuth2Credentials, {**APPFLOW, "token_url": URL, "scope": "a"}, "token_url, scope contradicts redeemer"),
        (
            OAuth2Credentials,
            {**SECRET, "redeemer": "both"},
            "redeemer 'both' is not known. Possible are isv and appflow",
        ),
        (OAuth2Credentials, {**SECRET, "grant": "password"}, "grant 'password' is not known. .*client_credentials"),
        (OAuth2Credentials, {**SECRET, "token_url": "http://example.com"}, "token_url must be an https address"),
        (OAuth2Credentials, {**SECRET, "introspection_url": "example.com"}, "introspection_url must be an https"),
        (OAuth2Credentials, {**SECRET, "client_authentication": "jwt"}, "client_authentication 'jwt' is not known"),
        (OAuth2Credentials, {**SECRET, "allowed_hosts": "sso.example.com"}, "allowed_hosts 'sso.example.com' is not a"),
        (
            OAuth2Credentials,
            {**SECRET, "allowed_hosts": ("https://x",)},
            "allowed_hosts .* is not a list of host names",
        ),
        (
            SalesforceCredentials,
            {**SECRET, "allowed_hosts": "sso.example.com"},
            "allowed_hosts 'sso.example.com' is not",
        ),
        (SalesforceCredentials, {**SECRET, "allowed_hosts": ("https://x",)}, "allowed_hosts .* is not a list of host"),
        (BasicCredentials, {}, "BasicCredentials needs conn_id or secret_id, one of them"),
        (BasicCredentials, {"conn_id": "a", "secret_id": "b"}, "needs conn_id or secret_id, one of them"),
        (RedshiftCredentials, {"conn_id": "a", "secret_id": "b"}, "needs conn_id or secret_id, one of them"),
        (RedshiftCredentials, {"stored_in": "isv"}, "needs conn_id or secret_id, one of them"),
        (SecretsManagerCredentials, {**SECRET, "stored_in": "vault"}, "stored_in 'vault' is not known"),
    ],
)
def test_arguments_that_contradict_each_other_are_refused(source: Any, arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(TenantConfigurationError, match=says):
        source(**arguments)
