"""What is refused when the DAG is parsed: one row for each illegal combination, and that legal ones pass."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest

from airflow_provider_appflow_isv.credentials import (
    ApiKeyCredentials,
    AuthorizationCode,
    BasicCredentials,
    CredentialSource,
    CustomCredentials,
    JwtBearer,
    OAuth2Credentials,
    RedshiftCredentials,
    SalesforceCredentials,
    SecretsManagerCredentials,
    SnowflakeKeyPair,
)
from airflow_provider_appflow_isv.credentials.base import sources_for
from airflow_provider_appflow_isv.credentials.connectors import CONNECTORS
from airflow_provider_appflow_isv.exceptions import TenantConfigurationError

URL = "https://tenant-a.example.com"
ARN = "arn:aws:secretsmanager:us-east-1:222222222222:secret:app-AbCdEf"
SECRET: dict[str, Any] = {"secret_id": "secret"}
APPFLOW: dict[str, Any] = {**SECRET, "redeemer": "appflow"}
PARDOT: dict[str, Any] = {"businessUnitId": "0Uv000000000000000"}
STAGING: dict[str, Any] = {"bucketName": "staging", "roleArn": "arn:aws:iam::222222222222:role/copy"}
JDBC: dict[str, Any] = {
    **STAGING,
    "databaseUrl": "jdbc:redshift://example.abc.us-east-1.redshift.amazonaws.com:5439/dev",
}
ROLE: dict[str, Any] = {"dataApiRoleArn": "arn:aws:iam::222222222222:role/data", "databaseName": "dev"}
CLUSTER: dict[str, Any] = {**STAGING, **ROLE, "clusterIdentifier": "example"}
SERVERLESS: dict[str, Any] = {**STAGING, **ROLE, "isRedshiftServerless": True, "workgroupName": "example"}
SAP: dict[str, Any] = {
    "applicationHostUrl": URL,
    "applicationServicePath": "/sap",
    "portNumber": 443,
    "clientNumber": "001",
}
SAP_OAUTH: dict[str, Any] = {"tokenUrl": f"{URL}/token", "authCodeUrl": f"{URL}/code", "oAuthScopes": ["a"]}
STAGE: dict[str, Any] = {"warehouse": "w", "stage": "db.schema.stage", "bucketName": "staging"}


def granting(grant: str, token_url: str = f"{URL}/token") -> dict[str, Any]:
    return {"oAuth2Properties": {"tokenUrl": token_url, "oAuth2GrantType": grant}}


def without(members: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in members.items() if name not in names}


class Row(NamedTuple):
    source: CredentialSource
    connector_type: str
    properties: dict[str, Any] | None
    says: str = ""


ILLEGAL = [
    # the form
    Row(ApiKeyCredentials(**SECRET), "Salesforce", None, r"ApiKeyCredentials \(credentials\) is not for Salesforce"),
    Row(BasicCredentials(**SECRET), "Slack", None, r"is not for Slack.*Slack takes AuthorizationCode, OAuth2Cred"),
    Row(OAuth2Credentials(**SECRET), "Veeva", None, "Veeva takes BasicCredentials, SecretsManagerCredentials"),
    Row(JwtBearer(**SECRET), "CustomConnector", None, "is not for CustomConnector.*OAuth2Credentials"),
    Row(
        JwtBearer(**SECRET), "Pardot", None, "Pardot takes AuthorizationCode, OAuth2Credentials, SalesforceCredentials"
    ),
    Row(SnowflakeKeyPair(**SECRET), "Redshift", None, "Redshift takes BasicCredentials, RedshiftCredentials"),
    Row(RedshiftCredentials(**SECRET), "Snowflake", None, "Snowflake takes BasicCredentials, Secr.*SnowflakeKeyPair"),
    Row(SalesforceCredentials(**SECRET), "Servicenow", None, "SalesforceCredentials .* is not for Servicenow"),
    Row(AuthorizationCode(**SECRET), "Datadog", None, "Datadog takes ApiKeyCredentials, SecretsManagerCredentials"),
    Row(CustomCredentials(**SECRET, authentication_type="own"), "Singular", None, "Singular takes ApiKeyCredentials"),
    # the connector
    Row(SecretsManagerCredentials("secret"), "S3", None, "S3 has no connector profiles"),
    Row(SecretsManagerCredentials("secret"), "HubSpot", None, "'HubSpot' is not known.*connector_label"),
    Row(SecretsManagerCredentials("secret"), "Servicenow", {"Servicenow": {}}, "holds Servicenow.*ServiceNow"),
    Row(SecretsManagerCredentials("secret"), "Servicenow", {"Slack": {}}, "are of Slack, and .* is Servicenow"),
    Row(SecretsManagerCredentials("secret"), "Slack", {"Slack": URL}, r"\['Slack'\] is a str"),
    # Salesforce and Pardot
    Row(SalesforceCredentials(**SECRET), "Salesforce", {"Salesforce": {}}, r"\['instanceUrl'\] is missing"),
    Row(SalesforceCredentials(**SECRET), "Pardot", {"Pardot": PARDOT}, "instance_url is missing"),
    Row(
        SalesforceCredentials(**SECRET, instance_url=URL),
        "Pardot",
        {"Pardot": {"instanceUrl": URL}},
        r"\['Pardot'\] lacks businessUnitId",
    ),
    Row(AuthorizationCode(**SECRET), "Salesforce", None, "client_credentials_arn is missing"),
    Row(AuthorizationCode(**SECRET), "Pardot", None, "client_credentials_arn is missing"),
    Row(
        AuthorizationCode(**SECRET, client_credentials_arn="secret"),
        "Salesforce",
        None,
        "client_credentials_arn 'secret' is not the ARN of a secret",
    ),
    Row(
        JwtBearer(**SECRET, client_credentials_arn="arn:aws-cn:secretsmanager:cn-north-1:222222222222:secret:app"),
        "Salesforce",
        None,
        "client_credentials_arn 'arn:aws-cn:.*' is not the ARN",
    ),
    Row(
        AuthorizationCode(**SECRET, client_credentials_arn=ARN),
        "Slack",
        None,
        "client_credentials_arn is for Salesforce and Pardot; others take clientId and clientSecret",
    ),
    Row(
        OAuth2Credentials(**SECRET, grant="client_credentials"),
        "Salesforce",
        None,
        "redeemer 'isv' is not for it.*SalesforceCredentials to mint, by client_credentials too",
    ),
    Row(OAuth2Credentials(**SECRET), "Pardot", None, "redeemer 'isv' is not for it"),
    Row(OAuth2Credentials(**APPFLOW), "Salesforce", None, "client_credentials_arn is missing"),
    Row(
        OAuth2Credentials(**SECRET, client_credentials_arn=ARN),
        "Slack",
        None,
        "client_credentials_arn is for Salesforce and Pardot",
    ),
    # Redshift
    Row(RedshiftCredentials(**SECRET), "Redshift", {"Redshift": STAGING}, "databaseUrl is missing.*dataApiRoleArn"),
    Row(BasicCredentials(**SECRET), "Redshift", {"Redshift": STAGING}, "databaseUrl is missing.*workgroupName"),
    Row(RedshiftCredentials(**SECRET), "Redshift", {"Redshift": CLUSTER}, "a password goes with databaseUrl"),
    Row(
        BasicCredentials(**SECRET), "Redshift", {"Redshift": {**JDBC, **SERVERLESS}}, "a password goes with databaseUrl"
    ),
    Row(
        RedshiftCredentials(), "Redshift", {"Redshift": JDBC}, "clusterIdentifier, databaseName, dataApiRoleArn is miss"
    ),
    Row(RedshiftCredentials(), "Redshift", {"Redshift": without(CLUSTER, "databaseName")}, "databaseName is missing"),
    Row(
        RedshiftCredentials(), "Redshift", {"Redshift": without(CLUSTER, "dataApiRoleArn")}, "dataApiRoleArn is missing"
    ),
    Row(RedshiftCredentials(), "Redshift", {"Redshift": without(SERVERLESS, "workgroupName")}, "workgroupName is miss"),
    Row(
        RedshiftCredentials(),
        "Redshift",
        {"Redshift": {**CLUSTER, "workgroupName": "example"}},
        "workgroupName does not go with isRedshiftServerless False",
    ),
    Row(
        RedshiftCredentials(),
        "Redshift",
        {"Redshift": {**SERVERLESS, "clusterIdentifier": "example"}},
        "clusterIdentifier does not go with isRedshiftServerless True",
    ),
    Row(RedshiftCredentials(), "Redshift", {"Redshift": without(CLUSTER, "roleArn")}, r"\['Redshift'\] lacks roleArn"),
    Row(RedshiftCredentials(**SECRET, username="loader"), "Redshift", None, "username goes with the Data API"),
    # SAP OData
    Row(OAuth2Credentials(**SECRET), "SAPOData", {"SAPOData": SAP}, "oAuthProperties is missing"),
    Row(AuthorizationCode(**SECRET), "SAPOData", {"SAPOData": SAP}, "oAuthProperties is missing"),
    Row(
        AuthorizationCode(**SECRET),
        "SAPOData",
        {"SAPOData": {**SAP, "oAuthProperties": without(SAP_OAUTH, "authCodeUrl", "oAuthScopes")}},
        "oAuthProperties lacks authCodeUrl, oAuthScopes",
    ),
    Row(
        AuthorizationCode(**SECRET),
        "SAPOData",
        {"SAPOData": {**SAP, "oAuthProperties": {**SAP_OAUTH, "tokenUrl": "http://tenant-a.example.com/token"}}},
        "oAuthProperties.tokenUrl must be https",
    ),
    Row(BasicCredentials(**SECRET), "SAPOData", {"SAPOData": without(SAP, "portNumber")}, "lacks portNumber"),
    # custom connectors
    Row(OAuth2Credentials(**SECRET), "CustomConnector", {"CustomConnector": {}}, "oAuth2Properties is missing"),
    Row(AuthorizationCode(**SECRET), "CustomConnector", {"CustomConnector": {}}, "oAuth2Properties is missing"),
    Row(
        OAuth2Credentials(**SECRET),
        "CustomConnector",
        {"CustomConnector": {"oAuth2Properties": {"tokenUrl": URL}}},
        "oAuth2Properties lacks oAuth2GrantType",
    ),
    Row(
        OAuth2Credentials(**APPFLOW),
        "CustomConnector",
        {"CustomConnector": granting("AUTHORIZATION_CODE", "http://tenant-a.example.com/token")},
        "oAuth2Properties.tokenUrl must be https",
    ),
    Row(
        AuthorizationCode(**SECRET),
        "CustomConnector",
        {"CustomConnector": granting("CLIENT_CREDENTIALS")},
        "is CLIENT_CREDENTIALS, and these credentials need AUTHORIZATION_CODE",
    ),
    Row(
        OAuth2Credentials(**APPFLOW),
        "CustomConnector",
        {"CustomConnector": granting("JWT_BEARER")},
        "is JWT_BEARER, for which AppFlow takes no token",
    ),
    # others
    Row(BasicCredentials(**SECRET), "Servicenow", {"ServiceNow": {}}, r"\['ServiceNow'\] lacks instanceUrl"),
    Row(SnowflakeKeyPair(**SECRET), "Snowflake", {"Snowflake": without(STAGE, "stage")}, "lacks stage"),
]

LEGAL = [
    Row(
        SalesforceCredentials(**SECRET, grant="client_credentials"), "Salesforce", {"Salesforce": {"instanceUrl": URL}}
    ),
    Row(SalesforceCredentials(**SECRET, instance_url=URL), "Pardot", {"Pardot": PARDOT}),
    Row(AuthorizationCode(**SECRET, client_credentials_arn=ARN), "Salesforce", {"Salesforce": {}}),
    Row(OAuth2Credentials(**APPFLOW, client_credentials_arn=ARN), "Salesforce", {"Salesforce": {}}),
    Row(RedshiftCredentials(**SECRET), "Redshift", {"Redshift": JDBC}),
    Row(BasicCredentials(**SECRET), "Redshift", {"Redshift": JDBC}),
    Row(RedshiftCredentials(), "Redshift", {"Redshift": SERVERLESS}),
    Row(RedshiftCredentials(username="loader"), "Redshift", {"Redshift": CLUSTER}),
    Row(RedshiftCredentials(), "Redshift", {"Redshift": {**JDBC, **CLUSTER}}),
    Row(OAuth2Credentials(**SECRET), "SAPOData", {"SAPOData": {**SAP, "oAuthProperties": SAP_OAUTH}}),
    Row(BasicCredentials(**SECRET), "SAPOData", {"SAPOData": SAP}),
    Row(OAuth2Credentials(**APPFLOW), "CustomConnector", {"CustomConnector": granting("CLIENT_CREDENTIALS")}),
    Row(OAuth2Credentials(**SECRET), "CustomConnector", {"CustomConnector": granting("JWT_BEARER")}),
    Row(
        OAuth2Credentials(**SECRET, token_url="https://elsewhere.example.org/token"),
        "CustomConnector",
        {"CustomConnector": granting("AUTHORIZATION_CODE")},
    ),
    Row(OAuth2Credentials(**APPFLOW), "Marketo", {"Marketo": {"instanceUrl": URL}}),
    Row(BasicCredentials(**SECRET), "CustomConnector", {"CustomConnector": {}}),
]

T = "{{ params.later }}"
LATE = [
    Row(SalesforceCredentials(secret_id=T, stored_in=T), T, None),
    Row(BasicCredentials(**SECRET), T, {"Slack": {}}),
    Row(AuthorizationCode(**SECRET, client_credentials_arn=T), "Salesforce", None),
    Row(OAuth2Credentials(**SECRET, token_url=T, grant=T), "CustomConnector", {"CustomConnector": granting(T, T)}),
    Row(RedshiftCredentials(), "Redshift", {"Redshift": {**CLUSTER, "isRedshiftServerless": T}}),
    Row(OAuth2Credentials(**SECRET), "SAPOData", {"SAPOData": {**SAP, "oAuthProperties": T}}),
    Row(OAuth2Credentials(**SECRET), "CustomConnector", {"CustomConnector": {"oAuth2Properties": T}}),
    Row(SalesforceCredentials(**SECRET), "Salesforce", {"Salesforce": {"instanceUrl": T}}),
    Row(SalesforceCredentials(**SECRET), "Salesforce", {"Salesforce": T}),
]


@pytest.mark.parametrize("row", ILLEGAL, ids=lambda row: f"{type(row.source).__name__}-{row.connector_type}")
def test_what_appflow_or_the_vendor_would_refuse_is_refused(row: Row) -> None:
    with pytest.raises(TenantConfigurationError, match=row.says):
        row.source.check_for(row.connector_type, row.properties)


@pytest.mark.parametrize("row", [row for row in ILLEGAL if row.connector_type in CONNECTORS and not row.properties])
def test_a_refusal_names_the_sources_that_the_connector_takes(row: Row) -> None:
    legal = ", ".join(sources_for(CONNECTORS[row.connector_type]))
    with pytest.raises(TenantConfigurationError) as caught:
        row.source.check_for(row.connector_type, row.properties)
    assert caught.value.hint == f"{row.connector_type} takes {legal}."


@pytest.mark.parametrize("row", LEGAL, ids=lambda row: f"{type(row.source).__name__}-{row.connector_type}")
def test_what_is_legal_passes(row: Row) -> None:
    row.source.check_for(row.connector_type, row.properties)
    row.source.check_for(row.connector_type, None)
    row.source.check_for(None, row.properties)


@pytest.mark.parametrize("row", LATE, ids=lambda row: f"{type(row.source).__name__}-{row.connector_type}")
def test_what_is_known_only_when_the_task_runs_passes(row: Row) -> None:
    row.source.check_for(row.connector_type, row.properties)


@pytest.mark.parametrize("connector", CONNECTORS.values(), ids=lambda each: each.connector_type)
def test_every_connector_has_a_source_for_each_of_its_forms(connector: Any) -> None:
    from airflow_provider_appflow_isv import credentials

    sources = [getattr(credentials, name) for name in sources_for(connector)]
    assert set(connector.forms) <= {form for source in sources for form in source.forms or ()}
