from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_appflow_isv.exceptions import AppFlowIsvError, AppFlowRequestError, TenantConfigurationError
from airflow_provider_appflow_isv.hooks import flow_upsert
from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook
from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from airflow_provider_appflow_isv.operators.flow import AppFlowCreateFlowOperator, AppFlowUpdateFlowOperator
from airflow_provider_appflow_isv.specs import (
    AllFields,
    Between,
    Field,
    FlowSpec,
    OnDemand,
    S3Destination,
)
from tests.accounts import TenantAccount, fresh, map_fields, salesforce_to_s3
from tests.operators.flows import HOURLY, flow_of, spec_for, upsert
from tests.tasks import DAG, run_task

if TYPE_CHECKING:
    from tests.recording import Recording


@pytest.fixture
def as_on_aws() -> Iterator[None]:
    """DescribeFlow's answer differs from what was sent, as AWS's does."""
    settings.update({"task_order": "shuffled", "filled_defaults": True})
    yield
    settings.update({"task_order": "kept", "filled_defaults": False, "update_delay_seconds": 0.0})


def test_a_spec_becomes_a_flow(tenant: TenantAccount) -> None:
    spec = spec_for(tenant)
    assert upsert(tenant, spec) == {
        "flow_name": spec.name,
        "flow_arn": tenant.flow_arn(spec.name),
        "flow_status": "Active",
        "action": "created",
    }
    assert FlowSpec.from_describe(flow_of(tenant, spec.name)) == spec


def test_the_values_that_a_task_hands_on_become_a_flow_too(tenant: TenantAccount) -> None:
    spec = spec_for(tenant)
    assert upsert(tenant, spec.to_dict())["action"] == "created"
    assert FlowSpec.from_describe(flow_of(tenant, spec.name)) == spec


@pytest.mark.usefixtures("as_on_aws")
def test_a_flow_that_is_as_it_should_be_is_not_updated(tenant: TenantAccount, recording: Recording) -> None:
    spec = spec_for(tenant)
    upsert(tenant, spec)
    assert upsert(tenant, spec)["action"] == "unchanged"
    assert recording.appflow("UpdateFlow") == []


@pytest.mark.usefixtures("as_on_aws")
def test_plain_members_that_are_as_they_should_be_are_not_updated(tenant: TenantAccount, recording: Recording) -> None:
    definition = salesforce_to_s3(tenant.make_profile(), tenant.tenant.bucket)
    arguments = {"flow_name": fresh("flow"), "if_exists": "update", **definition, **tenant.aws}
    actions = [
        run_task(AppFlowCreateFlowOperator(task_id="create", **arguments))["action"],
        run_task(AppFlowCreateFlowOperator(task_id="create", **arguments))["action"],
    ]
    assert actions == ["created", "unchanged"]
    assert recording.appflow("UpdateFlow") == []


@pytest.mark.usefixtures("as_on_aws")
def test_an_update_is_waited_for_until_appflow_shows_it(tenant: TenantAccount) -> None:
    settings.update({"update_delay_seconds": 0.3})
    spec = spec_for(tenant)
    upsert(tenant, spec)
    changed = spec.replace(fields=["Id", "Phone"])
    assert upsert(tenant, changed)["action"] == "updated"
    assert changed.differences(flow_of(tenant, spec.name)) == []


@pytest.mark.usefixtures("as_on_aws")
def test_an_update_that_appflow_does_not_show_in_time_is_an_error(tenant: TenantAccount) -> None:
    settings.update({"update_delay_seconds": 1000.0})
    spec = spec_for(tenant)
    upsert(tenant, spec)
    with pytest.raises(AppFlowIsvError, match=r"still shows it as it was after 0\.05 s.*old definition"):
        upsert(tenant, spec.replace(fields=["Id"]), update_timeout=0.05)


def test_the_log_says_what_an_update_changed(tenant: TenantAccount, logged: Callable[[], str]) -> None:
    spec = spec_for(tenant)
    upsert(tenant, spec)
    logged()
    upsert(tenant, spec.replace(filters=[], description="All of them"))
    said = logged()
    for part in (f"Flow {spec.name} in account {tenant.account}: updated", "description", "BETWEEN"):
        assert part in said


@pytest.mark.parametrize("kind", ["bucket", "object"])
def test_what_can_not_be_updated_is_named_with_the_way_out(kind: str, tenant: TenantAccount) -> None:
    spec = spec_for(tenant)
    upsert(tenant, spec)
    changed = {
        "bucket": spec.replace(destination=S3Destination(bucket=tenant.make_bucket(), prefix="landing")),
        "object": spec.replace(source=spec.source.replace(object="Contact")),
    }[kind]
    with pytest.raises(TenantConfigurationError) as caught:
        upsert(tenant, changed)
    for part in (tenant.account, spec.name, kind, "replace=True", "deleted"):
        assert part in str(caught.value)
    assert FlowSpec.from_describe(flow_of(tenant, spec.name)) == spec


def test_an_update_of_a_flow_that_is_not_there_is_an_error(tenant: TenantAccount) -> None:
    spec = spec_for(tenant)
    with pytest.raises(AppFlowRequestError, match=rf"DescribeFlow failed with ResourceNotFound.*{spec.name}"):
        run_task(AppFlowUpdateFlowOperator(task_id="update", spec=spec, **tenant.aws))


def test_a_flow_is_updated_only_where_it_differs(tenant: TenantAccount, recording: Recording) -> None:
    spec = spec_for(tenant)
    upsert(tenant, spec)
    update = AppFlowUpdateFlowOperator(task_id="update", spec=spec.replace(fields=["Id"]), **tenant.aws)
    assert [run_task(update)["action"], run_task(update)["action"]] == ["updated", "unchanged"]
    assert len(recording.appflow("UpdateFlow")) == 1


def test_an_update_keeps_the_description_that_somebody_else_wrote(tenant: TenantAccount) -> None:
    spec = spec_for(tenant)
    upsert(tenant, spec.replace(description="Ask the data team"))
    upsert(tenant, spec.replace(fields=["Id"]))
    assert flow_of(tenant, spec.name)["description"] == "Ask the data team"


def test_a_scheduled_flow_that_is_left_alone_stays_active(tenant: TenantAccount) -> None:
    spec = spec_for(tenant, trigger=HOURLY)
    upsert(tenant, spec, activate=True)
    assert upsert(tenant, spec, activate=False)["flow_status"] == "Active"


def test_a_flow_goes_from_a_schedule_to_demand(tenant: TenantAccount) -> None:
    spec = spec_for(tenant, trigger=HOURLY)
    upsert(tenant, spec, activate=False)
    assert upsert(tenant, spec.replace(trigger=OnDemand()))["flow_status"] == "Active"


def test_templates_in_a_spec_are_rendered(tenant: TenantAccount) -> None:
    spec = spec_for(tenant)
    late = spec.replace(
        name="{{ params.flow }}",
        destination=S3Destination(bucket="{{ params.bucket }}", prefix="landing"),
        filters=[Between("CreatedDate", "{{ params.start }}", "2022-01-01")],
    )
    task = AppFlowCreateFlowOperator(task_id="create", spec=late, **tenant.aws)
    bucket = tenant.make_bucket()
    run_task(task, flow=spec.name, bucket=bucket, start="2021-01-01")
    wanted = spec.replace(destination=S3Destination(bucket=bucket, prefix="landing"))
    assert FlowSpec.from_describe(flow_of(tenant, spec.name)) == wanted


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"name": "{{ params.value }}"}, "name"),
        ({"filters": [Between("CreatedDate", "{{ params.value }}", "2022-01-01", type="datetime")]}, "lower"),
    ],
)
def test_what_a_template_of_a_spec_renders_to_is_checked(
    changes: dict[str, Any], named: str, tenant: TenantAccount, recording: Recording
) -> None:
    spec = spec_for(tenant, **changes)
    task = AppFlowCreateFlowOperator(task_id="create", spec=spec, **tenant.aws)
    with pytest.raises(TenantConfigurationError, match=named):
        run_task(task, value="two words")
    assert recording.appflow("CreateFlow") == []


def test_a_wrong_spec_is_refused_when_the_dag_is_parsed() -> None:
    data = {"name": "accounts", "source": {"SalesforceSource": {"profile": "tenant-a", "objct": "Account"}}}
    with pytest.raises(TenantConfigurationError, match=r"objct: SalesforceSource has no such argument"):
        AppFlowCreateFlowOperator(task_id="create", spec=data)


def test_a_spec_and_members_together_are_refused_when_the_dag_is_parsed(tenant: TenantAccount) -> None:
    with pytest.raises(TenantConfigurationError, match="tasks and spec are both given"):
        AppFlowCreateFlowOperator(task_id="create", spec=spec_for(tenant), tasks=map_fields("Id"))


def test_neither_spec_nor_members_are_refused_when_the_dag_is_parsed() -> None:
    with pytest.raises(TenantConfigurationError, match="tasks is missing"):
        AppFlowUpdateFlowOperator(
            task_id="update", flow_name="accounts", source_flow_config={}, destination_flow_config_list=[{}]
        )


def test_whether_to_activate_a_scheduled_spec_must_be_said(tenant: TenantAccount) -> None:
    with pytest.raises(TenantConfigurationError, match=r"activate is missing: spec\.trigger is Scheduled"):
        AppFlowCreateFlowOperator(task_id="create", spec=spec_for(tenant, trigger=HOURLY))


def test_an_update_of_plain_members_keeps_the_description_that_somebody_else_wrote(tenant: TenantAccount) -> None:
    name, definition = fresh("flow"), salesforce_to_s3(tenant.make_profile(), tenant.tenant.bucket)
    arguments = {"flow_name": name, "if_exists": "update", **definition, **tenant.aws}
    run_task(AppFlowCreateFlowOperator(task_id="create", **arguments, description="Ask the data team"))
    changed = {**arguments, "tasks": map_fields("Id")}
    assert run_task(AppFlowCreateFlowOperator(task_id="create", **changed))["action"] == "updated"
    assert flow_of(tenant, name)["description"] == "Ask the data team"


def test_a_flow_that_is_deleted_while_it_is_updated_is_an_error(tenant: TenantAccount) -> None:
    spec = spec_for(tenant)
    upsert(tenant, spec)
    hook = AppFlowHook(**tenant.aws)
    found = hook.describe_flow(spec.name)

    def delete(**_: Any) -> None:
        tenant.client("appflow").delete_flow(flowName=spec.name)

    hook.conn.meta.events.register("after-call.appflow.UpdateFlow", delete)
    with pytest.raises(AppFlowIsvError, match="updated, and then deleted by somebody else"):
        flow_upsert.upsert(hook, spec.replace(fields=["Id"]), found, replace=False, timeout=1.0)


def test_a_retry_knows_the_flow_that_an_earlier_try_has_created(tenant: TenantAccount) -> None:
    spec = spec_for(tenant, trigger=HOURLY)
    upsert(tenant, spec, activate=False)
    task = AppFlowCreateFlowOperator(task_id="create", spec=spec, activate=True, **tenant.aws)
    retry: Any = {"ti": SimpleNamespace(try_number=2)}
    done = task.execute(retry)
    assert (done["action"], done["flow_status"]) == ("unchanged", "Active")
    other = AppFlowCreateFlowOperator(task_id="create", spec=spec.replace(fields=["Id"]), activate=True, **tenant.aws)
    with pytest.raises(AppFlowRequestError, match="already exists"):
        other.execute(retry)


@pytest.mark.parametrize("name", ["replace", "activate"])
def test_what_is_not_templated_is_refused_as_a_template(name: str, tenant: TenantAccount) -> None:
    with pytest.raises(TenantConfigurationError, match=rf"{name} is .*must be True or False"):
        AppFlowCreateFlowOperator(task_id="create", spec=spec_for(tenant), **{name: "{{ params.value }}"})


@pytest.mark.parametrize("value", [None, ""])
def test_a_part_of_a_spec_that_renders_to_nothing_is_an_error(value: Any, tenant: TenantAccount) -> None:
    destination = S3Destination(bucket=tenant.make_bucket(), prefix="{{ params.prefix }}")
    task = AppFlowCreateFlowOperator(task_id="create", spec=spec_for(tenant, destination=destination), **tenant.aws)
    with pytest.raises(TenantConfigurationError, match=r"prefix has rendered to nothing|prefix.* has 0 characters"):
        run_task(task, prefix=value)


def test_a_member_that_renders_to_nothing_is_an_error(tenant: TenantAccount) -> None:
    definition = salesforce_to_s3("profile", "bucket")
    task = AppFlowCreateFlowOperator(
        task_id="create", flow_name="accounts", kms_arn="{{ params.key }}", **definition, **tenant.aws
    )
    with pytest.raises(TenantConfigurationError, match="kms_arn has rendered to nothing: the flow would be another"):
        run_task(task, key="")


def test_a_template_that_airflow_does_not_render_is_named(tenant: TenantAccount) -> None:
    task = AppFlowCreateFlowOperator(task_id="create", spec=spec_for(tenant, name="acme-{{ ds }}"), **tenant.aws)
    with pytest.raises(TenantConfigurationError, match=r"a template that Airflow does not render.*acme"):
        task.execute({})


@pytest.mark.parametrize("is_native", [False, True], ids=["texts", "native objects"])
def test_a_template_in_a_list_may_render_to_several_items(is_native: bool, tenant: TenantAccount) -> None:
    spec = spec_for(tenant, fields=["Id", "{{ params.more }}", AllFields(exclude=["Fax", "{{ params.left }}"])])
    wanted = spec.replace(fields=["Id", "Name", Field("Phone", mask="all"), AllFields(exclude=["Fax", "A", "B"])])
    starts = datetime(2026, 1, 1, tzinfo=UTC)
    with DAG("rendered", schedule=None, start_date=starts, render_template_as_native_obj=is_native):
        task = AppFlowCreateFlowOperator(task_id="create", spec=spec, **tenant.aws)
    run_task(task, more=["Name", {"Field": {"name": "Phone", "mask": "all"}}], left=["A", "B"])
    assert wanted.differences(flow_of(tenant, spec.name)) == []


@pytest.mark.parametrize("wrong", ["name: accounts", [], "flows/accounts.yaml"])
def test_what_is_no_spec_is_refused_when_the_dag_is_parsed(wrong: Any) -> None:
    with pytest.raises(TenantConfigurationError, match="spec: FlowSpec: FlowSpec must be a mapping"):
        AppFlowCreateFlowOperator(task_id="create", spec=wrong)
