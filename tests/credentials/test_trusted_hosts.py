"""Which hosts a login is sent to: a connector profile can be changed in its account, whose login it need not be."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from airflow_provider_appflow_isv.credentials import OAuth2Credentials
from airflow_provider_appflow_isv.credentials.connectors import connector
from airflow_provider_appflow_isv.credentials.token_urls import check_hosts
from airflow_provider_appflow_isv.exceptions import OAuthUnavailable, TenantConfigurationError
from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook
from airflow_provider_appflow_isv.local.seed import ISV_ACCOUNT, account_client
from airflow_provider_appflow_isv.operators.connector_profile import AppFlowUpdateConnectorProfileOperator
from tests.accounts import fresh
from tests.credentials.profiles import create, kept
from tests.oauth.endpoints import GRANTED, endpoint, granting
from tests.tasks import run_task

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.accounts import TenantAccount
    from tests.oauth.endpoints import Endpoint

APP = {"clientId": "app", "clientSecret": "planted-client-secret"}


@pytest.fixture
def elsewhere() -> Iterator[Endpoint]:
    """A host that somebody in the tenant's account has put into the profile."""
    with endpoint(granting) as host:
        yield host


@pytest.fixture(params=["connection", "secret"])
def of_the_isv(
    request: pytest.FixtureRequest, tenant: TenantAccount, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    """Where a login of the ISV's stands, as a source's arguments."""
    if request.param == "connection":
        monkeypatch.setenv("AIRFLOW_CONN_ISVS_APP", json.dumps({"conn_type": "http", "extra": APP}))
        return {"conn_id": "isvs_app"}
    name = fresh("appflow/tenants/secret")
    secrets = account_client(tenant.stack.aws_url, ISV_ACCOUNT, "secretsmanager")
    secrets.create_secret(Name=name, SecretString=json.dumps(APP))
    return {"secret_id": name, "stored_in": "isv"}


@pytest.fixture
def unreached(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a tenant's vendor, to which the worker's proxy, being down, lets nobody through."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{nobody.getsockname()[1]}")
        yield "https://vendor.example.org"


def custom(url: str) -> dict[str, Any]:
    return {"oAuth2Properties": {"tokenUrl": f"{url}/token", "oAuth2GrantType": "CLIENT_CREDENTIALS"}}


def fetch(hook: AppFlowHook, url: str, **arguments: Any) -> str:
    """The token that is minted for a profile that names a host."""
    credentials = OAuth2Credentials(**arguments).fetch(hook, {"CustomConnector": custom(url)})
    return str(credentials["CustomConnector"]["oauth2"]["accessToken"])


def test_a_profile_that_was_changed_does_not_get_the_isvs_login_sent_elsewhere(
    tenant: TenantAccount, elsewhere: Endpoint, of_the_isv: dict[str, Any]
) -> None:
    with endpoint(granting) as vendor:
        own = OAuth2Credentials(secret_id=tenant.make_secret(APP), allowed_hosts=(urlsplit(vendor.url).netloc,))
        profile = create(
            tenant, "CustomConnector", {"CustomConnector": custom(vendor.url)}, own, connector_label="GitHub"
        )
        tenant.client("appflow").update_connector_profile(
            connectorProfileName=profile,
            connectionMode="Public",
            connectorProfileConfig={
                "connectorProfileProperties": {"CustomConnector": custom(elsewhere.url)},
                "connectorProfileCredentials": {"CustomConnector": kept(tenant, profile)},
            },
        )
        isvs = OAuth2Credentials(**of_the_isv, allowed_hosts=(urlsplit(vendor.url).netloc,))
        update = AppFlowUpdateConnectorProfileOperator(
            task_id="update", connector_profile_name=profile, credentials=isvs, **tenant.aws
        )
        place = urlsplit(elsewhere.url).netloc
        with pytest.raises(TenantConfigurationError, match=f"not sent to {place}.* name it in allowed_hosts") as caught:
            run_task(update)
    assert elsewhere.forms == []
    assert "planted" not in str(caught.value)


@pytest.mark.parametrize("named_in", ["allowed_hosts", "token_url"])
def test_the_isvs_login_is_sent_where_the_dag_says(
    named_in: str, tenant: TenantAccount, elsewhere: Endpoint, of_the_isv: dict[str, Any]
) -> None:
    named = {"allowed_hosts": (urlsplit(elsewhere.url).netloc,), "token_url": f"{elsewhere.url}/token"}
    hook = AppFlowHook(**tenant.aws)
    assert fetch(hook, elsewhere.url, **of_the_isv, **{named_in: named[named_in]}) == GRANTED["access_token"]


def test_a_rendered_token_url_is_as_good_as_a_literal_one(
    tenant: TenantAccount, elsewhere: Endpoint, of_the_isv: dict[str, Any]
) -> None:
    own = OAuth2Credentials(secret_id=tenant.make_secret(APP), allowed_hosts=(urlsplit(elsewhere.url).netloc,))
    profile = create(
        tenant, "CustomConnector", {"CustomConnector": custom(elsewhere.url)}, own, connector_label="GitHub"
    )
    isvs = OAuth2Credentials(**of_the_isv, token_url="{{ params.vendor }}/token")
    update = AppFlowUpdateConnectorProfileOperator(
        task_id="update", connector_profile_name=profile, credentials=isvs, verify_profile=False, **tenant.aws
    )
    with endpoint(granting) as vendor:
        assert run_task(update, vendor=vendor.url)["action"] == "updated"
        assert [form["client_secret"] for form in vendor.forms] == [APP["clientSecret"]]


def test_a_login_of_the_tenants_own_is_sent_where_its_profile_says(tenant: TenantAccount, unreached: str) -> None:
    with pytest.raises(OAuthUnavailable, match=r"^vendor\.example\.org could not be asked"):
        fetch(AppFlowHook(**tenant.aws), unreached, secret_id=tenant.make_secret(APP))


def test_without_a_role_the_profile_is_of_the_isvs_account_as_its_login_is(
    unreached: str, of_the_isv: dict[str, Any]
) -> None:
    with pytest.raises(OAuthUnavailable, match=r"^vendor\.example\.org could not be asked"):
        fetch(AppFlowHook("isv_aws"), unreached, **of_the_isv)


def test_the_isvs_login_is_not_sent_to_a_host_that_only_the_profile_names(
    tenant: TenantAccount, unreached: str, of_the_isv: dict[str, Any]
) -> None:
    with pytest.raises(TenantConfigurationError, match="could have them sent anywhere, for they are not stored in"):
        fetch(AppFlowHook(**tenant.aws), unreached, **of_the_isv)


def test_no_profile_leads_to_the_workers_own_machine(tenant: TenantAccount, elsewhere: Endpoint) -> None:
    own = {"secret_id": tenant.make_secret(APP)}
    with pytest.raises(TenantConfigurationError, match=r"not sent to 127\..* own machine\..* name it in allowed_hosts"):
        fetch(AppFlowHook(**tenant.aws), elsewhere.url, **own)
    assert elsewhere.forms == []
    place = urlsplit(elsewhere.url).netloc
    assert fetch(AppFlowHook(**tenant.aws), elsewhere.url, **own, allowed_hosts=(place,)) == GRANTED["access_token"]


@pytest.mark.parametrize(
    "url",
    ["http://localhost:15020/x", "https://localhost/x", "https://LOCALHOST", "http://[::1]:80", "https://a.localhost"],
)
@pytest.mark.parametrize("trusted", [True, False])
def test_loopback_that_a_profile_names_never_counts(url: str, trusted: bool) -> None:
    for connector_type, properties in (
        ("CustomConnector", {"oAuth2Properties": {"tokenUrl": url}}),
        ("SAPOData", {"applicationHostUrl": url, "oAuthProperties": {"tokenUrl": url}}),
        ("Servicenow", {"instanceUrl": url}),
    ):
        with pytest.raises(TenantConfigurationError, match="that is the worker's own machine"):
            check_hosts(url, connector(connector_type), properties, (), profile_is_trusted=trusted)


def test_a_role_of_the_aws_connection_may_lead_to_a_tenant_so_no_connections_login_follows(
    tenant: TenantAccount, unreached: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws = json.loads(tenant.stack.environment()["AIRFLOW_CONN_ISV_AWS"])
    aws["extra"]["role_arn"] = tenant.tenant.role_arn
    monkeypatch.setenv("AIRFLOW_CONN_TENANTS_AWS", json.dumps(aws))
    monkeypatch.setenv("AIRFLOW_CONN_ISVS_APP", json.dumps({"conn_type": "http", "extra": APP}))
    with pytest.raises(TenantConfigurationError, match="which only the connector profile names"):
        fetch(AppFlowHook("tenants_aws"), unreached, conn_id="isvs_app")


@pytest.mark.parametrize(
    ("connector_type", "url", "others"),
    [
        ("Googleanalytics", "https://oauth2.googleapis.com/token", "https://storage.googleapis.com/token"),
        ("Marketo", "https://a.mktorest.com/identity/oauth/token", "https://mktorest.com.example.org/token"),
        ("Servicenow", "https://tenant-a.service-now.com/oauth_token.do", "https://a-service-now.com/oauth_token.do"),
        ("Slack", "https://slack.com/api/oauth.v2.access", "https://slack.com.example.org/api"),
        ("Zendesk", "https://tenant-a.zendesk.com/oauth/tokens", "https://tenant-a.zendesk.com.example.org/tokens"),
    ],
)
def test_a_vendors_own_hosts_are_known(connector_type: str, url: str, others: str) -> None:
    for each in (others, "https://a.my.salesforce.com/token", f"{url}?next=x"):
        with pytest.raises(TenantConfigurationError, match="allowed_hosts"):
            check_hosts(each, connector(connector_type), {"instanceUrl": others}, (), profile_is_trusted=False)
    check_hosts(url, connector(connector_type), {"instanceUrl": others}, (), profile_is_trusted=False)


@pytest.mark.parametrize("name", ["token_url", "introspection_url"])
@pytest.mark.parametrize(
    "url",
    ["https://user:planted@example.com/token", "https://10.0.0.1/token", "https://example.com/token?secret=planted"],
)
def test_no_argument_leads_to_an_address_that_is_never_posted_to(name: str, url: str) -> None:
    with pytest.raises(TenantConfigurationError, match=f"{name} .* is not a host that credentials") as caught:
        OAuth2Credentials(secret_id="secret", **{name: url})  # type: ignore[arg-type]  # a text either way
    assert "planted" not in str(caught.value)
