"""What becomes of a connector profile that is there: whose it is, and what is kept of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_appflow_isv.credentials import SalesforceCredentials, SecretsManagerCredentials
from airflow_provider_appflow_isv.exceptions import OAuthConsentRequired, TenantConfigurationError
from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook
from airflow_provider_appflow_isv.local.appflow.connectors.custom_connectors import provide, withdraw
from airflow_provider_appflow_isv.operators.connector_profile import (
    AppFlowCreateConnectorProfileOperator,
    AppFlowUpdateConnectorProfileOperator,
)
from tests.accounts import TenantAccount, fresh
from tests.local.appflow.shop import CONFIGURATION, LAMBDA, PASSWORD, Shop, register_request
from tests.operators.pushing import OrgToken
from tests.tasks import run_task

if TYPE_CHECKING:
    from tests.recording import Recording

URL = "https://shop.example.com"
LOGIN = {"CustomConnector": {"authenticationType": "BASIC", "basic": {"username": "user", "password": PASSWORD}}}


def of_shop(**settings: str) -> dict[str, Any]:
    return {"CustomConnector": {"profileProperties": settings}}


@pytest.fixture
def labels(tenant: TenantAccount) -> Iterator[list[str]]:
    """Two custom connectors, as of two vendors."""
    labels, appflow = [fresh("shop"), fresh("shop")], tenant.client("appflow")
    provide(LAMBDA, CONFIGURATION, Shop)
    for label in labels:
        appflow.register_connector(**register_request(label))
    yield labels
    for label in labels:
        appflow.unregister_connector(connectorLabel=label, forceDelete=True)
    withdraw(LAMBDA)


def upsert(tenant: TenantAccount, name: str, **arguments: Any) -> Any:
    given: dict[str, Any] = {
        "connector_type": "CustomConnector",
        "connector_profile_properties": of_shop(shopUrl=URL),
        **arguments,
    }
    if given["connector_type"] == "CustomConnector":
        given["credentials"] = SecretsManagerCredentials(tenant.make_secret(LOGIN))
    else:
        given["credentials"] = SalesforceCredentials(
            secret_id=tenant.tenant.secret_id, login_url=tenant.tenant.login_url
        )
    return run_task(
        AppFlowCreateConnectorProfileOperator(task_id="upsert", connector_profile_name=name, **given, **tenant.aws)
    )


def properties_of(tenant: TenantAccount, name: str) -> Any:
    found = AppFlowHook(**tenant.aws).get_connector_profile(name)
    assert found
    return found["connectorProfileProperties"]


@pytest.mark.parametrize("if_exists", ["update", "skip"])
def test_a_profile_of_another_custom_connector_is_refused(
    if_exists: str, labels: list[str], tenant: TenantAccount, recording: Recording
) -> None:
    ours, theirs = labels
    profile = fresh("profile")
    upsert(tenant, profile, connector_label=theirs)
    with pytest.raises(TenantConfigurationError) as caught:
        upsert(tenant, profile, connector_label=ours, if_exists=if_exists)
    assert f"{profile} exists with connector label {theirs}, not {ours}" in str(caught.value)
    assert "A profile's label can't be changed" in str(caught.value)
    assert recording.appflow("UpdateConnectorProfile") == []


@pytest.mark.parametrize(("if_exists", "action"), [("update", "updated"), ("skip", "skipped")])
def test_a_profile_of_the_same_custom_connector_is_taken(
    if_exists: str, action: str, labels: list[str], tenant: TenantAccount
) -> None:
    profile = fresh("profile")
    done = [upsert(tenant, profile, connector_label=labels[0], if_exists=if_exists)["action"] for _ in range(2)]
    assert done == ["created", action]


def test_an_update_merges_nested_properties(labels: list[str], tenant: TenantAccount) -> None:
    profile = fresh("profile")
    upsert(tenant, profile, connector_label=labels[0], connector_profile_properties=of_shop(shopUrl=URL, branch="a"))
    task = AppFlowUpdateConnectorProfileOperator(
        task_id="update",
        connector_profile_name=profile,
        credentials=SecretsManagerCredentials(tenant.make_secret(LOGIN)),
        connector_profile_properties=of_shop(branch="b"),
        **tenant.aws,
    )
    assert run_task(task)["action"] == "updated"
    assert properties_of(tenant, profile) == of_shop(shopUrl=URL, branch="b")


def test_a_skip_warns_of_properties_that_differ(
    labels: list[str], tenant: TenantAccount, logged: Callable[[], str]
) -> None:
    profile = fresh("profile")
    upsert(tenant, profile, connector_label=labels[0])
    logged()
    wanted = of_shop(shopUrl="https://other.example.com", branch="b")
    done = upsert(tenant, profile, connector_label=labels[0], connector_profile_properties=wanted, if_exists="skip")
    names = "CustomConnector.profileProperties.shopUrl, CustomConnector.profileProperties.branch"
    assert f"Connector profile {profile} has another {names} than given" in logged()
    assert done["action"] == "skipped"
    assert properties_of(tenant, profile) == of_shop(shopUrl=URL)


def test_a_skip_warns_of_a_profile_for_another_org(tenant: TenantAccount, logged: Callable[[], str]) -> None:
    profile = tenant.make_profile()
    logged()
    other = {"Salesforce": {"instanceUrl": "https://example.my.salesforce.com"}}
    upsert(tenant, profile, connector_type="Salesforce", connector_profile_properties=other, if_exists="skip")
    assert "has another Salesforce.instanceUrl than given" in logged()


@pytest.mark.parametrize("sandbox", [False, "False", None])
def test_a_skip_warns_of_nothing_where_nothing_differs(
    sandbox: Any, tenant: TenantAccount, logged: Callable[[], str]
) -> None:
    profile = tenant.make_profile()
    logged()
    same = {"Salesforce": {**tenant.properties["Salesforce"], "isSandboxEnvironment": sandbox}}
    upsert(tenant, profile, connector_type="Salesforce", connector_profile_properties=same, if_exists="skip")
    assert "than given" not in logged()


def test_a_grant_that_is_gone_before_there_is_a_profile_can_be_reported(tenant: TenantAccount) -> None:
    profile = fresh("profile")
    gone = OrgToken(tenant, trouble=OAuthConsentRequired("The grant is gone."))
    task = AppFlowCreateConnectorProfileOperator(
        task_id="create",
        connector_profile_name=profile,
        connector_type="Salesforce",
        connector_profile_properties=tenant.properties,
        credentials=gone,
        on_consent_required="report",
        **tenant.aws,
    )
    done = run_task(task)
    assert (done["action"], done["message"]) == ("consent_required", f"The grant is gone. (account {tenant.account})")
    assert done["connector_profile_arn"].endswith(f":{tenant.account}:connectorprofile/{profile}")
