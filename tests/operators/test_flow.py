from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_appflow_isv.exceptions import AppFlowRequestError, TenantConfigurationError
from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook
from airflow_provider_appflow_isv.operators.flow import AppFlowCreateFlowOperator
from tests.accounts import SCHEDULED, TenantAccount, fresh, map_fields, salesforce_to_s3
from tests.tasks import run_task

if TYPE_CHECKING:
    from tests.recording import Recording

PLAIN = salesforce_to_s3("profile", "bucket")


def create(tenant: TenantAccount, name: str, *, profile: str | None = None, **arguments: Any) -> Any:
    definition = salesforce_to_s3(profile or tenant.make_profile(), tenant.tenant.bucket)
    given = {**definition, **tenant.aws, **arguments}
    return run_task(AppFlowCreateFlowOperator(task_id="create", flow_name=name, **given))


def flow_of(tenant: TenantAccount, name: str) -> dict[str, Any]:
    return AppFlowHook(**tenant.aws).describe_flow(name)


def test_a_flow_is_created(tenant: TenantAccount) -> None:
    name = fresh("flow")
    done = create(tenant, name, description="Accounts", tags={"team": "data"})
    assert done == {
        "flow_name": name,
        "flow_arn": tenant.flow_arn(name),
        "flow_status": "Active",
        "action": "created",
    }
    flow = flow_of(tenant, name)
    assert (flow["description"], flow["tags"], flow["triggerConfig"]["triggerType"]) == (
        "Accounts",
        {"team": "data"},
        "OnDemand",
    )


def test_a_flow_that_exists_is_an_error_that_says_how_to_go_on(tenant: TenantAccount) -> None:
    name = tenant.make_flow()
    with pytest.raises(AppFlowRequestError) as caught:
        create(tenant, name)
    assert caught.value.code == "ConflictException"
    for part in (f"account {tenant.account}, flow {name}", "already exists", "Set if_exists to 'update' or 'skip'"):
        assert part in str(caught.value)


def test_a_flow_that_exists_is_updated_if_told_so(tenant: TenantAccount) -> None:
    name, profile = fresh("flow"), tenant.make_profile()
    create(tenant, name, profile=profile)
    done = create(tenant, name, profile=profile, tasks=map_fields("Id"), if_exists="update")
    assert done == {"flow_name": name, "flow_arn": tenant.flow_arn(name), "flow_status": "Active", "action": "updated"}
    assert [task["sourceFields"] for task in flow_of(tenant, name)["tasks"]] == [["Id"], ["Id"]]


def test_an_update_sets_its_tags_and_leaves_others_alone(tenant: TenantAccount) -> None:
    name, profile = fresh("flow"), tenant.make_profile()
    create(tenant, name, profile=profile, tags={"team": "data", "stage": "test"})
    done = create(tenant, name, profile=profile, tags={"team": "other"}, if_exists="update")
    assert done["action"] == "updated"
    assert flow_of(tenant, name)["tags"] == {"team": "other", "stage": "test"}


def test_a_flow_that_exists_is_left_alone_if_told_so(tenant: TenantAccount, recording: Recording) -> None:
    name = tenant.make_flow()
    before = flow_of(tenant, name)
    done = create(tenant, name, tasks=map_fields("Id"), if_exists="skip")
    assert done == {"flow_name": name, "flow_arn": tenant.flow_arn(name), "flow_status": "Active", "action": "skipped"}
    assert flow_of(tenant, name) == before
    assert recording.appflow("UpdateFlow") == []


@pytest.mark.parametrize("if_exists", ["update", "skip"])
def test_a_flow_that_does_not_exist_is_created_in_any_case(if_exists: str, tenant: TenantAccount) -> None:
    assert create(tenant, fresh("flow"), if_exists=if_exists)["action"] == "created"


def test_a_scheduled_flow_is_a_draft_until_it_is_activated(tenant: TenantAccount) -> None:
    assert create(tenant, fresh("flow"), trigger_config=SCHEDULED, activate=False)["flow_status"] == "Draft"


@pytest.mark.parametrize("kind", ["Scheduled", "Event"])
def test_whether_to_activate_must_be_said_when_the_dag_is_parsed(kind: str) -> None:
    with pytest.raises(TenantConfigurationError, match=rf"activate is missing: .* {kind}.* activate=True"):
        AppFlowCreateFlowOperator(task_id="create", flow_name="accounts", trigger_config={"triggerType": kind}, **PLAIN)


@pytest.mark.parametrize("if_exists", ["update", "skip"])
def test_a_scheduled_flow_is_activated_if_told_so(if_exists: str, tenant: TenantAccount) -> None:
    name, profile = fresh("flow"), tenant.make_profile()
    create(tenant, name, profile=profile, trigger_config=SCHEDULED, activate=False)
    done = create(tenant, name, profile=profile, trigger_config=SCHEDULED, activate=True, if_exists=if_exists)
    assert done["flow_status"] == "Active"
    assert flow_of(tenant, name)["flowStatus"] == "Active"


def test_an_on_demand_flow_is_not_started_by_activating(tenant: TenantAccount, recording: Recording) -> None:
    create(tenant, fresh("flow"), activate=True)
    assert recording.appflow("StartFlow") == []


def test_an_active_flow_is_not_activated_again(tenant: TenantAccount, recording: Recording) -> None:
    name = tenant.make_scheduled_flow()
    before = len(recording.appflow("StartFlow"))
    create(tenant, name, trigger_config=SCHEDULED, activate=True, if_exists="skip")
    assert len(recording.appflow("StartFlow")) == before


def test_an_unknown_connector_profile_ends_the_task_with_what_to_do(tenant: TenantAccount) -> None:
    name, profile = fresh("flow"), fresh("no-such-profile")
    with pytest.raises(AppFlowRequestError) as caught:
        create(tenant, name, profile=profile)
    for part in (tenant.account, name, profile, "CreateFlow failed with", "AppFlowCreateConnectorProfileOperator"):
        assert part in str(caught.value)


def test_a_definition_that_appflow_refuses_ends_the_task_with_its_words(tenant: TenantAccount) -> None:
    name = fresh("flow")
    with pytest.raises(AppFlowRequestError, match=rf"CreateFlow failed with ValidationException.*flow {name}"):
        create(tenant, name, tasks=[{"taskType": "Nonsense", "sourceFields": ["Id"]}])


@pytest.mark.parametrize("name", ["", "x", "-accounts", "two words", "größe", "x" * 257, "accounts\n", 55])
def test_a_name_that_appflow_refuses_is_refused_when_the_dag_is_parsed(name: Any) -> None:
    with pytest.raises(TenantConfigurationError, match=r"flow_name .* is not a name that AppFlow takes"):
        AppFlowCreateFlowOperator(task_id="create", flow_name=name, **PLAIN)


def test_an_unknown_if_exists_is_refused_when_the_dag_is_parsed() -> None:
    with pytest.raises(TenantConfigurationError, match=r"if_exists 'replace' is not known\. Possible are fail, update"):
        AppFlowCreateFlowOperator(task_id="create", flow_name="accounts", if_exists="replace", **PLAIN)


@pytest.mark.parametrize("trigger", [{"triggerType": "Hourly"}, {"triggerProperties": {}}])
def test_an_unknown_trigger_is_refused_when_the_dag_is_parsed(trigger: dict[str, Any]) -> None:
    with pytest.raises(TenantConfigurationError, match=r"trigger_config\['triggerType'\] .* is not known"):
        AppFlowCreateFlowOperator(task_id="create", flow_name="accounts", trigger_config=trigger, **PLAIN)


@pytest.mark.parametrize("count", [0, 2])
def test_a_flow_without_exactly_one_destination_is_refused_when_the_dag_is_parsed(count: int) -> None:
    destinations = PLAIN["destination_flow_config_list"] * count
    with pytest.raises(TenantConfigurationError, match=f"has {count} destinations"):
        AppFlowCreateFlowOperator(
            task_id="create", flow_name="accounts", **{**PLAIN, "destination_flow_config_list": destinations}
        )


@pytest.mark.parametrize(("argument", "value"), [("flow_name", "two words"), ("if_exists", "replace")])
def test_what_a_template_renders_to_is_checked_too(
    argument: str, value: str, tenant: TenantAccount, recording: Recording
) -> None:
    arguments = {"flow_name": "accounts", **PLAIN, **tenant.aws, argument: "{{ params.value }}"}
    with pytest.raises(TenantConfigurationError, match=argument):
        run_task(AppFlowCreateFlowOperator(task_id="create", **arguments), value=value)
    assert recording.entries() == []


def test_templates_are_rendered_deep_in_the_definition(tenant: TenantAccount) -> None:
    name, profile = fresh("flow"), tenant.make_profile()
    definition = salesforce_to_s3("{{ params.profile }}", "{{ params.bucket }}")
    task = AppFlowCreateFlowOperator(task_id="create", flow_name="{{ params.flow }}", **definition, **tenant.aws)
    run_task(task, flow=name, profile=profile, bucket=tenant.tenant.bucket)
    flow = flow_of(tenant, name)
    assert flow["sourceFlowConfig"]["connectorProfileName"] == profile
    (destination,) = flow["destinationFlowConfigList"]
    assert destination["destinationConnectorProperties"]["S3"]["bucketName"] == tenant.tenant.bucket
