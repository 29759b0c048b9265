"""The refresh of a connector profile: when it is made, and how it is proven."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from airflow_provider_appflow_isv.exceptions import (
    AppFlowIsvError,
    AppFlowRequestError,
    ConnectorAuthenticationError,
    OAuthConsentRequired,
    OAuthUnavailable,
    TenantConfigurationError,
)
from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook
from airflow_provider_appflow_isv.local.appflow.controls.effects import Error
from airflow_provider_appflow_isv.local.appflow.controls.faults import faults
from airflow_provider_appflow_isv.operators.connector_profile import AppFlowUpdateConnectorProfileOperator
from tests.accounts import ONE_TRY, TenantAccount
from tests.operators.pushing import HandedOver, OrgToken, age
from tests.tasks import run_task

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.credentials.connectors import FormName
    from tests.recording import Recording

HALF_AN_HOUR = 1800.0


def updater(tenant: TenantAccount, profile: str, **arguments: Any) -> AppFlowUpdateConnectorProfileOperator:
    given: dict[str, Any] = {"credentials": OrgToken(tenant), **tenant.aws, **arguments}
    return AppFlowUpdateConnectorProfileOperator(task_id="update", connector_profile_name=profile, **given)


def update(tenant: TenantAccount, profile: str, **arguments: Any) -> Any:
    return run_task(updater(tenant, profile, **arguments))


def aged(tenant: TenantAccount, seconds: float) -> str:
    """A profile that was updated so many seconds ago."""
    profile = tenant.make_profile()
    age(tenant, profile, seconds)
    return profile


def seconds_until(moment: str) -> float:
    return (datetime.fromisoformat(moment) - datetime.now(UTC)).total_seconds()


def test_a_refresh_tells_how_long_the_credentials_are_good(tenant: TenantAccount) -> None:
    profile = tenant.make_profile()
    done = update(tenant, profile)
    until = done.pop("valid_until")
    assert done == {
        "connector_profile_name": profile,
        "connector_profile_arn": f"arn:aws:appflow:us-east-1:{tenant.account}:connectorprofile/{profile}",
        "action": "updated",
    }
    assert until.endswith("+00:00")
    assert 3500 < seconds_until(until) < 3700


def test_credentials_that_do_not_end_are_good_until_nothing(tenant: TenantAccount) -> None:
    credentials = OrgToken(tenant, token_lifetime=None)
    assert update(tenant, tenant.make_profile(), credentials=credentials)["valid_until"] is None


@pytest.mark.parametrize("verify_entity", [None, "Account"])
def test_a_refresh_is_proven_by_the_org_and_not_by_what_appflow_remembers(
    verify_entity: str | None, tenant: TenantAccount, recording: Recording
) -> None:
    profile = tenant.make_profile()
    AppFlowHook(**tenant.aws).ask_through_connector_profile(profile, verify_entity)
    tenant.org.expire_tokens()
    with pytest.raises(ConnectorAuthenticationError):
        AppFlowHook(**tenant.aws).ask_through_connector_profile(profile, verify_entity)
    update(tenant, profile, verify_entity=verify_entity)
    asked = "DescribeConnectorEntity" if verify_entity else "ListConnectorEntities"
    assert [len(recording.appflow(each)) for each in ("ResetConnectorMetadataCache", asked)] == [3, 3]


def test_a_refresh_can_go_without_proof(tenant: TenantAccount, recording: Recording) -> None:
    assert update(tenant, tenant.make_profile(), verify_profile=False)["action"] == "updated"
    assert recording.appflow("ListConnectorEntities") == []


def test_a_proof_that_fails_after_the_refresh_names_profile_entity_account_and_what_to_do(
    tenant: TenantAccount,
) -> None:
    profile = tenant.make_profile()
    faults.inject(Error("ConnectorAuthenticationException", "no API"), operation="DescribeConnectorEntity")
    with pytest.raises(ConnectorAuthenticationError) as caught:
        update(tenant, profile, verify_entity="Account", botocore_config=ONE_TRY)
    for part in (f"profile {profile} was updated", "entity Account", tenant.account, "no API", "may call the API"):
        assert part in str(caught.value)
    assert caught.value.code == "ConnectorAuthenticationException"


def test_an_entity_that_the_org_does_not_know_is_an_error_that_names_it(tenant: TenantAccount) -> None:
    with pytest.raises(AppFlowRequestError, match="NoSuchEntity through connector profile"):
        update(tenant, tenant.make_profile(), verify_entity="NoSuchEntity")


def test_credentials_that_the_org_refuses_are_an_error_that_says_so(tenant: TenantAccount) -> None:
    profile = tenant.make_profile()
    with pytest.raises(ConnectorAuthenticationError, match=rf"{profile}.*check what connection or secret hold"):
        update(tenant, profile, credentials=OrgToken(tenant, works=False))


def test_what_is_good_for_longer_is_left_alone_and_proven(tenant: TenantAccount, recording: Recording) -> None:
    profile, credentials = aged(tenant, 1700), OrgToken(tenant)
    done = update(tenant, profile, credentials=credentials, min_validity=HALF_AN_HOUR)
    assert (done["action"], credentials.fetched) == ("unchanged", [])
    assert 1800 < seconds_until(done["valid_until"]) < 2000
    assert recording.appflow("UpdateConnectorProfile") == []
    assert len(recording.appflow("ListConnectorEntities")) == 1


@pytest.mark.parametrize(
    ("seconds", "arguments"),
    [
        (1900, {"min_validity": HALF_AN_HOUR}),
        (1900, {"min_validity": timedelta(minutes=30)}),
        (0, {"min_validity": 3599.0}),
        (0, {}),
        (700, {"min_validity": HALF_AN_HOUR, "max_age": 600.0}),
        (700, {"min_validity": HALF_AN_HOUR, "max_age": timedelta(minutes=10)}),
    ],
)
def test_what_is_not_good_for_long_enough_or_too_old_is_refreshed(
    seconds: float, arguments: dict[str, Any], tenant: TenantAccount
) -> None:
    credentials = OrgToken(tenant)
    done = update(tenant, aged(tenant, seconds), credentials=credentials, **arguments)
    assert (done["action"], len(credentials.fetched)) == ("updated", 1)


def test_what_was_updated_lately_is_not_too_old(tenant: TenantAccount) -> None:
    assert update(tenant, aged(tenant, 500), min_validity=60.0, max_age=600.0)["action"] == "unchanged"


@pytest.mark.parametrize(("is_new", "action"), [(True, "updated"), (False, "unchanged"), (None, "updated")])
def test_credentials_that_do_not_end_are_pushed_unless_they_are_known_to_be_the_same(
    is_new: bool | None, action: str, tenant: TenantAccount
) -> None:
    credentials = OrgToken(tenant, token_lifetime=None, is_new=is_new)
    assert update(tenant, aged(tenant, 10**6), credentials=credentials, min_validity=60.0)["action"] == action


class Code(HandedOver):
    """As of a code that it redeems."""

    forms: ClassVar[tuple[FormName, ...]] = ("code",)


@pytest.mark.parametrize("kind", [HandedOver, Code])
@pytest.mark.parametrize(("is_new", "action"), [(True, "updated"), (False, "unchanged"), (None, "unchanged")])
def test_what_appflow_redeems_is_pushed_only_if_it_is_known_to_be_new(
    kind: type[HandedOver], is_new: bool | None, action: str, tenant: TenantAccount
) -> None:
    credentials = kind(tenant, token_lifetime=None, is_new=is_new)
    assert update(tenant, aged(tenant, 10**6), credentials=credentials)["action"] == action


def test_what_appflow_has_redeemed_and_is_refused_needs_a_users_consent(tenant: TenantAccount) -> None:
    profile, credentials = tenant.make_profile(), HandedOver(tenant, token_lifetime=None)
    tenant.org.expire_tokens()
    done = update(tenant, profile, credentials=credentials, on_consent_required="report")
    assert (done["action"], credentials.fetched) == ("consent_required", [])


def test_what_appflow_has_redeemed_is_not_pushed_again_to_change_properties(tenant: TenantAccount) -> None:
    given: dict[str, Any] = {"connector_profile_properties": {"Salesforce": {"isSandboxEnvironment": True}}}
    credentials = HandedOver(tenant, token_lifetime=None)
    with pytest.raises(OAuthConsentRequired):
        update(tenant, tenant.make_profile(), credentials=credentials, **given)
    assert credentials.fetched == []


@pytest.mark.parametrize("properties", [{"Salesforce": {"isSandboxEnvironment": True}}])
def test_properties_that_differ_are_changed_although_the_credentials_are_good(
    properties: dict[str, Any], tenant: TenantAccount
) -> None:
    profile = tenant.make_profile()
    given: dict[str, Any] = {"connector_profile_properties": properties, "min_validity": 60.0}
    assert [update(tenant, profile, **given)["action"] for _ in range(2)] == ["updated", "unchanged"]


def test_what_should_be_good_and_is_refused_is_refreshed_after_all(
    tenant: TenantAccount, logged: Callable[[], str]
) -> None:
    profile = tenant.make_profile()
    tenant.org.expire_tokens()
    assert update(tenant, profile, min_validity=60.0)["action"] == "updated"
    assert "should be good, and is refused" in logged()
    assert AppFlowHook(**tenant.aws).describe_connector_entity(profile, "Account")


def test_other_trouble_of_the_proof_refreshes_nothing(tenant: TenantAccount) -> None:
    credentials = OrgToken(tenant)
    faults.inject(Error("ConnectorServerException", "down"), operation="ListConnectorEntities")
    with pytest.raises(AppFlowRequestError, match="down"):
        update(tenant, tenant.make_profile(), credentials=credentials, min_validity=60.0, botocore_config=ONE_TRY)
    assert credentials.fetched == []


def consent_required() -> OAuthConsentRequired:
    return OAuthConsentRequired("The grant is gone.", code="invalid_grant", hint="Have a user consent again.")


def test_a_grant_that_is_gone_fails_the_task_and_names_the_account(tenant: TenantAccount) -> None:
    with pytest.raises(OAuthConsentRequired, match=f"grant is gone.*{tenant.account}.*consent again"):
        update(tenant, tenant.make_profile(), credentials=OrgToken(tenant, trouble=consent_required()))


def test_a_grant_that_is_gone_can_be_reported_instead(tenant: TenantAccount) -> None:
    profile = tenant.make_profile()
    credentials = OrgToken(tenant, trouble=consent_required())
    assert update(tenant, profile, credentials=credentials, on_consent_required="report") == {
        "connector_profile_name": profile,
        "connector_profile_arn": f"arn:aws:appflow:us-east-1:{tenant.account}:connectorprofile/{profile}",
        "action": "consent_required",
        "valid_until": None,
        "message": f"The grant is gone. (account {tenant.account}) Have a user consent again.",
    }


@pytest.mark.parametrize(
    ("kind", "said", "raised"),
    [
        (Code, "invalid_grant: invalid authorization code", OAuthConsentRequired),
        (HandedOver, "invalid_grant: expired access/refresh token", OAuthConsentRequired),
        # what the user has granted is not what is wrong with these
        (OrgToken, "invalid_grant: authentication failure", ConnectorAuthenticationError),
        (Code, "invalid_client: client identifier invalid", ConnectorAuthenticationError),
        (HandedOver, "invalid_grant: ip restricted", ConnectorAuthenticationError),
    ],
)
def test_a_grant_that_appflow_is_refused_with_needs_consent(
    kind: type[OrgToken], said: str, raised: type[AppFlowIsvError], tenant: TenantAccount
) -> None:
    refusal = Error("ConnectorAuthenticationException", f"Error while authenticating to connector: {said}")
    faults.inject(refusal, operation="UpdateConnectorProfile")
    with pytest.raises(raised, match=said) as caught:
        update(tenant, tenant.make_profile(), credentials=kind(tenant, is_new=True, token_lifetime=None))
    assert type(caught.value) is raised
    assert caught.value.account == tenant.account


def test_no_other_trouble_is_reported_as_a_grant_that_is_gone(tenant: TenantAccount) -> None:
    credentials = OrgToken(tenant, trouble=OAuthUnavailable("No answer."))
    with pytest.raises(OAuthUnavailable):
        update(tenant, tenant.make_profile(), credentials=credentials, on_consent_required="report")


@pytest.mark.parametrize(
    ("argument", "value", "said"),
    [
        ("min_validity", 0, "it must be a positive number of seconds"),
        ("min_validity", timedelta(seconds=-1), "it must be a positive number of seconds"),
        ("max_age", "a day", "it must be a positive number of seconds"),
        ("verify_entity", "", "rendered to nothing"),
        ("on_consent_required", "ignore", "Possible are fail, report"),
        ("credentials", None, "nothing to refresh"),
    ],
)
def test_a_wrong_argument_is_refused_when_the_dag_is_parsed(
    argument: str, value: Any, said: str, tenant: TenantAccount
) -> None:
    with pytest.raises(TenantConfigurationError, match=rf"{argument}.*{said}"):
        updater(tenant, "profile", **{argument: value})


def test_templates_of_the_proof_are_rendered(tenant: TenantAccount, recording: Recording) -> None:
    task = updater(tenant, tenant.make_profile(), verify_entity="{{ params.entity }}")
    run_task(task, entity="Contact")
    assert [each["connectorEntityName"] for each in recording.appflow("DescribeConnectorEntity")] == ["Contact"]


def test_a_source_within_a_source_is_rendered_on_a_copy_too(tenant: TenantAccount) -> None:
    shared = OrgToken(tenant, inner=OrgToken(tenant, name="{{ params.name }}"))
    for name in ("tenant-a", "tenant-b"):
        task = updater(tenant, "profile", credentials=shared)
        task.render_template_fields({"params": {"name": name}})
        assert isinstance(task.credentials, OrgToken)
        assert isinstance(task.credentials.inner, OrgToken)
        assert task.credentials.inner.name == name
    assert isinstance(shared.inner, OrgToken)
    assert shared.inner.name == "{{ params.name }}"
