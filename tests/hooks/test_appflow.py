from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_appflow_isv.exceptions import (
    AppFlowRequestError,
    TenantConfigurationError,
)
from airflow_provider_appflow_isv.flow_run import RunState
from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook
from airflow_provider_appflow_isv.local.appflow.controls.effects import Error
from airflow_provider_appflow_isv.local.appflow.controls.faults import faults
from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from tests.accounts import ONE_TRY, TenantAccount, fresh

if TYPE_CHECKING:
    from tests.recording import Recording


def test_all_pages_of_flows_are_read(tenant: TenantAccount) -> None:
    flows = {tenant.make_flow() for _ in range(23)}  # AppFlow's pages have 20 by default
    names = [flow["flowName"] for flow in AppFlowHook(**tenant.aws).list_flows()]
    assert flows <= set(names)
    assert len(names) == len(set(names))


def test_all_pages_of_connector_profiles_are_read(tenant: TenantAccount) -> None:
    profiles = {tenant.make_profile() for _ in range(23)}
    found = AppFlowHook(**tenant.aws).describe_connector_profiles(connector_type="Salesforce")
    names = [profile["connectorProfileName"] for profile in found]
    assert profiles <= set(names)
    assert len(names) == len(set(names))


def test_connector_profiles_are_shown_without_credentials(tenant: TenantAccount) -> None:
    profile = AppFlowHook(**tenant.aws).get_connector_profile(tenant.make_profile())
    assert profile is not None
    assert profile["connectorProfileProperties"] == tenant.properties
    assert "accessToken" not in str(profile)


def test_a_connector_profile_comes_with_the_time_by_awss_clock(tenant: TenantAccount) -> None:
    profile, now = AppFlowHook(**tenant.aws).connector_profile_now(tenant.make_profile())
    assert profile is not None
    assert now.tzinfo is not None
    assert abs((now - profile["lastUpdatedAt"]).total_seconds()) < 60


def test_a_connector_that_wants_its_api_version_is_asked_without_a_reset(
    tenant: TenantAccount, recording: Recording
) -> None:
    faults.inject(Error("ValidationException", "apiVersion"), operation="ResetConnectorMetadataCache")
    AppFlowHook(**tenant.aws).ask_through_connector_profile(tenant.make_profile())
    assert len(recording.appflow("ListConnectorEntities")) == 1


def test_a_reset_that_is_refused_is_an_error(tenant: TenantAccount, recording: Recording) -> None:
    faults.inject(Error("AccessDeniedException", "no"), operation="ResetConnectorMetadataCache")
    with pytest.raises(AppFlowRequestError, match=r"ResetConnectorMetadataCache.*AccessDenied"):
        AppFlowHook(**tenant.aws).ask_through_connector_profile(tenant.make_profile())
    assert recording.appflow("ListConnectorEntities") == []


def test_a_connector_profile_that_does_not_exist_is_none(tenant: TenantAccount) -> None:
    assert AppFlowHook(**tenant.aws).get_connector_profile(fresh("profile")) is None


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_all_pages_of_runs_are_read(order: Any, tenant: TenantAccount) -> None:
    settings.record_order = order
    flow = tenant.make_flow()
    runs = tenant.backdate(flow, 250)
    found = list(AppFlowHook(**tenant.aws).flow_runs(flow, flow_arn=tenant.flow_arn(flow)))
    assert sorted(str(run.execution_id) for run in found) == sorted(runs)
    assert {run.account for run in found} == {tenant.account}


def test_all_connectors_are_listed_by_type(tenant: TenantAccount) -> None:
    types = [connector["connectorType"] for connector in AppFlowHook(**tenant.aws).describe_connectors()]
    assert {"Salesforce", "S3", "Redshift", "Servicenow"} <= set(types)
    assert types == sorted(set(types))


def test_connectors_can_be_asked_for_by_type(tenant: TenantAccount) -> None:
    found = AppFlowHook(**tenant.aws).describe_connectors(["S3", "Salesforce"])
    assert [connector["connectorType"] for connector in found] == ["S3", "Salesforce"]


def test_an_account_without_custom_connectors_lists_none(tenant: TenantAccount) -> None:
    assert AppFlowHook(**tenant.aws).list_connectors() == []


def test_the_entities_of_an_org_are_listed(tenant: TenantAccount) -> None:
    groups = AppFlowHook(**tenant.aws).list_connector_entities(tenant.make_profile())
    names = {entity["name"] for entities in groups.values() for entity in entities}
    assert {"Account", "Contact", "Opportunity"} <= names


def test_the_fields_of_an_entity_are_those_of_the_org(tenant: TenantAccount) -> None:
    fields = AppFlowHook(**tenant.aws).describe_connector_entity(tenant.make_profile(), "Account")
    assert {field["identifier"] for field in fields} == set(tenant.org.records("Account")[0])


def test_an_entity_that_does_not_exist_is_an_error_that_names_it(tenant: TenantAccount) -> None:
    profile = tenant.make_profile()
    with pytest.raises(AppFlowRequestError, match=rf"NoSuch__c through connector profile {profile}.*{tenant.account}"):
        AppFlowHook(**tenant.aws).describe_connector_entity(profile, "NoSuch__c")


def test_a_flow_that_does_not_exist_is_none(tenant: TenantAccount) -> None:
    assert AppFlowHook(**tenant.aws).get_flow(fresh("flow")) is None


def test_a_flow_that_may_not_be_read_is_an_error_not_none(tenant: TenantAccount) -> None:
    faults.inject(Error("AccessDeniedException", "not you"), operation="DescribeFlow")
    with pytest.raises(AppFlowRequestError, match=r"DescribeFlow failed with AccessDeniedException: not you\."):
        AppFlowHook(**tenant.aws, botocore_config=ONE_TRY).get_flow(tenant.make_flow())


def test_the_same_client_token_starts_a_flow_once(tenant: TenantAccount) -> None:
    flow, hook = tenant.make_flow(), AppFlowHook(**tenant.aws)
    first = hook.start_flow(flow, client_token="token-1")
    assert hook.start_flow(flow, client_token="token-1").execution_id == first.execution_id
    assert list(tenant.records(flow)) == [first.execution_id]


def test_a_started_run_is_in_progress_in_the_tenants_account(tenant: TenantAccount) -> None:
    run = AppFlowHook(**tenant.aws).start_flow(tenant.make_flow())
    assert (run.state, run.account) == (RunState.PENDING, tenant.account)
    assert run.execution_id


def test_starting_a_flow_that_does_not_exist_names_account_and_flow(tenant: TenantAccount) -> None:
    flow = fresh("flow")
    with pytest.raises(AppFlowRequestError) as caught:
        AppFlowHook(**tenant.aws).start_flow(flow)
    assert (caught.value.account, caught.value.flow_name, caught.value.code) == (
        tenant.account,
        flow,
        "ResourceNotFoundException",
    )
    assert f"StartFlow failed with ResourceNotFoundException: Flow with name {flow} does not exist." in str(
        caught.value
    )


def test_runs_in_progress_are_cancelled_and_the_others_returned(tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    ended = tenant.run(flow)
    with settings.held():
        running = tenant.start(flow)
        assert AppFlowHook(**tenant.aws).cancel_flow_runs(flow, [running, ended]) == [ended]
        assert tenant.wait(flow, running) == "Canceled"


def test_cancelling_no_run_is_refused_because_appflow_would_cancel_all(
    tenant: TenantAccount, recording: Recording
) -> None:
    with pytest.raises(TenantConfigurationError, match="execution_ids is empty"):
        AppFlowHook(**tenant.aws).cancel_flow_runs(tenant.make_flow(), [])
    assert recording.appflow("CancelFlowExecutions") == []


def test_more_runs_than_appflow_takes_at_once_are_cancelled_in_batches(
    tenant: TenantAccount, recording: Recording
) -> None:
    flow = tenant.make_flow()
    ended = tenant.backdate(flow, 201)
    assert AppFlowHook(**tenant.aws).cancel_flow_runs(flow, iter(ended)) == ended
    assert [len(sent["executionIds"]) for sent in recording.appflow("CancelFlowExecutions")] == [100, 100, 1]


def test_more_connector_profiles_than_appflow_takes_at_once_are_asked_for_in_batches(tenant: TenantAccount) -> None:
    first, last = tenant.make_profile(), tenant.make_profile()
    names = [first, *(fresh("absent") for _ in range(150)), last]
    found = AppFlowHook(**tenant.aws).describe_connector_profiles(names, connector_type="Salesforce")
    assert [profile["connectorProfileName"] for profile in found] == [first, last]


def test_a_scheduled_flow_is_stopped_and_then_deleted(tenant: TenantAccount) -> None:
    flow, hook = tenant.make_scheduled_flow(), AppFlowHook(**tenant.aws)
    assert hook.stop_flow(flow) == "Suspended"
    hook.delete_flow(flow)
    assert hook.get_flow(flow) is None


def test_what_is_in_use_is_deleted_by_force(tenant: TenantAccount) -> None:
    flow, hook = tenant.make_scheduled_flow(), AppFlowHook(**tenant.aws)
    profile = hook.describe_flow(flow)["sourceFlowConfig"]["connectorProfileName"]
    hook.delete_connector_profile(profile, force=True)
    hook.delete_flow(flow, force=True)
    assert hook.get_flow(flow) is None
    assert hook.get_connector_profile(profile) is None


def test_the_arns_are_those_that_appflow_tells(tenant: TenantAccount) -> None:
    flow, profile, hook = tenant.make_flow(), tenant.make_profile(), AppFlowHook(**tenant.aws)
    assert hook.flow_arn(flow) == hook.describe_flow(flow)["flowArn"]
    (described,) = hook.describe_connector_profiles([profile])
    assert hook.connector_profile_arn(profile) == described["connectorProfileArn"]


def test_tags_are_added_to_those_that_are_there(tenant: TenantAccount) -> None:
    flow, hook = tenant.make_flow(), AppFlowHook(**tenant.aws)
    hook.tag_resource(hook.flow_arn(flow), {"team": "data", "tenant": "tenant-a"})
    hook.tag_resource(hook.flow_arn(flow), {"team": "other"})
    assert hook.describe_flow(flow)["tags"] == {"team": "other", "tenant": "tenant-a"}


def test_a_value_that_botocore_refuses_is_not_quoted(tenant: TenantAccount) -> None:
    credentials = {"Salesforce": {"accessToken": ["planted-secret"]}}
    with pytest.raises(AppFlowRequestError, match=r"(?s)ParamValidationError.*accessToken") as caught:
        AppFlowHook(**tenant.aws).create_connector_profile(
            connectorProfileName="profile",
            connectorType="Salesforce",
            connectionMode="Public",
            connectorProfileConfig={"connectorProfileProperties": {}, "connectorProfileCredentials": credentials},
        )
    assert "planted-secret" not in str(caught.value)


def test_the_buckets_are_those_of_the_tenants_account(tenant: TenantAccount) -> None:
    buckets = AppFlowHook(**tenant.aws).list_buckets()
    assert tenant.tenant.bucket in buckets
    assert "tenant-b-landing" not in buckets


def test_the_region_can_be_chosen(tenant: TenantAccount) -> None:
    assert AppFlowHook(**tenant.aws, region_name="eu-central-1").conn.meta.region_name == "eu-central-1"
