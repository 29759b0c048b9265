from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_appflow_isv.exceptions import AppFlowRequestError, TenantConfigurationError
from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook
from airflow_provider_appflow_isv.operators.connector_profile import AppFlowDeleteConnectorProfileOperator
from tests.accounts import TenantAccount, fresh
from tests.tasks import run_task

if TYPE_CHECKING:
    from tests.recording import Recording


def delete(tenant: TenantAccount, profile: str, **arguments: Any) -> Any:
    given = {**tenant.aws, **arguments}
    return run_task(AppFlowDeleteConnectorProfileOperator(task_id="delete", connector_profile_name=profile, **given))


def result(tenant: TenantAccount, profile: str, action: str) -> dict[str, Any]:
    arn = f"arn:aws:appflow:us-east-1:{tenant.account}:connectorprofile/{profile}"
    return {"connector_profile_name": profile, "connector_profile_arn": arn, "action": action}


def exists(tenant: TenantAccount, profile: str) -> bool:
    return AppFlowHook(**tenant.aws).get_connector_profile(profile) is not None


def profile_of(tenant: TenantAccount, flow: str) -> str:
    return str(AppFlowHook(**tenant.aws).describe_flow(flow)["sourceFlowConfig"]["connectorProfileName"])


def test_a_profile_is_deleted(tenant: TenantAccount, logged: Callable[[], str]) -> None:
    profile = tenant.make_profile()
    arn = AppFlowHook(**tenant.aws).describe_connector_profiles([profile])[0]["connectorProfileArn"]
    logged()
    done = delete(tenant, profile)
    assert done == result(tenant, profile, "deleted")
    assert done["connector_profile_arn"] == arn
    assert not exists(tenant, profile)
    assert f"Connector profile {profile} in account {tenant.account}: deleted" in logged()


def test_a_profile_in_use_is_not_deleted_and_the_error_names_the_flows(tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    profile = profile_of(tenant, flow)
    with pytest.raises(AppFlowRequestError) as caught:
        delete(tenant, profile)
    assert caught.value.code == "ConflictException"
    for part in (f"connector profile {profile}", tenant.account, flow, "AppFlowDeleteFlowOperator, or set force=True"):
        assert part in str(caught.value)
    assert exists(tenant, profile)


@pytest.mark.parametrize("force", [True, "{{ params.force }}"])
def test_a_profile_in_use_is_deleted_by_force(force: Any, tenant: TenantAccount) -> None:
    profile = profile_of(tenant, tenant.make_flow())
    task = AppFlowDeleteConnectorProfileOperator(
        task_id="delete", connector_profile_name=profile, force=force, **tenant.aws
    )
    assert run_task(task, force=True)["action"] == "deleted"
    assert not exists(tenant, profile)


def test_a_profile_that_is_gone_is_skipped_with_a_warning_that_says_where(
    tenant: TenantAccount, logged: Callable[[], str]
) -> None:
    profile = fresh("profile")
    assert delete(tenant, profile) == result(tenant, profile, "skipped")
    assert f"{profile} is not in account {tenant.account}, region us-east-1: nothing to delete" in logged()


def test_a_profile_that_is_gone_is_an_error_if_told_so(tenant: TenantAccount) -> None:
    profile = fresh("profile")
    with pytest.raises(AppFlowRequestError, match=rf"{profile} does not exist.*{tenant.account}.*if_missing='skip'"):
        delete(tenant, profile, if_missing="fail")


@pytest.mark.parametrize(
    ("argument", "value"), [("connector_profile_name", "two words"), ("force", "yes"), ("if_missing", "ignore")]
)
def test_a_wrong_argument_is_refused_when_the_dag_is_parsed(argument: str, value: Any) -> None:
    arguments: dict[str, Any] = {"connector_profile_name": "profile", argument: value}
    with pytest.raises(TenantConfigurationError, match=argument):
        AppFlowDeleteConnectorProfileOperator(task_id="delete", **arguments)


@pytest.mark.parametrize("argument", ["connector_profile_name", "force", "if_missing"])
def test_what_a_template_renders_to_is_checked_too(argument: str, tenant: TenantAccount, recording: Recording) -> None:
    arguments: dict[str, Any] = {"connector_profile_name": "p", **tenant.aws, argument: "{{ params.value }}"}
    with pytest.raises(TenantConfigurationError, match=argument):
        run_task(AppFlowDeleteConnectorProfileOperator(task_id="delete", **arguments), value="two words")
    assert recording.entries() == []
