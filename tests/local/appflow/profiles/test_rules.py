"""What a connector profile has to have, connector by connector, beyond what the model requires."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_appflow_isv.local.appflow.wire.service_model import member_of, structure
from tests.local.appflow.conftest import ACCOUNT, REGION, Aws

URL = "https://example.com"
KEYS = {"clientId": "example", "clientSecret": "example"}
LOGIN = {"username": "user", "password": "example"}
CODE = {"oAuthRequest": {"authCode": "example", "redirectUri": URL}}
SAP = {"applicationHostUrl": URL, "applicationServicePath": "/sap", "portNumber": 443, "clientNumber": "001"}
SAP_OAUTH = {"oAuthProperties": {"tokenUrl": URL, "authCodeUrl": URL, "oAuthScopes": ["a"]}}
STAGE = {"warehouse": "w", "stage": "db.schema.stage", "bucketName": "staging"}
SERVICE = {"privateLinkServiceName": "com.amazonaws.vpce.us-west-2.vpce-svc-1"}
STAGING = {"bucketName": "staging", "roleArn": f"arn:aws:iam::{ACCOUNT}:role/copy"}


def request(
    connector: str, properties: dict[str, Any], credentials: dict[str, Any] | None, mode: str = "Public", **more: Any
) -> dict[str, Any]:
    member = member_of(connector)
    config: dict[str, Any] = {"connectorProfileProperties": {member: properties}}
    if credentials is not None:
        config["connectorProfileCredentials"] = {member: credentials}
    return {
        "connectorProfileName": "profile",
        "connectorType": connector,
        "connectionMode": mode,
        "connectorProfileConfig": config,
        **more,
    }


ACCEPTED = [
    request("Amplitude", {}, {"apiKey": "example", "secretKey": "example"}),
    request("Datadog", {"instanceUrl": URL}, {"apiKey": "example", "applicationKey": "example"}),
    request("Dynatrace", {"instanceUrl": URL}, {"apiToken": "example"}),
    request("Googleanalytics", {}, {**KEYS, "refreshToken": "example"}),
    request("Honeycode", {}, {"accessToken": "example"}),
    request(
        "Infornexus",
        {"instanceUrl": URL},
        {"accessKeyId": "AKIDEXAMPLE", "userId": "u", "secretAccessKey": "example", "datakey": "example"},
    ),
    request("Marketo", {"instanceUrl": URL}, KEYS),
    request("Marketo", {"instanceUrl": URL}, {**KEYS, "accessToken": "example"}),
    request("Pardot", {"businessUnitId": "0Uv000000000000000"}, CODE),
    request("Singular", {}, {"apiKey": "example"}),
    request("Slack", {"instanceUrl": URL}, {**KEYS, **CODE}),
    request("Snowflake", STAGE, LOGIN),
    request("Trendmicro", {}, {"apiSecretKey": "example"}),
    request("Veeva", {"instanceUrl": URL}, LOGIN),
    request("Zendesk", {"instanceUrl": URL}, {**KEYS, "accessToken": "example"}),
    request("SAPOData", SAP, {"basicAuthCredentials": LOGIN}),
    request("SAPOData", SAP | SAP_OAUTH, {"oAuthCredentials": {**KEYS, **CODE}}),
    request("Snowflake", STAGE | SERVICE, LOGIN, "Private"),
    request("SAPOData", SAP | SERVICE, {"basicAuthCredentials": LOGIN}, "Private"),
    request("Singular", {}, {"apiKey": "example"}, "Private"),
    request("Trendmicro", {}, {"apiSecretKey": "example"}, "Private"),
    request(
        "CustomConnector",
        {"oAuth2Properties": {"tokenUrl": URL, "oAuth2GrantType": "AUTHORIZATION_CODE"}},
        {"authenticationType": "OAUTH2", "oauth2": {**KEYS, "accessToken": "example"}},
        connectorLabel="GitHub",
    ),
    request(
        "CustomConnector",
        {},
        {"authenticationType": "CUSTOM", "custom": {"customAuthenticationType": "BasicAuthPersonalAccessToken"}},
        connectorLabel="GitHub",
    ),
]

REFUSED = [
    (request("Amplitude", {}, None), "connectorProfileCredentials cannot be blank"),
    (request("Googleanalytics", {}, KEYS), "AuthCode cannot be blank"),
    (request("Slack", {"instanceUrl": URL}, KEYS), "AuthCode cannot be blank"),
    (request("Zendesk", {"instanceUrl": URL}, {**KEYS, "oAuthRequest": {}}), "AuthCode cannot be blank"),
    (request("Honeycode", {}, None), "connectorProfileCredentials cannot be blank"),
    (request("Pardot", {}, CODE), "businessUnitId cannot be blank"),
    (request("Servicenow", {"instanceUrl": URL}, {"username": "user"}), "oAuth2Credentials"),
    (request("SAPOData", SAP, {}), "basicAuthCredentials or oAuthCredentials"),
    (request("SAPOData", SAP, {"oAuthCredentials": {**KEYS, **CODE}}), "oAuthProperties"),
    (request("SAPOData", SAP | SAP_OAUTH, {"oAuthCredentials": KEYS}), "AuthCode cannot be blank"),
    (request("Redshift", STAGING, LOGIN), "clusterIdentifier and databaseName"),
    (request("Redshift", STAGING | {"isRedshiftServerless": True, "databaseName": "dev"}, None), "workgroupName"),
    (request("Slack", {"instanceUrl": URL}, {**KEYS, **CODE}, "Private"), "connectionMode Private is not supported"),
    (request("Snowflake", STAGE, LOGIN, "Private"), "privateLinkServiceName"),
    (request("CustomConnector", {}, None, connectorLabel="HubSpot"), "connectorProfileCredentials"),
]


@pytest.mark.parametrize("accepted", ACCEPTED, ids=lambda each: each["connectorType"])
def test_what_a_connector_needs_is_enough(appflow: Any, accepted: dict[str, Any]) -> None:
    appflow.create_connector_profile(**accepted)
    (profile,) = appflow.describe_connector_profiles()["connectorProfileDetails"]
    assert profile["connectorType"] == accepted["connectorType"]
    update = {name: accepted[name] for name in ("connectorProfileName", "connectionMode", "connectorProfileConfig")}
    appflow.update_connector_profile(**update)


@pytest.mark.parametrize(("refused", "reason"), REFUSED, ids=lambda each: str(each)[:40])
def test_what_a_connector_needs_cannot_be_left_out(appflow: Any, refused: dict[str, Any], reason: str) -> None:
    with pytest.raises(appflow.exceptions.ValidationException, match=reason):
        appflow.create_connector_profile(**refused)
    assert appflow.describe_connector_profiles()["connectorProfileDetails"] == []


@pytest.mark.skipif(
    "privateKey" not in structure("SnowflakeConnectorProfileCredentials").members,
    reason="this botocore knows no key pair authentication and asks for the password itself",
)
def test_snowflake_takes_a_password_or_a_private_key(appflow: Any) -> None:
    appflow.create_connector_profile(**request("Snowflake", STAGE, {"username": "user", "privateKey": "example"}))
    with pytest.raises(appflow.exceptions.ValidationException, match="password or privateKey cannot be blank"):
        appflow.create_connector_profile(**request("Snowflake", STAGE, {"username": "user"}))


def test_an_update_is_held_to_the_same_rules(appflow: Any) -> None:
    sap = request("SAPOData", SAP, {"basicAuthCredentials": LOGIN})
    appflow.create_connector_profile(**sap)
    del sap["connectorType"]
    sap["connectorProfileConfig"] = request("SAPOData", SAP, {})["connectorProfileConfig"]
    with pytest.raises(appflow.exceptions.ValidationException, match="basicAuthCredentials or oAuthCredentials"):
        appflow.update_connector_profile(**sap)


def test_salesforce_is_private_only_in_some_regions(aws: Aws) -> None:
    client = aws.client("appflow", region="eu-west-1")
    private = request("Salesforce", {"instanceUrl": URL}, {"accessToken": "example"}, "Private")
    with pytest.raises(client.exceptions.ValidationException, match="not supported in eu-west-1"):
        client.create_connector_profile(**private)


def test_an_account_has_a_hundred_profiles_at_most(appflow: Any) -> None:
    singular = request("Singular", {}, {"apiKey": "example"})
    for number in range(100):
        appflow.create_connector_profile(**singular | {"connectorProfileName": f"p{number}"})
    with pytest.raises(appflow.exceptions.ServiceQuotaExceededException, match="100 connector profiles") as refusal:
        appflow.create_connector_profile(**singular)
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 402


def with_key(kms_arn: str) -> dict[str, Any]:
    return request("Singular", {}, {"apiKey": "example"}, kmsArn=kms_arn)


def test_the_secret_is_encrypted_with_the_key_that_is_given(aws: Aws, appflow: Any) -> None:
    key_arn = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    appflow.create_connector_profile(**with_key(key_arn))
    secret = aws.client("secretsmanager").describe_secret(SecretId=f"appflow!{ACCOUNT}-profile")
    assert secret["KmsKeyId"] == key_arn


def test_a_key_can_be_given_by_an_alias(aws: Aws, appflow: Any) -> None:
    kms = aws.client("kms")
    kms.create_alias(AliasName="alias/profiles", TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    appflow.create_connector_profile(**with_key(f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/profiles"))


@pytest.mark.parametrize(
    "kms_arn",
    [
        f"arn:aws:kms:{REGION}:{ACCOUNT}:key/absent",
        f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/absent",
        f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/elsewhere",
        "arn:aws:kms:nowhere:1:key",
    ],
)
def test_a_key_that_does_not_exist_here_is_refused(appflow: Any, kms_arn: str) -> None:
    with pytest.raises(appflow.exceptions.ValidationException, match="kmsArn: "):
        appflow.create_connector_profile(**with_key(kms_arn))


def test_a_key_that_cannot_encrypt_is_refused(aws: Aws, appflow: Any) -> None:
    kms = aws.client("kms")
    disabled, signing = kms.create_key(), kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    kms.disable_key(KeyId=disabled["KeyMetadata"]["KeyId"])
    for key in (disabled, signing):
        with pytest.raises(appflow.exceptions.ValidationException, match=r"not enabled|not a symmetric"):
            appflow.create_connector_profile(**with_key(key["KeyMetadata"]["Arn"]))
