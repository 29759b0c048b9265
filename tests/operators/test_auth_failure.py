"""What becomes of a flow whose credentials the SaaS refuses: told as such, and mended once if so wanted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_appflow_isv.exceptions import (
    ConnectorAuthenticationError,
    FlowRunAuthenticationFailed,
    FlowRunFailed,
    OAuthConsentRequired,
    TenantConfigurationError,
)
from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook
from airflow_provider_appflow_isv.local.appflow.controls.effects import Error, RunFails, TokenRevoked
from airflow_provider_appflow_isv.local.appflow.controls.faults import faults
from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from tests.accounts import SCHEDULED, TenantAccount, map_fields
from tests.operators.pushing import HandedOver, OrgToken
from tests.operators.runs import run_deferred, run_on_worker, starter, waiting
from tests.tasks import defer_task, fire, resume_task, run_task

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.operators.flow_run import AppFlowStartFlowOperator
    from tests.recording import Recording

REFUSED = "Request failed with Salesforce Status Code 401: authentication failed, INVALID_SESSION_ID"


def profile_of(tenant: TenantAccount, flow: str) -> str:
    definition = AppFlowHook(**tenant.aws).describe_flow(flow)
    return str(definition["sourceFlowConfig"]["connectorProfileName"])


def refuse_start() -> None:
    faults.inject(
        Error("ConnectorAuthenticationException", "Error while authenticating to connector"), operation="StartFlow"
    )


def run_deferred_twice(tenant: TenantAccount, flow: str, **arguments: Any) -> Any:
    """Defer, resume in a process of its own as after each deferral, and so again if that defers too."""
    with settings.held():
        deferred = defer_task(starter(tenant, flow, deferrable=True, **arguments))
    event, kwargs = fire(deferred), deferred.kwargs or {}
    assert not kwargs
    resumed = starter(tenant, flow, deferrable=True, **arguments)
    with settings.held():
        again = defer_task(_Resumed(resumed, event))
    assert again.kwargs == {"refreshed": profile_of(tenant, flow)}
    return resume_task(starter(tenant, flow, deferrable=True, **arguments), again)


class _Resumed:
    """What a worker does with a task that comes back from the triggerer."""

    def __init__(self, task: AppFlowStartFlowOperator, event: Any) -> None:
        self._task = task
        self._event = event

    def render_template_fields(self, context: Any) -> None:
        self._task.render_template_fields(context)

    def execute(self, context: Any) -> Any:
        return self._task.execute_complete(context, event=self._event)


each_way = pytest.mark.parametrize("run", [run_on_worker, run_deferred_twice], ids=["worker", "deferred"])


@waiting
def test_a_run_that_was_refused_is_told_as_such_with_its_profile(run: Any, tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    profile = profile_of(tenant, flow)
    tenant.org.expire_tokens()
    with pytest.raises(FlowRunAuthenticationFailed, match=rf"connector profile {profile}\..*on_auth_failure"):
        run(tenant, flow)


def test_a_start_that_was_refused_is_told_as_such_with_its_profile(tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    profile = profile_of(tenant, flow)
    refuse_start()
    with pytest.raises(ConnectorAuthenticationError, match=rf"StartFlow.*connector profile {profile}\..*{flow}"):
        run_on_worker(tenant, flow)


def test_the_refusal_is_told_although_the_flow_may_not_be_looked_at(tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    tenant.org.expire_tokens()
    faults.inject(Error("AccessDeniedException", "no"), operation="DescribeFlow", times=None)
    with pytest.raises(FlowRunAuthenticationFailed, match="INVALID_SESSION_ID"):
        run_on_worker(tenant, flow)


@each_way
def test_a_run_that_was_refused_is_mended_and_started_again(
    run: Any, tenant: TenantAccount, recording: Recording, logged: Callable[[], str]
) -> None:
    flow, credentials = tenant.make_flow(), OrgToken(tenant)
    tenant.org.expire_tokens()
    result = run(tenant, flow, on_auth_failure=credentials)
    first, second = tenant.records(flow).values()
    assert (first.status, second.status, result["execution_id"]) == ("Error", "Successful", second.execution_id)
    assert len(credentials.fetched) == 1
    assert len(recording.appflow("StartFlow")) == 2
    assert len(recording.appflow("UpdateConnectorProfile")) == 1
    assert first.execution_id in logged()


@each_way
def test_a_second_refusal_ends_the_task(run: Any, tenant: TenantAccount) -> None:
    flow, credentials = tenant.make_flow(), OrgToken(tenant)
    faults.inject(RunFails(REFUSED), flow=flow, times=None)
    profile = profile_of(tenant, flow)
    with pytest.raises(FlowRunAuthenticationFailed, match=f"{profile} got fresh credentials in this try already"):
        run(tenant, flow, on_auth_failure=credentials)
    assert len(credentials.fetched) == 1
    assert len(tenant.records(flow)) == 2


def test_a_start_that_was_refused_is_mended_though_nobody_waits_for_the_run(tenant: TenantAccount) -> None:
    flow, credentials = tenant.make_flow(), OrgToken(tenant)
    refuse_start()
    result = run_on_worker(tenant, flow, on_auth_failure=credentials, wait_for_completion=False)
    assert [result["execution_id"]] == list(tenant.records(flow))
    assert len(credentials.fetched) == 1


def test_a_refusal_of_both_the_start_and_the_run_is_mended_once(tenant: TenantAccount) -> None:
    flow, credentials = tenant.make_flow(), OrgToken(tenant)
    refuse_start()
    faults.inject(RunFails(REFUSED), flow=flow)
    with pytest.raises(FlowRunAuthenticationFailed):
        run_on_worker(tenant, flow, on_auth_failure=credentials)
    assert len(credentials.fetched) == 1


def test_a_flow_on_a_schedule_is_activated_after_a_refusal(tenant: TenantAccount) -> None:
    flow = tenant.make_flow(trigger=SCHEDULED)
    refuse_start()
    result = run_on_worker(tenant, flow, on_auth_failure=OrgToken(tenant), wait_for_completion=False)
    assert result["status"] == "Active"


def test_another_try_may_mend_again(tenant: TenantAccount) -> None:
    flow, credentials = tenant.make_flow(), OrgToken(tenant)
    for _ in range(2):
        faults.inject(TokenRevoked(after_page=0), flow=flow)
        assert run_on_worker(tenant, flow, on_auth_failure=credentials)["status"] == "Successful"
    assert len(credentials.fetched) == 2


@waiting
def test_other_failures_are_not_mended(run: Any, tenant: TenantAccount) -> None:
    credentials = OrgToken(tenant)
    flow = tenant.make_flow(bucket=tenant.make_bucket(granted=False))
    with pytest.raises(FlowRunFailed, match="Access Denied") as caught:
        run(tenant, flow, on_auth_failure=credentials)
    assert not isinstance(caught.value, FlowRunAuthenticationFailed)
    assert credentials.fetched == []


def test_credentials_that_can_not_be_had_end_the_task_with_their_error(tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    tenant.org.expire_tokens()
    credentials = OrgToken(tenant, trouble=OAuthConsentRequired("The grant is gone."))
    with pytest.raises(OAuthConsentRequired) as caught:
        run_on_worker(tenant, flow, on_auth_failure=credentials)
    assert isinstance(caught.value.__context__, FlowRunAuthenticationFailed)
    assert len(tenant.records(flow)) == 1


def both_ends(tenant: TenantAccount, source: str, destination: str) -> str:
    """A flow from one connector profile to another of the same org."""
    name = f"{source}-to-{destination}"
    writes = {"object": "Account", "writeOperationType": "INSERT"}
    tenant.client("appflow").create_flow(
        flowName=name,
        triggerConfig={"triggerType": "OnDemand"},
        sourceFlowConfig={
            "connectorType": "Salesforce",
            "connectorProfileName": source,
            "sourceConnectorProperties": {"Salesforce": {"object": "Account"}},
        },
        destinationFlowConfigList=[
            {
                "connectorType": "Salesforce",
                "connectorProfileName": destination,
                "destinationConnectorProperties": {"Salesforce": writes},
            }
        ],
        tasks=map_fields("Name"),
    )
    return name


@dataclass(frozen=True)
class Ends:
    """A flow between two connector profiles, of which the org refuses one, once."""

    flow: str
    refused: str
    kept: str


@pytest.fixture(params=["source", "destination"])
def ends(request: pytest.FixtureRequest, tenant: TenantAccount) -> Ends:
    profiles = {"source": tenant.make_profile(), "destination": tenant.make_profile()}
    flow = both_ends(tenant, **profiles)
    refused = profiles.pop(request.param)
    (kept,) = profiles.values()
    tenant.org.expire_tokens()
    hook = AppFlowHook(**tenant.aws)
    hook.update_connector_profile(
        connectorProfileName=kept,
        connectionMode="Public",
        connectorProfileConfig={
            "connectorProfileProperties": tenant.properties,
            "connectorProfileCredentials": OrgToken(tenant).fetch(hook, tenant.properties),
        },
    )
    faults.inject(RunFails(REFUSED), flow=flow)
    return Ends(flow, refused, kept)


def test_of_two_profiles_the_one_that_is_named_is_mended(
    ends: Ends, tenant: TenantAccount, recording: Recording
) -> None:
    faults.inject(RunFails("ends the second run, too"), flow=ends.flow)
    with pytest.raises(FlowRunFailed, match="ends the second run"):
        run_on_worker(tenant, ends.flow, on_auth_failure=OrgToken(tenant), auth_failure_profile=ends.refused)
    updated = [each["connectorProfileName"] for each in recording.appflow("UpdateConnectorProfile")]
    assert updated[-1:] == [ends.refused]


def test_of_two_profiles_one_that_was_not_refused_gets_nothing(ends: Ends, tenant: TenantAccount) -> None:
    credentials = OrgToken(tenant)
    with pytest.raises(FlowRunAuthenticationFailed, match=r"INVALID_SESSION_ID.*can still be asked"):
        run_on_worker(tenant, ends.flow, on_auth_failure=credentials, auth_failure_profile=ends.kept)
    assert (credentials.fetched, len(tenant.records(ends.flow))) == ([], 1)


@pytest.mark.parametrize("named", [{}, {"auth_failure_profile": "another"}])
def test_which_of_two_profiles_gets_the_credentials_is_not_guessed(
    named: dict[str, str], ends: Ends, tenant: TenantAccount
) -> None:
    credentials = OrgToken(tenant)
    with pytest.raises(TenantConfigurationError, match=rf"{ends.refused}.*auth_failure_profile"):
        run_on_worker(tenant, ends.flow, on_auth_failure=credentials, **named)
    assert credentials.fetched == []


def test_what_appflow_redeems_is_not_given_to_it_again(tenant: TenantAccount) -> None:
    flow, credentials = tenant.make_flow(), HandedOver(tenant, token_lifetime=None)
    tenant.org.expire_tokens()
    with pytest.raises(OAuthConsentRequired, match="through the authorization again") as caught:
        run_on_worker(tenant, flow, on_auth_failure=credentials)
    assert isinstance(caught.value.__context__, FlowRunAuthenticationFailed)
    assert credentials.fetched == []


@pytest.mark.parametrize("credentials", [{"Salesforce": {}}, "planted-token"])
def test_values_are_refused_as_credentials_when_the_dag_is_parsed(credentials: Any, tenant: TenantAccount) -> None:
    with pytest.raises(TenantConfigurationError, match="on_auth_failure must be a credential source") as caught:
        starter(tenant, "accounts", on_auth_failure=credentials)
    assert "planted-token" not in str(caught.value)


def test_templates_of_the_credentials_are_rendered_on_a_copy(tenant: TenantAccount) -> None:
    shared = OrgToken(tenant, name="{{ params.name }}")
    task = starter(tenant, tenant.make_flow(), on_auth_failure=shared)
    run_task(task, name="tenant-a")
    assert isinstance(task.on_auth_failure, OrgToken)
    assert (task.on_auth_failure.name, shared.name) == ("tenant-a", "{{ params.name }}")


def test_a_run_that_succeeds_fetches_nothing(tenant: TenantAccount) -> None:
    credentials = OrgToken(tenant)
    run_deferred(tenant, tenant.make_flow(), on_auth_failure=credentials)
    assert credentials.fetched == []
