from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_appflow_isv.credentials import SecretsManagerCredentials
from airflow_provider_appflow_isv.exceptions import AssumeRoleError, TenantConfigurationError
from airflow_provider_appflow_isv.operators.base import is_literal
from airflow_provider_appflow_isv.operators.bucket_policy import AppFlowGrantBucketAccessOperator
from airflow_provider_appflow_isv.operators.catalog import (
    AppFlowDescribeConnectorEntityOperator,
    AppFlowListConnectorEntitiesOperator,
    AppFlowListConnectorProfilesOperator,
    AppFlowListConnectorsOperator,
    AppFlowListFlowsOperator,
)
from airflow_provider_appflow_isv.operators.connector_profile import (
    AppFlowCreateConnectorProfileOperator,
    AppFlowDeleteConnectorProfileOperator,
    AppFlowUpdateConnectorProfileOperator,
)
from airflow_provider_appflow_isv.operators.flow import AppFlowCreateFlowOperator
from airflow_provider_appflow_isv.operators.flow_run import AppFlowCancelFlowRunsOperator, AppFlowStartFlowOperator
from airflow_provider_appflow_isv.operators.flow_state import (
    AppFlowActivateFlowOperator,
    AppFlowDeleteFlowOperator,
    AppFlowStopFlowOperator,
)
from airflow_provider_appflow_isv.sensors.flow_run import AppFlowWaitForFlowRunSensor
from airflow_provider_appflow_isv.tenant_role import SHARED_ARGUMENTS
from tests.accounts import TenantAccount, salesforce_to_s3
from tests.tasks import DAG, run_task

if TYPE_CHECKING:
    from tests.recording import Recording

ROLE = "arn:aws:iam::222222222222:role/appflow-remote-role"
FLOW = salesforce_to_s3("profile", "bucket")
PROFILE: dict[str, Any] = {"connector_profile_name": "p", "connector_profile_properties": {}}
# each operator with what it needs at least
OPERATORS: dict[Any, dict[str, Any]] = {
    AppFlowGrantBucketAccessOperator: {"bucket_name": "bucket"},
    AppFlowListConnectorsOperator: {},
    AppFlowListConnectorProfilesOperator: {},
    AppFlowListConnectorEntitiesOperator: {"connector_profile_name": "p"},
    AppFlowDescribeConnectorEntityOperator: {"connector_profile_name": "p", "entity_name": "Account"},
    AppFlowListFlowsOperator: {},
    AppFlowCreateConnectorProfileOperator: {**PROFILE, "connector_type": "Salesforce"},
    AppFlowUpdateConnectorProfileOperator: {
        "connector_profile_name": "p",
        "credentials": SecretsManagerCredentials("secret"),
    },
    AppFlowCreateFlowOperator: {"flow_name": "accounts", **FLOW},
    AppFlowDeleteConnectorProfileOperator: {"connector_profile_name": "p"},
    AppFlowActivateFlowOperator: {"flow_name": "accounts"},
    AppFlowStopFlowOperator: {"flow_name": "accounts"},
    AppFlowDeleteFlowOperator: {"flow_name": "accounts"},
    AppFlowStartFlowOperator: {"flow_name": "accounts"},
    AppFlowCancelFlowRunsOperator: {"flow_name": "accounts"},
    AppFlowWaitForFlowRunSensor: {"flow_name": "accounts", "execution_id": "run-1"},
}
every_operator = pytest.mark.parametrize("operator", OPERATORS, ids=lambda kind: kind.__name__)


def make(operator: Any, **arguments: Any) -> Any:
    return operator(task_id="task", **{**OPERATORS[operator], **arguments})


@every_operator
def test_a_malformed_role_is_refused_when_the_dag_is_parsed(operator: Any) -> None:
    with pytest.raises(TenantConfigurationError, match=r"role_arn 'arn:aws:iam::2222:role/r' is not the ARN"):
        make(operator, role_arn="arn:aws:iam::2222:role/r")


@every_operator
def test_an_external_id_without_a_role_is_refused_when_the_dag_is_parsed(operator: Any) -> None:
    with pytest.raises(TenantConfigurationError, match="external_id is set, but role_arn is not"):
        make(operator, external_id="tenant-a-id")


@every_operator
def test_an_unknown_member_of_the_session_is_refused_when_the_dag_is_parsed(operator: Any) -> None:
    with pytest.raises(TenantConfigurationError, match="assume_role_kwargs has SessionName"):
        make(operator, role_arn=ROLE, assume_role_kwargs={"SessionName": "x"})


@every_operator
def test_templates_are_not_checked_before_they_are_rendered(operator: Any) -> None:
    make(operator, role_arn="{{ params.role_arn }}", external_id="{{ params.external_id }}")


@every_operator
def test_the_aws_arguments_are_templates(operator: Any) -> None:
    assert set(SHARED_ARGUMENTS) <= set(operator.template_fields)


@every_operator
def test_every_template_field_is_an_argument_and_an_attribute(operator: Any) -> None:
    task = make(operator)
    assert [name for name in operator.template_fields if not hasattr(task, name)] == []


@every_operator
def test_an_unknown_argument_is_refused(operator: Any) -> None:
    with pytest.raises(Exception, match="role_arm"):
        make(operator, role_arm=ROLE)


@every_operator
def test_a_role_that_renders_to_nothing_never_falls_back_to_the_connections_account(
    operator: Any, stack: Any, recording: Recording
) -> None:
    task = make(operator, aws_conn_id="isv_aws", role_arn="{{ params.role_arn }}")
    with pytest.raises(TenantConfigurationError, match="role_arn has rendered to nothing"):
        run_task(task, role_arn="")
    assert recording.entries() == []


@pytest.mark.parametrize("name", ["role_arn", "aws_conn_id", "region_name"])
@pytest.mark.parametrize("value", [None, "", "None"])
def test_an_argument_that_says_where_to_act_and_renders_to_nothing_is_refused(
    name: str, value: str | None, tenant: TenantAccount, recording: Recording
) -> None:
    arguments = {"aws_conn_id": "isv_aws", name: "{{ params.value }}"}
    with DAG("native", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC), render_template_as_native_obj=True):
        task = make(AppFlowListConnectorsOperator, **arguments)
    with pytest.raises(TenantConfigurationError, match=f"{name} has rendered to nothing"):
        run_task(task, value=value)
    assert recording.entries() == []


def test_a_malformed_role_that_a_template_renders_to_is_refused(stack: Any) -> None:
    task = make(AppFlowListConnectorsOperator, aws_conn_id="isv_aws", role_arn="{{ params.role_arn }}")
    with pytest.raises(TenantConfigurationError, match="role_arn 'tenant-a'"):
        run_task(task, role_arn="tenant-a")


def test_the_aws_arguments_are_rendered_and_used(tenant: TenantAccount, recording: Recording) -> None:
    task = make(
        AppFlowListConnectorsOperator,
        aws_conn_id="{{ params.conn_id }}",
        role_arn="arn:aws:iam::{{ params.account }}:role/appflow-remote-role",
        external_id="{{ params.external_id }}",
        assume_role_kwargs={"RoleSessionName": "load-{{ params.account }}"},
    )
    run_task(task, conn_id="isv_aws", account=tenant.account, external_id=tenant.tenant.external_id)
    (sent,) = recording.assumed_roles()
    assert (sent["RoleArn"], sent["RoleSessionName"]) == (tenant.tenant.role_arn, f"load-{tenant.account}")


def test_a_wrong_external_id_ends_the_task_with_account_and_awss_words(tenant: TenantAccount) -> None:
    task = make(AppFlowStartFlowOperator, **{**tenant.aws, "external_id": "wrong-id"})
    with pytest.raises(AssumeRoleError) as caught:
        run_task(task)
    for part in (tenant.account, "AccessDenied", "sts:AssumeRole", "Check that the role exists"):
        assert part in str(caught.value)


def test_a_missing_connection_ends_the_task_with_its_name(stack: Any) -> None:
    with pytest.raises(TenantConfigurationError, match=r"'no_such_aws' \(aws_conn_id\) does not exist.*Create it"):
        run_task(make(AppFlowListConnectorsOperator, aws_conn_id="no_such_aws"))


@pytest.mark.parametrize("value", ["text", "", None, True, 1, 1.5, ["a", {"b": "c"}], {"a": ["b"]}, ("a",), {"a"}])
def test_plain_values_are_known_when_the_dag_is_parsed(value: Any) -> None:
    assert is_literal(value)


@pytest.mark.parametrize("value", ["{{ x }}", "{% if x %}", ["{{ x }}"], {"a": "{{ x }}"}, {"{{ x }}": 1}, object()])
def test_templates_and_outputs_of_tasks_are_not(value: Any) -> None:
    assert not is_literal(value)


def test_an_output_of_another_task_is_not_checked_when_the_dag_is_parsed() -> None:
    with DAG("outputs", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC)):
        names = AppFlowListConnectorsOperator(task_id="names")
        AppFlowStartFlowOperator(task_id="run", flow_name=names.output, role_arn=names.output, external_id="id")
