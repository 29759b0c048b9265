from __future__ import annotations

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ReadTimeoutError,
    SSLError,
)

from airflow_provider_appflow_isv.exceptions import (
    AppFlowRequestError,
    AssumeRoleError,
    ConnectorAuthenticationError,
)
from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook
from airflow_provider_appflow_isv.hooks.request_errors import (
    error_code,
    explained,
    hint_for,
    is_transient,
    request_error,
)
from airflow_provider_appflow_isv.local.appflow.controls.effects import Error
from airflow_provider_appflow_isv.local.appflow.controls.faults import faults
from tests.accounts import ONE_TRY, TenantAccount


def refusal(code: str, message: str = "no", status: int = 400) -> ClientError:
    """What boto3 raises for such an answer of AWS."""
    return ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]  # as much of it as is read
        "StartFlow",
    )


@pytest.mark.parametrize(
    ("code", "message", "advice"),
    [
        (
            "ResourceNotFoundException",
            "Connector Profile with name x does not exist.",
            "AppFlowCreateConnectorProfileOperator",
        ),
        ("ResourceNotFoundException", "no connector profile x", "AppFlowCreateConnectorProfileOperator"),
        ("ResourceNotFoundException", "Flow with name x does not exist", "AppFlowCreateFlowOperator"),
        ("ConnectorAuthenticationException", "401", "AppFlowUpdateConnectorProfileOperator"),
        ("ConnectorServerException", "no answer", "instance URL"),
        ("ConflictException", "Flow with name x already exists.", "if_exists"),
        ("ConflictException", "Something is being changed", "then retry"),
        ("ValidationException", "1 validation error", "argument that the message names"),
        ("UnsupportedOperationException", "on demand", "AppFlowCancelFlowRunsOperator"),
        ("ServiceQuotaExceededException", "1000 flows", "raise the quota"),
        ("AccessDeniedException", "User is not authorized", "Allow the action"),
        ("ThrottlingException", "Rate exceeded", "retry later"),
        ("ExpiredTokenException", "The security token is expired", "retry"),
    ],
)
def test_what_appflow_refuses_is_explained(code: str, message: str, advice: str, tenant: TenantAccount) -> None:
    faults.inject(Error(code, message), operation="StartFlow")
    with pytest.raises(AppFlowRequestError) as caught:
        AppFlowHook(**tenant.aws, botocore_config=ONE_TRY).start_flow("accounts")
    assert (caught.value.code, caught.value.account, caught.value.flow_name) == (code, tenant.account, "accounts")
    assert f"StartFlow failed with {code}: {message.rstrip('.')}. (account" in str(caught.value)
    assert caught.value.hint is not None
    assert advice in caught.value.hint


@pytest.mark.parametrize(
    ("code", "operation", "message", "advice"),
    [
        ("ConnectorAuthenticationException", "UpdateConnectorProfile", "401", "check what connection or secret hold"),
        ("ConflictException", "DeleteFlow", "Flow is in active state", "AppFlowStopFlowOperator"),
        ("ConflictException", "DeleteFlow", "Something is being changed", "then retry"),
        ("ConflictException", "DeleteConnectorProfile", "the associated flows are: [x]", "AppFlowDeleteFlowOperator"),
        ("ResourceNotFoundException", "DeleteFlow", "Flow with name x does not exist", "if_missing='skip'"),
        ("LimitExceededException", "PutSecretValue", "too many versions", "wait up to a day, and refresh less often"),
        ("LimitExceededException", "PutSecretValue", "at most 20 staging labels", "off the secret's versions"),
        ("DecryptionFailure", "GetSecretValue", "Can't decrypt", "Enable the KMS key of the secret"),
        ("EncryptionFailure", "PutSecretValue", "Can't encrypt", "Enable the KMS key of the secret"),
        ("InvalidRequestException", "GetSecretValue", "because it was marked for deletion", "RestoreSecret"),
        ("InvalidRequestException", "PutSecretValue", "that's currently marked deleted", "RestoreSecret"),
        ("ResourceNotFoundException", "GetSecretValue", "Can't find the secret", "Check the secret's name"),
        ("ResourceNotFoundException", "PutSecretValue", "Can't find the secret", "Check the secret's name"),
        ("ResourceNotFoundException", "PutResourcePolicy", "Can't find the secret", "Check the secret's name"),
        ("ResourceNotFoundException", "UpdateSecretVersionStage", "Can't find the secret", "Check the secret's name"),
        ("ResourceNotFoundException", "DeleteConnectorProfile", "Connector Profile with name x", "if_missing='skip'"),
    ],
)
def test_some_operations_have_advice_of_their_own(code: str, operation: str, message: str, advice: str) -> None:
    assert advice in str(hint_for(refusal(code, message), operation))


def test_a_code_that_is_not_known_is_still_told(tenant: TenantAccount) -> None:
    faults.inject(Error("NewException", "no idea"), operation="StartFlow")
    with pytest.raises(AppFlowRequestError, match="NewException: no idea") as caught:
        AppFlowHook(**tenant.aws, botocore_config=ONE_TRY).start_flow("accounts")
    assert caught.value.hint is None


@pytest.mark.parametrize(
    ("error", "code", "advice"),
    [
        (NoCredentialsError(), "NoCredentialsError", "Give the Airflow connection credentials"),
        (NoRegionError(), "NoRegionError", "Set region_name"),
    ],
)
def test_what_fails_before_aws_is_asked_is_explained(error: BotoCoreError, code: str, advice: str) -> None:
    with pytest.raises(AppFlowRequestError, match=advice) as caught, explained("ListFlows"):
        raise error
    assert caught.value.code == code
    assert caught.value.__cause__ is error


def test_the_subject_of_a_request_is_named() -> None:
    error = request_error(refusal("ConflictException"), operation="CreateFlow", subject="connector profile tenant-a")
    assert str(error).startswith("CreateFlow of connector profile tenant-a failed with ConflictException: no.")


def test_other_errors_pass() -> None:
    with pytest.raises(KeyError), explained("ListFlows"):
        raise KeyError


@pytest.mark.parametrize(
    "error",
    [
        refusal("ThrottlingException"),
        refusal("Throttling"),
        refusal("TooManyRequestsException"),
        refusal("RequestLimitExceeded"),
        refusal("SlowDown"),
        refusal("InternalServerException", status=500),
        refusal("ServiceUnavailable", status=503),
        EndpointConnectionError(endpoint_url="http://127.0.0.1:9"),
        ConnectTimeoutError(endpoint_url="http://127.0.0.1:9"),
        ReadTimeoutError(endpoint_url="http://127.0.0.1:9"),
        ConnectionClosedError(endpoint_url="http://127.0.0.1:9"),
    ],
)
def test_throttles_and_awss_own_trouble_pass_by(error: Exception) -> None:
    assert is_transient(error)


@pytest.mark.parametrize(
    "error",
    [
        refusal("AccessDeniedException", status=403),
        refusal("ValidationException"),
        refusal("ResourceNotFoundException", status=404),
        NoCredentialsError(),
        SSLError(endpoint_url="https://127.0.0.1:9", error=OSError("self-signed certificate")),
        KeyError("x"),
        None,
    ],
)
def test_all_else_does_not(error: Exception | None) -> None:
    assert not is_transient(error)


@pytest.mark.parametrize(("code", "transient"), [("ThrottlingException", True), ("AccessDenied", False)])
def test_an_error_of_the_provider_is_as_transient_as_its_cause(code: str, transient: bool) -> None:
    error = AssumeRoleError("no")
    error.__cause__ = refusal(code)
    assert is_transient(error) == transient


def test_an_answer_without_a_code_is_unknown() -> None:
    assert error_code(ClientError({}, "StartFlow")) == "Unknown"


def test_credentials_that_the_saas_refuses_are_an_error_of_their_own(tenant: TenantAccount) -> None:
    profile = tenant.make_profile()
    tenant.org.expire_tokens()
    with pytest.raises(ConnectorAuthenticationError, match=rf"Account through connector profile {profile} failed with"):
        AppFlowHook(**tenant.aws).describe_connector_entity(profile, "Account")


def test_other_refusals_are_not(tenant: TenantAccount) -> None:
    with pytest.raises(AppFlowRequestError) as caught:
        AppFlowHook(**tenant.aws).describe_flow("no-such-flow")
    assert not isinstance(caught.value, ConnectorAuthenticationError)
