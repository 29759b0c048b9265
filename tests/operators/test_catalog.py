from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_appflow_isv.exceptions import AppFlowRequestError, TenantConfigurationError
from airflow_provider_appflow_isv.local.appflow.connectors.custom_connectors import provide, withdraw
from airflow_provider_appflow_isv.operators.catalog import (
    AppFlowDescribeConnectorEntityOperator,
    AppFlowListConnectorEntitiesOperator,
    AppFlowListConnectorProfilesOperator,
    AppFlowListConnectorsOperator,
    AppFlowListFlowsOperator,
    json_values,
)
from tests.accounts import SCHEDULED, TenantAccount, fresh
from tests.local.appflow.shop import CONFIGURATION, LAMBDA, Shop, register_request, shop_profile
from tests.tasks import DAG, run_task

if TYPE_CHECKING:
    from tests.recording import Recording


def entities(tenant: TenantAccount, profile: str, **arguments: Any) -> list[dict[str, Any]]:
    task = AppFlowListConnectorEntitiesOperator(
        task_id="list", connector_profile_name=profile, **{**tenant.aws, **arguments}
    )
    found: list[dict[str, Any]] = run_task(task, names="Contact")
    return found


def fields(tenant: TenantAccount, profile: str, entity: str) -> list[dict[str, Any]]:
    task = AppFlowDescribeConnectorEntityOperator(
        task_id="describe", connector_profile_name=profile, entity_name=entity, **tenant.aws
    )
    found: list[dict[str, Any]] = run_task(task)
    return found


def profiles(tenant: TenantAccount, **arguments: Any) -> list[dict[str, Any]]:
    task = AppFlowListConnectorProfilesOperator(task_id="list", **tenant.aws, **arguments)
    found: list[dict[str, Any]] = run_task(task)
    return found


def flows(tenant: TenantAccount, **arguments: Any) -> list[str]:
    task = AppFlowListFlowsOperator(task_id="list", **tenant.aws, **arguments)
    return [flow["flowName"] for flow in run_task(task)]


@pytest.fixture
def shop(tenant: TenantAccount) -> Iterator[str]:
    """A profile of a custom connector whose entity ``orders`` has nested ones."""
    label, profile = fresh("shop"), fresh("profile")
    provide(LAMBDA, CONFIGURATION, Shop)
    appflow = tenant.client("appflow")
    appflow.register_connector(**register_request(label))
    appflow.create_connector_profile(**shop_profile(profile, label=label))
    yield profile
    appflow.delete_connector_profile(connectorProfileName=profile)
    appflow.unregister_connector(connectorLabel=label)
    withdraw(LAMBDA)


def test_the_objects_of_an_org_are_listed_by_group_and_name(tenant: TenantAccount) -> None:
    found = entities(tenant, tenant.make_profile())
    places = [(entity["group"], entity["name"]) for entity in found]
    assert {("Objects", "Account"), ("Objects", "Contact")} <= set(places)
    assert places == sorted(places)
    assert {frozenset(entity) for entity in found} == {frozenset({"name", "label", "hasNestedEntities", "group"})}
    assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"include": ["Contact", "Account"]}, ["Account", "Contact"]),
        ({"include": "Acc*", "exclude": "*ChangeEvent"}, ["Account"]),
        ({"include": ["Account*"], "exclude": ["Account"]}, ["AccountChangeEvent"]),
        ({"include": "account"}, []),
        ({"include": []}, []),
        ({"include": "{{ params.names }}"}, ["Contact"]),
    ],
)
def test_objects_are_picked_by_name_or_pattern(filters: Any, names: list[str], tenant: TenantAccount) -> None:
    assert [entity["name"] for entity in entities(tenant, tenant.make_profile(), **filters)] == names


def test_what_is_excluded_needs_no_include(tenant: TenantAccount) -> None:
    names = {entity["name"] for entity in entities(tenant, tenant.make_profile(), exclude="*Event")}
    assert "Account" in names
    assert "AccountChangeEvent" not in names


def test_a_name_that_is_not_there_is_left_out_and_named_in_the_log(
    tenant: TenantAccount, logged: Callable[[], str]
) -> None:
    profile = tenant.make_profile()
    logged()
    assert len(entities(tenant, profile, include=["Account", "Acount", "Custom*__c"])) == 1
    assert "Nothing to include has the name Acount, Custom*__c" in logged()


def test_who_includes_nothing_by_name_is_not_warned_where_there_is_nothing(
    tenants: dict[str, TenantAccount], logged: Callable[[], str]
) -> None:
    elsewhere = {**tenants["tenant-a"].aws, "region_name": "eu-central-1"}
    assert run_task(AppFlowListFlowsOperator(task_id="list", **elsewhere)) == []
    assert "Nothing to include" not in logged()
    assert run_task(AppFlowListFlowsOperator(task_id="list", include="*", **elsewhere)) == []
    assert "Nothing to include has the name *" in logged()


def test_the_log_tells_how_many_were_picked_and_where(tenant: TenantAccount, logged: Callable[[], str]) -> None:
    profile = tenant.make_profile()
    count = len(entities(tenant, profile))
    logged()
    entities(tenant, profile, include="Account")
    assert f"1 of {count} entities of connector profile {profile} in account {tenant.account}" in logged()


def test_nested_entities_are_listed_only_below_their_path(shop: str, tenant: TenantAccount) -> None:
    assert [(entity["name"], entity.get("hasNestedEntities")) for entity in entities(tenant, shop)] == [
        ("broken", None),
        ("orders", True),
    ]
    assert entities(tenant, shop, entities_path="orders") == [
        {"name": "lines", "hasNestedEntities": False, "group": "Lines"}
    ]


def test_the_fields_of_an_object_are_described_by_name(tenant: TenantAccount) -> None:
    found = fields(tenant, tenant.make_profile(), "Account")
    identifiers = [field["identifier"] for field in found]
    assert set(identifiers) == set(tenant.org.records("Account")[0])
    assert identifiers == sorted(identifiers)
    assert json.loads(json.dumps(found)) == found


def test_an_object_that_does_not_exist_is_an_error_that_names_it(tenant: TenantAccount) -> None:
    profile = tenant.make_profile()
    with pytest.raises(AppFlowRequestError, match=rf"NoSuch__c through connector profile {profile}.*{tenant.account}"):
        fields(tenant, profile, "NoSuch__c")


def test_an_expired_credential_is_an_error_that_names_the_profile(tenant: TenantAccount) -> None:
    profile = tenant.make_profile()
    tenant.org.expire_tokens()
    with pytest.raises(AppFlowRequestError, match=rf"connector profile {profile}.*AppFlowUpdateConnectorProfileOper"):
        entities(tenant, profile)


def test_profiles_are_listed_by_name_with_times_and_no_credentials(tenant: TenantAccount) -> None:
    made = [tenant.make_profile() for _ in range(3)]
    found = profiles(tenant)
    names = [profile["connectorProfileName"] for profile in found]
    assert set(made) <= set(names)
    assert names == sorted(names)
    assert datetime.fromisoformat(found[0]["createdAt"]).utcoffset() == timedelta(0)
    assert "accessToken" not in json.dumps(found)


@pytest.mark.parametrize("connector_type", ["Salesforce", None])
def test_profiles_are_picked_by_name_and_type(connector_type: str | None, tenant: TenantAccount) -> None:
    made = sorted(tenant.make_profile() for _ in range(2))
    found = profiles(tenant, names=made[::-1], connector_type=connector_type)
    assert [profile["connectorProfileName"] for profile in found] == made


def test_profiles_of_other_types_are_left_out(shop: str, tenant: TenantAccount) -> None:
    assert profiles(tenant, names=shop, connector_type="Salesforce") == []
    assert len(profiles(tenant, names=shop, connector_type="CustomConnector")) == 1


def test_a_profile_that_does_not_exist_is_left_out_and_named_in_the_log(
    tenant: TenantAccount, logged: Callable[[], str]
) -> None:
    profile, absent = tenant.make_profile(), fresh("profile")
    logged()
    assert len(profiles(tenant, names=[profile, absent])) == 1
    assert f"No such connector profile in account {tenant.account}: {absent}" in logged()


def test_no_names_are_not_all_names(tenant: TenantAccount, recording: Recording) -> None:
    assert profiles(tenant, names=[]) == []
    assert recording.appflow("DescribeConnectorProfiles") == []


def test_flows_are_listed_by_name_and_pattern(tenant: TenantAccount) -> None:
    made = sorted(tenant.make_flow(name=fresh("listed-flow")) for _ in range(3))
    assert flows(tenant, include="listed-flow-*") == made
    assert flows(tenant, include=made, exclude=made[0]) == made[1:]
    assert set(made) <= set(flows(tenant))


def test_flows_are_picked_by_trigger_and_status(tenant: TenantAccount) -> None:
    on_demand, draft, active = tenant.make_flow(), tenant.make_flow(trigger=SCHEDULED), tenant.make_scheduled_flow()
    ours = {"include": [on_demand, draft, active]}
    assert flows(tenant, **ours, trigger_type="OnDemand") == [on_demand]
    assert flows(tenant, **ours, trigger_type="Scheduled") == sorted([draft, active])
    assert flows(tenant, **ours, flow_status="Draft") == [draft]
    assert flows(tenant, **ours, trigger_type="Scheduled", flow_status="Active") == [active]
    assert flows(tenant, **ours, trigger_type="Event") == []


def test_the_last_run_of_a_flow_is_told_in_json(tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    tenant.run(flow)
    (found,) = run_task(AppFlowListFlowsOperator(task_id="list", include=flow, **tenant.aws))
    assert json.loads(json.dumps(found)) == found
    last = found["lastRunExecutionDetails"]
    assert last["mostRecentExecutionStatus"] == "Successful"
    assert datetime.fromisoformat(last["mostRecentExecutionTime"]) >= datetime.fromisoformat(found["createdAt"])


def test_times_become_iso_8601_in_utc_wherever_they_stand() -> None:
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    elsewhere = noon.astimezone(timezone(timedelta(hours=5)))
    text = "2026-01-01T12:00:00+00:00"
    assert json_values({"a": noon, "b": [{"c": elsewhere}], "d": [[noon], "e", 1, None, True]}) == {
        "a": text,
        "b": [{"c": text}],
        "d": [[text], "e", 1, None, True],
    }


@pytest.mark.parametrize(
    ("operator", "arguments", "said"),
    [
        (AppFlowListConnectorEntitiesOperator, {"connector_profile_name": "two words"}, "connector_profile_name"),
        (AppFlowListConnectorEntitiesOperator, {"connector_profile_name": "p", "entities_path": ""}, "entities_path"),
        (AppFlowListConnectorEntitiesOperator, {"connector_profile_name": "p", "include": [""]}, "include is ''"),
        (AppFlowListConnectorEntitiesOperator, {"connector_profile_name": "p", "include": ""}, "include has rendered"),
        (AppFlowListConnectorEntitiesOperator, {"connector_profile_name": "p", "exclude": 5}, "exclude is 5"),
        (AppFlowDescribeConnectorEntityOperator, {"connector_profile_name": "p", "entity_name": " "}, "entity_name"),
        (AppFlowDescribeConnectorEntityOperator, {"connector_profile_name": "", "entity_name": "Account"}, "profile"),
        (AppFlowListConnectorProfilesOperator, {"names": [None]}, "names is None"),
        (AppFlowListConnectorsOperator, {"connector_types": ["Salesforce", ""]}, "connector_types is ''"),
        (AppFlowListConnectorsOperator, {"connector_types": ""}, "connector_types has rendered"),
        (AppFlowListConnectorProfilesOperator, {"connector_type": ["Salesforce"]}, "connector_type"),
        (AppFlowListFlowsOperator, {"trigger_type": "Hourly"}, "trigger_type 'Hourly' is not known. Possible are OnD"),
        (AppFlowListFlowsOperator, {"flow_status": "active"}, "flow_status 'active' is not known. Possible are Active"),
        (AppFlowListFlowsOperator, {"include": {"name": "x"}}, "include"),
    ],
)
def test_a_wrong_argument_is_refused_when_the_dag_is_parsed(
    operator: Any, arguments: dict[str, Any], said: str
) -> None:
    with pytest.raises(TenantConfigurationError, match=said):
        operator(task_id="list", **arguments)


FILTERS = [
    (AppFlowListFlowsOperator, "include"),
    (AppFlowListFlowsOperator, "exclude"),
    (AppFlowListFlowsOperator, "trigger_type"),
    (AppFlowListFlowsOperator, "flow_status"),
    (AppFlowListConnectorProfilesOperator, "names"),
    (AppFlowListConnectorProfilesOperator, "connector_type"),
    (AppFlowListConnectorsOperator, "connector_types"),
    (AppFlowListConnectorsOperator, "usable_as"),
]


@pytest.mark.parametrize(("operator", "argument"), FILTERS)
@pytest.mark.parametrize("value", [None, ""])
def test_a_filter_that_renders_to_nothing_does_not_come_to_all(
    operator: Any, argument: str, value: str | None, tenant: TenantAccount, recording: Recording
) -> None:
    with DAG("native", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC), render_template_as_native_obj=True):
        task = operator(task_id="list", **tenant.aws, **{argument: "{{ params.value }}"})
    with pytest.raises(TenantConfigurationError, match=f"{argument} has rendered to nothing: more would be listed"):
        run_task(task, value=value)
    assert recording.entries() == []
