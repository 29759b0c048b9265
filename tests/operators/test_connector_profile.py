from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_appflow_isv.credentials import SalesforceCredentials, SecretsManagerCredentials
from airflow_provider_appflow_isv.exceptions import (
    AppFlowRequestError,
    OAuthConfigurationError,
    TenantConfigurationError,
)
from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook
from airflow_provider_appflow_isv.local.seed import account_client
from airflow_provider_appflow_isv.operators.connector_profile import (
    AppFlowCreateConnectorProfileOperator,
    AppFlowUpdateConnectorProfileOperator,
)
from tests.accounts import TenantAccount, fresh
from tests.tasks import run_task

if TYPE_CHECKING:
    from tests.recording import Recording


def login_of(tenant: TenantAccount, **arguments: Any) -> SalesforceCredentials:
    arguments.setdefault("secret_id", tenant.tenant.secret_id)
    return SalesforceCredentials(login_url=tenant.tenant.login_url, **arguments)


def creator(tenant: TenantAccount, **arguments: Any) -> AppFlowCreateConnectorProfileOperator:
    given: dict[str, Any] = {
        "connector_type": "Salesforce",
        "connector_profile_properties": tenant.properties,
        "credentials": login_of(tenant),
        **tenant.aws,
        **arguments,
    }
    return AppFlowCreateConnectorProfileOperator(task_id="create", **given)


def create(tenant: TenantAccount, name: str, **arguments: Any) -> Any:
    return run_task(creator(tenant, connector_profile_name=name, **arguments))


def update(tenant: TenantAccount, name: str, **arguments: Any) -> Any:
    given: dict[str, Any] = {"credentials": login_of(tenant), **tenant.aws, **arguments}
    return run_task(AppFlowUpdateConnectorProfileOperator(task_id="update", connector_profile_name=name, **given))


def profile_of(tenant: TenantAccount, name: str) -> dict[str, Any]:
    found = AppFlowHook(**tenant.aws).get_connector_profile(name)
    assert found is not None
    return found


@pytest.mark.parametrize("name", ["tenant-a", "tenant-b", "tenant-c"])
def test_a_profile_is_created_by_each_grant(name: str, tenants: dict[str, TenantAccount]) -> None:
    profile, tenant = fresh("profile"), tenants[name]
    arn = f"arn:aws:appflow:us-east-1:{tenant.account}:connectorprofile/{profile}"
    assert create(tenant, profile) == {
        "connector_profile_name": profile,
        "connector_profile_arn": arn,
        "action": "created",
    }
    assert profile_of(tenant, profile)["connectionMode"] == "Public"


def test_a_profile_works_for_its_org(tenant: TenantAccount) -> None:
    profile = fresh("profile")
    create(tenant, profile)
    assert AppFlowHook(**tenant.aws).describe_connector_entity(profile, "Account")


def test_a_profile_that_exists_is_an_error_that_says_how_to_go_on(tenant: TenantAccount) -> None:
    profile = tenant.make_profile()
    with pytest.raises(AppFlowRequestError) as caught:
        create(tenant, profile)
    assert caught.value.code == "ConflictException"
    for part in (f"connector profile {profile}", f"account {tenant.account}", "Set if_exists to 'update' or 'skip'"):
        assert part in str(caught.value)


def test_a_profile_that_exists_gets_fresh_credentials_if_told_so(tenant: TenantAccount) -> None:
    profile = fresh("profile")
    create(tenant, profile)
    tenant.org.expire_tokens()
    assert create(tenant, profile, if_exists="update")["action"] == "updated"
    assert AppFlowHook(**tenant.aws).describe_connector_entity(profile, "Account")


def test_a_profile_that_does_not_exist_is_created_instead_of_updated(tenant: TenantAccount) -> None:
    assert create(tenant, fresh("profile"), if_exists="update")["action"] == "created"


def test_a_profile_that_exists_is_left_alone_if_told_so(tenant: TenantAccount, recording: Recording) -> None:
    profile = tenant.make_profile()
    before = profile_of(tenant, profile)
    assert create(tenant, profile, if_exists="skip") == {
        "connector_profile_name": profile,
        "connector_profile_arn": before["connectorProfileArn"],
        "action": "skipped",
    }
    assert profile_of(tenant, profile) == before
    assert recording.appflow("UpdateConnectorProfile") == []


@pytest.mark.parametrize("if_exists", ["update", "skip"])
def test_a_profile_of_another_type_is_refused(if_exists: str, tenant: TenantAccount) -> None:
    profile = tenant.make_profile()
    with pytest.raises(TenantConfigurationError, match=rf"{profile} exists with connector type Salesforce, not Slack"):
        create(
            tenant,
            profile,
            connector_type="Slack",
            connector_profile_properties={"Slack": {"instanceUrl": "https://example.slack.com"}},
            credentials=SecretsManagerCredentials("slack"),
            if_exists=if_exists,
        )


def test_credentials_that_the_connector_does_not_take_are_refused_when_the_dag_is_parsed(tenant: TenantAccount) -> None:
    with pytest.raises(TenantConfigurationError, match=r"SalesforceCredentials .* is not for Slack\. Slack takes "):
        creator(tenant, connector_profile_name="profile", connector_type="Slack")


def test_an_update_refreshes_the_credentials(tenant: TenantAccount) -> None:
    flow = tenant.make_flow()
    profile = AppFlowHook(**tenant.aws).describe_flow(flow)["sourceFlowConfig"]["connectorProfileName"]
    tenant.org.expire_tokens()
    assert tenant.wait(flow, tenant.start(flow)) == "Error"
    assert update(tenant, profile)["action"] == "updated"
    assert tenant.wait(flow, tenant.start(flow)) == "Successful"


def test_an_update_keeps_what_is_not_given(tenant: TenantAccount) -> None:
    profile = fresh("profile")
    properties = {"Salesforce": {**tenant.properties["Salesforce"], "isSandboxEnvironment": True}}
    create(tenant, profile, connector_profile_properties=properties)
    update(tenant, profile)
    assert profile_of(tenant, profile)["connectorProfileProperties"] == properties
    assert profile_of(tenant, profile)["connectionMode"] == "Public"


def test_an_update_changes_what_is_given_and_keeps_the_rest(tenant: TenantAccount) -> None:
    profile = tenant.make_profile()
    update(tenant, profile, connector_profile_properties={"Salesforce": {"isSandboxEnvironment": True}})
    assert profile_of(tenant, profile)["connectorProfileProperties"] == {
        "Salesforce": {**tenant.properties["Salesforce"], "isSandboxEnvironment": True}
    }


def test_an_update_of_a_profile_that_does_not_exist_names_profile_and_account(tenant: TenantAccount) -> None:
    profile = fresh("profile")
    with pytest.raises(TenantConfigurationError, match=rf"{profile} does not exist.*{tenant.account}.*Create it with"):
        update(tenant, profile)


def test_an_update_asks_for_no_token_if_there_is_no_profile(tenant: TenantAccount, recording: Recording) -> None:
    with pytest.raises(TenantConfigurationError):
        update(tenant, fresh("profile"))
    assert not any("GetSecretValue" in str(entry["headers"]) for entry in recording.entries())


def test_credentials_of_another_tenants_org_are_never_pushed(
    tenants: dict[str, TenantAccount], recording: Recording
) -> None:
    ours, theirs = tenants["tenant-a"], tenants["tenant-b"]
    foreign = ours.make_secret(theirs.secret())
    credentials = SalesforceCredentials(secret_id=foreign, login_url=theirs.tenant.login_url)
    with pytest.raises((TenantConfigurationError, OAuthConfigurationError)):
        create(ours, fresh("profile"), credentials=credentials)
    assert recording.appflow("CreateConnectorProfile") == []


def test_a_secret_of_the_isvs_own_account_can_be_used(tenant: TenantAccount) -> None:
    secret_id = fresh("secret")
    isv = account_client(tenant.stack.aws_url, tenant.stack.seed().isv_account, "secretsmanager")
    isv.create_secret(Name=secret_id, SecretString=json.dumps(tenant.secret()))
    credentials = login_of(tenant, secret_id=secret_id, stored_in="isv")
    assert create(tenant, fresh("profile"), credentials=credentials)["action"] == "created"


def test_credentials_of_any_connector_come_from_a_secret(tenant: TenantAccount) -> None:
    instance = tenant.stack.instances.create(fresh("instance"), incidents=0)
    instance.add_user("loader", "planted-password")
    secret_id = tenant.make_secret({"ServiceNow": {"username": "loader", "password": "planted-password"}})
    done = create(
        tenant,
        fresh("profile"),
        connector_type="Servicenow",
        connector_profile_properties={"ServiceNow": {"instanceUrl": instance.url}},
        credentials=SecretsManagerCredentials(secret_id),
    )
    assert done["action"] == "created"


def test_a_wrong_salesforce_login_ends_the_task_with_what_to_do(tenant: TenantAccount) -> None:
    secret_id = tenant.make_secret({**tenant.secret(), "SFPassword+SeurityToken": "wrong-password"})
    with pytest.raises(OAuthConfigurationError, match=r"invalid_grant: authentication failure.*Check user name"):
        create(tenant, fresh("profile"), credentials=login_of(tenant, secret_id=secret_id))


def test_templates_of_the_credentials_are_rendered(tenant: TenantAccount) -> None:
    task = creator(
        tenant,
        connector_profile_name="{{ params.profile }}",
        credentials=SalesforceCredentials(
            secret_id="{{ params.secret_id }}", login_url="{{ params.login_url }}", stored_in="{{ params.stored_in }}"
        ),
        if_exists="{{ params.if_exists }}",
    )
    done = run_task(
        task,
        profile=fresh("profile"),
        secret_id=tenant.tenant.secret_id,
        login_url=tenant.tenant.login_url,
        stored_in="tenant",
        if_exists="update",
    )
    assert done["action"] == "created"


def test_rendering_one_tenants_credentials_leaves_the_dags_as_they_are(tenant: TenantAccount) -> None:
    shared = SalesforceCredentials(secret_id="{{ params.secret_id }}")
    task = creator(tenant, connector_profile_name="profile", credentials=shared)
    task.render_template_fields({"params": {"secret_id": "of-tenant-a"}})
    assert isinstance(task.credentials, SalesforceCredentials)
    assert task.credentials.secret_id == "of-tenant-a"
    assert shared.secret_id == "{{ params.secret_id }}"


def test_rendered_twice_each_time_from_the_template(tenant: TenantAccount) -> None:
    shared = SalesforceCredentials(secret_id="{{ params.secret_id }}")
    first, second = (creator(tenant, connector_profile_name="profile", credentials=shared) for _ in range(2))
    for task, secret_id in ((first, "of-tenant-a"), (second, "of-tenant-b")):
        task.render_template_fields({"params": {"secret_id": secret_id}})
        assert isinstance(task.credentials, SalesforceCredentials)
        assert task.credentials.secret_id == secret_id


@pytest.mark.parametrize("name", ["", "two words", "größe", "x" * 257, "a\n", None, 5])
def test_a_name_that_appflow_refuses_is_refused_when_the_dag_is_parsed(name: Any, tenant: TenantAccount) -> None:
    with pytest.raises(TenantConfigurationError, match=r"connector_profile_name .* is not a name that AppFlow takes"):
        creator(tenant, connector_profile_name=name)


@pytest.mark.parametrize("name", ["x", "Tenant_A/prod!@#+=.-", "x" * 256])
def test_a_name_that_appflow_takes_is_taken(name: str, tenant: TenantAccount) -> None:
    creator(tenant, connector_profile_name=name)


@pytest.mark.parametrize(
    ("argument", "value", "choices"),
    [("if_exists", "replace", "fail, update, skip"), ("connection_mode", "public", "Public, Private")],
)
def test_an_unknown_choice_is_refused_when_the_dag_is_parsed(
    argument: str, value: str, choices: str, tenant: TenantAccount
) -> None:
    with pytest.raises(TenantConfigurationError, match=rf"{argument} '{value}' is not known. Possible are {choices}"):
        creator(tenant, connector_profile_name="profile", **{argument: value})


@pytest.mark.parametrize(
    ("argument", "value"),
    [("connector_profile_name", "two words"), ("if_exists", "replace"), ("connection_mode", "public")],
)
def test_what_a_template_renders_to_is_checked_too(
    argument: str, value: str, tenant: TenantAccount, recording: Recording
) -> None:
    arguments = {"connector_profile_name": "profile", argument: "{{ params.value }}"}
    with pytest.raises(TenantConfigurationError, match=argument):
        run_task(creator(tenant, **arguments), value=value)
    assert recording.entries() == []


@pytest.mark.parametrize(
    "credentials", [{"Salesforce": {"accessToken": "planted-token"}}, "planted-token"], ids=["members", "text"]
)
def test_values_are_refused_as_credentials_without_quoting_them(credentials: Any, tenant: TenantAccount) -> None:
    with pytest.raises(TenantConfigurationError, match=r"credentials must be a credential source.*secret_id") as caught:
        creator(tenant, connector_profile_name="profile", credentials=credentials)
    assert "planted-token" not in str(caught.value)
