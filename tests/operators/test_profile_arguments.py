"""What the steps that write connector profiles refuse, of their own arguments and of their credential source's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from airflow_provider_appflow_isv._compat import BaseOperator, XComArg
from airflow_provider_appflow_isv.credentials import (
    ApiKeyCredentials,
    CredentialSource,
    OAuth2Credentials,
    RedshiftCredentials,
    SalesforceCredentials,
)
from airflow_provider_appflow_isv.exceptions import TenantConfigurationError
from airflow_provider_appflow_isv.operators.connector_profile import AppFlowUpdateConnectorProfileOperator

LOGIN = SalesforceCredentials(secret_id="login")  # a name
SALESFORCE = {"Salesforce": {"isSandboxEnvironment": True}}


def updater(credentials: CredentialSource = LOGIN, **arguments: Any) -> AppFlowUpdateConnectorProfileOperator:
    return AppFlowUpdateConnectorProfileOperator(
        task_id="update", connector_profile_name="profile", credentials=credentials, **arguments
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"max_age": "{{ params.age }}"}, "max_age is not known when the DAG is parsed"),
        ({"min_validity": "{{ params.age }}"}, "min_validity is not known when the DAG is parsed"),
        ({"min_validity": 900}, "the credentials count as good for 900.0: that never holds"),
        ({"connector_profile_properties": {"Nope": {}}}, "connector_profile_properties"),
        ({"connector_profile_properties": {"instanceUrl": "https://a.my.salesforce.com"}}, "connector_profile_prop"),
    ],
)
def test_a_wrong_argument_is_refused_when_the_dag_is_parsed(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(TenantConfigurationError, match=said):
        updater(**arguments)


@pytest.mark.parametrize("lifetime", ["7200", -1.0, timedelta(0)])
def test_a_wrong_lifetime_is_refused_when_the_dag_is_parsed(lifetime: Any) -> None:
    with pytest.raises(TenantConfigurationError, match=r"token_lifetime is .* positive number of seconds"):
        updater(SalesforceCredentials(secret_id="login", token_lifetime=lifetime))


def test_a_lifetime_may_be_a_timedelta() -> None:
    updater(SalesforceCredentials(secret_id="login", token_lifetime=timedelta(hours=2)), min_validity=7199)


def test_what_appflow_redeems_has_no_age() -> None:
    with pytest.raises(TenantConfigurationError, match="max_age is not for credentials that AppFlow redeems"):
        updater(OAuth2Credentials(secret_id="login", redeemer="appflow"), max_age=60.0)


def test_a_source_of_another_connector_than_the_properties_is_refused() -> None:
    with pytest.raises(TenantConfigurationError, match=r"ApiKeyCredentials .*is not for Salesforce"):
        updater(ApiKeyCredentials(secret_id="key"), connector_profile_properties=SALESFORCE)


@pytest.mark.parametrize("rendered", ["", None])
@pytest.mark.parametrize("member", ["grant", "login_url", "instance_url"])
def test_a_member_of_the_source_that_renders_to_nothing_is_refused(member: str, rendered: str | None) -> None:
    given: dict[str, Any] = {member: "{{ params.value }}"}
    task = updater(SalesforceCredentials(secret_id="login", **given))
    task.render_template_fields({"params": {"value": rendered}})
    with pytest.raises(TenantConfigurationError, match=rf"credentials\.{member} has rendered to nothing"):
        task.execute({})


def test_a_secret_without_a_name_is_not_taken_for_none() -> None:
    with pytest.raises(TenantConfigurationError, match=r"credentials\.secret_id has rendered to nothing"):
        updater(RedshiftCredentials(secret_id=""))


OF_A_TASK: Any = XComArg(BaseOperator(task_id="another"))


@pytest.mark.parametrize(
    ("credentials", "said"),
    [
        ("planted-token", "must be a credential source"),
        ({"Salesforce": {}}, "must be a credential source"),
        (SalesforceCredentials(secret_id=OF_A_TASK), r"credentials\.secret_id is the output of another task"),
    ],
)
def test_what_mapped_tasks_share_is_checked_when_the_dag_is_parsed(credentials: Any, said: str) -> None:
    with pytest.raises(TenantConfigurationError, match=said) as caught:
        AppFlowUpdateConnectorProfileOperator.partial(task_id="update", credentials=credentials)
    assert "planted-token" not in str(caught.value)
