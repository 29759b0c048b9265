from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.appflow.conftest import ACCOUNT, Aws, Org, flow_request, profile_request


def test_a_profile_is_described_without_its_credentials(aws: Aws, appflow: Any, org: Org) -> None:
    arn = appflow.create_connector_profile(**profile_request(org))["connectorProfileArn"]
    answer = appflow.describe_connector_profiles(connectorProfileNames=["SalesForceAPI"])
    (profile,) = answer["connectorProfileDetails"]
    assert (
        arn == profile["connectorProfileArn"] == f"arn:aws:appflow:us-west-2:{ACCOUNT}:connectorprofile/SalesForceAPI"
    )
    assert profile["connectorType"] == "Salesforce"
    assert profile["connectionMode"] == "Public"
    assert profile["connectorProfileProperties"] == {"Salesforce": {"instanceUrl": org.instance_url}}
    assert profile["createdAt"] == profile["lastUpdatedAt"]
    assert org.access_token not in str(answer)


def test_credentials_are_kept_in_the_accounts_secrets_manager(aws: Aws, appflow: Any, org: Org) -> None:
    appflow.create_connector_profile(**profile_request(org, refreshToken="example-refresh"))
    (profile,) = appflow.describe_connector_profiles()["connectorProfileDetails"]
    secret = aws.client("secretsmanager").get_secret_value(SecretId=f"appflow!{ACCOUNT}-SalesForceAPI")
    assert secret["ARN"] == profile["credentialsArn"]
    assert json.loads(secret["SecretString"]) == {
        "accessToken": org.access_token,
        "refreshToken": "example-refresh",
    }


def test_an_update_replaces_credentials_and_properties(aws: Aws, appflow: Any, org: Org) -> None:
    appflow.create_connector_profile(**profile_request(org))
    org.access_token = org.new_token()
    request = profile_request(org)
    del request["connectorType"]
    request["connectorProfileConfig"]["connectorProfileProperties"]["Salesforce"]["isSandboxEnvironment"] = True
    appflow.update_connector_profile(**request)
    (profile,) = appflow.describe_connector_profiles()["connectorProfileDetails"]
    assert profile["connectorProfileProperties"]["Salesforce"]["isSandboxEnvironment"] is True
    secret = aws.client("secretsmanager").get_secret_value(SecretId=profile["credentialsArn"])
    assert json.loads(secret["SecretString"])["accessToken"] == org.access_token


def test_an_update_of_an_unknown_profile_is_refused(appflow: Any, org: Org) -> None:
    request = profile_request(org, name="absent")
    del request["connectorType"]
    with pytest.raises(appflow.exceptions.ResourceNotFoundException, match="absent does not exist"):
        appflow.update_connector_profile(**request)


def test_an_update_that_does_not_log_in_changes_nothing(aws: Aws, appflow: Any, org: Org) -> None:
    appflow.create_connector_profile(**profile_request(org))
    request = profile_request(org, accessToken="example-dead-token")
    del request["connectorType"]
    with pytest.raises(appflow.exceptions.ConnectorAuthenticationException):
        appflow.update_connector_profile(**request)
    secret = aws.client("secretsmanager").get_secret_value(SecretId=f"appflow!{ACCOUNT}-SalesForceAPI")
    assert json.loads(secret["SecretString"])["accessToken"] == org.access_token


def test_a_deleted_profile_takes_its_secret_with_it(aws: Aws, appflow: Any, org: Org) -> None:
    appflow.create_connector_profile(**profile_request(org))
    appflow.delete_connector_profile(connectorProfileName="SalesForceAPI")
    assert appflow.describe_connector_profiles()["connectorProfileDetails"] == []
    secrets = aws.client("secretsmanager")
    with pytest.raises(secrets.exceptions.ResourceNotFoundException):
        secrets.get_secret_value(SecretId=f"appflow!{ACCOUNT}-SalesForceAPI")


def test_deleting_an_unknown_profile_is_refused(appflow: Any) -> None:
    with pytest.raises(appflow.exceptions.ResourceNotFoundException, match="absent does not exist"):
        appflow.delete_connector_profile(connectorProfileName="absent")


def test_a_profile_in_use_is_deleted_only_by_force(connected: Any) -> None:
    connected.create_flow(**flow_request("myTestFlow1"))
    with pytest.raises(connected.exceptions.ConflictException) as refusal:
        connected.delete_connector_profile(connectorProfileName="SalesForceAPI")
    assert refusal.value.response["Error"]["Message"] == (
        "Conflict executing request: Connector profile: SalesForceAPI is associated with one or more flows. If you "
        "still want to delete it, then make delete request with forceDelete flag as true. Some of the associated "
        "flows are: [myTestFlow1]"
    )
    connected.delete_connector_profile(connectorProfileName="SalesForceAPI", forceDelete=True)
    assert connected.describe_connector_profiles()["connectorProfileDetails"] == []


def test_a_second_profile_of_the_same_name_is_a_conflict(appflow: Any, org: Org) -> None:
    appflow.create_connector_profile(**profile_request(org))
    with pytest.raises(appflow.exceptions.ConflictException) as refusal:
        appflow.create_connector_profile(**profile_request(org))
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 409


def test_a_dead_token_is_refused_and_not_repeated(appflow: Any, org: Org) -> None:
    with pytest.raises(appflow.exceptions.ConnectorAuthenticationException) as refusal:
        appflow.create_connector_profile(**profile_request(org, accessToken="example-dead-token"))
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 401
    message = refusal.value.response["Error"]["Message"]
    assert message.startswith("Error while authenticating to connector: ")
    assert "INVALID_SESSION_ID" in message
    assert "example-dead-token" not in message
    assert appflow.describe_connector_profiles()["connectorProfileDetails"] == []


@pytest.mark.parametrize(
    ("instance_url", "reason"),
    [
        ("https://example.my.salesforce.com", "only loopback"),
        ("http://127.0.0.1.example.com", "only loopback"),
        ("http://user@example.com:80", "leave out the rest"),
        ("ftp://127.0.0.1", "must be http or https"),
        ("http://127.0.0.1:1", "No answer"),
    ],
)
def test_an_org_that_cannot_be_reached_is_a_connector_server_error(
    appflow: Any, org: Org, instance_url: str, reason: str
) -> None:
    request = profile_request(org)
    request["connectorProfileConfig"]["connectorProfileProperties"]["Salesforce"]["instanceUrl"] = instance_url
    with pytest.raises(appflow.exceptions.ConnectorServerException, match=reason) as refusal:
        appflow.create_connector_profile(**request)
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_an_answer_that_is_no_salesforce_is_a_connector_server_error(aws: Aws, appflow: Any, org: Org) -> None:
    request = profile_request(org)
    request["connectorProfileConfig"]["connectorProfileProperties"]["Salesforce"]["instanceUrl"] = aws.url
    with pytest.raises(appflow.exceptions.ConnectorServerException, match="Error while communicating to connector"):
        appflow.create_connector_profile(**request)


@pytest.mark.parametrize(
    "credentials",
    [
        {"clientCredentialsArn": f"arn:aws:secretsmanager:us-west-2:{ACCOUNT}:secret:app-a1b2c3"},
        {"accessToken": "example", "oAuth2GrantType": "CLIENT_CREDENTIALS"},
        {"refreshToken": "example"},
    ],
)
def test_salesforce_credentials_that_appflow_has_no_login_for_are_refused_in_its_words(
    appflow: Any, org: Org, credentials: dict[str, str]
) -> None:
    request = profile_request(org)
    request["connectorProfileConfig"]["connectorProfileCredentials"] = {"Salesforce": credentials}
    with pytest.raises(appflow.exceptions.ValidationException) as refusal:
        appflow.create_connector_profile(**request)
    assert refusal.value.response["Error"]["Message"] == (
        "Validation exception: AuthCode cannot be blank for connector: SALESFORCE"
    )


def test_an_authorization_code_without_the_connected_apps_secret_is_refused(appflow: Any, org: Org) -> None:
    request = profile_request(org)
    request["connectorProfileConfig"]["connectorProfileCredentials"] = {
        "Salesforce": {"oAuthRequest": {"authCode": "example-code", "redirectUri": "https://example.com"}}
    }
    with pytest.raises(appflow.exceptions.ValidationException, match="ClientCredentialsArn cannot be blank"):
        appflow.create_connector_profile(**request)


def test_properties_of_another_connector_are_refused(appflow: Any, org: Org) -> None:
    request = {**profile_request(org), "connectorType": "Servicenow"}
    with pytest.raises(appflow.exceptions.ValidationException, match="must have the member ServiceNow"):
        appflow.create_connector_profile(**request)


def test_a_connector_without_profiles_is_refused(appflow: Any, org: Org) -> None:
    with pytest.raises(appflow.exceptions.ValidationException, match="S3 needs no connector profile"):
        appflow.create_connector_profile(**{**profile_request(org), "connectorType": "S3"})


def test_profiles_are_found_by_name_and_type_and_unknown_names_are_passed_over(appflow: Any, org: Org) -> None:
    for name in ("one", "two", "three"):
        appflow.create_connector_profile(**profile_request(org, name=name))

    def names(**query: Any) -> list[str]:
        found = appflow.describe_connector_profiles(**query)["connectorProfileDetails"]
        return [profile["connectorProfileName"] for profile in found]

    assert names() == ["one", "three", "two"]
    assert names(connectorProfileNames=["two", "absent"]) == ["two"]
    assert names(connectorType="Slack") == []
    assert names(connectorType="Salesforce", connectorProfileNames=["one"]) == ["one"]


def test_profiles_come_in_pages(appflow: Any, org: Org) -> None:
    for number in range(5):
        appflow.create_connector_profile(**profile_request(org, name=f"p{number}"))
    first = appflow.describe_connector_profiles(maxResults=3)
    second = appflow.describe_connector_profiles(maxResults=3, nextToken=first["nextToken"])
    assert [len(page["connectorProfileDetails"]) for page in (first, second)] == [3, 2]
    assert "nextToken" not in second


def test_no_violation_repeats_a_credential(appflow: Any, org: Org) -> None:
    request = profile_request(org, refreshToken="planted secret value", jwtToken="planted secret value")
    with pytest.raises(ClientError) as refusal:
        appflow.create_connector_profile(**request)
    message = refusal.value.response["Error"]["Message"]
    assert "2 validation errors detected" in message
    assert "jwtToken" in message
    assert "planted secret value" not in message
