"""Each connector in each form: made by the operator, taken by AppFlow, and kept as the secret says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from airflow_provider_appflow_isv.credentials import (
    ApiKeyCredentials,
    AuthorizationCode,
    BasicCredentials,
    CredentialSource,
    CustomCredentials,
    OAuth2Credentials,
    SecretsManagerCredentials,
    SnowflakeKeyPair,
)
from airflow_provider_appflow_isv.credentials.connectors import CONNECTORS
from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook
from tests.conftest import _masker as masker
from tests.credentials.profiles import URL, create, kept
from tests.credentials.test_connectors import CREDENTIALS

if TYPE_CHECKING:
    from tests.accounts import TenantAccount

VERIFIER = "planted-verifier-of-forty-three-characters-"
ARN = "arn:aws:secretsmanager:us-east-1:222222222222:secret:app-AbCdEf"
PLANTED = {
    **{name: f"planted-{name}" for name in ("apiKey", "secretKey", "applicationKey", "apiToken", "apiSecretKey")},
    **{name: f"planted-{name}" for name in ("accessKeyId", "userId", "secretAccessKey", "datakey")},
    **{name: f"planted-{name}" for name in ("username", "password", "privateKey", "clientId", "clientSecret")},
    **{name: f"planted-{name}" for name in ("accessToken", "refreshToken", "authCode")},
    "redirectUri": "https://isv.example.com/callback",
}
SAP = {"applicationHostUrl": URL, "applicationServicePath": "/sap", "portNumber": 443, "clientNumber": "001"}
SAP_OAUTH = {"oAuthProperties": {"tokenUrl": f"{URL}/token", "authCodeUrl": f"{URL}/code", "oAuthScopes": ["a"]}}
AT_URL = {"instanceUrl": URL}
STAGE = {"warehouse": "w", "stage": "db.schema.stage", "bucketName": "staging"}
BASIC = {name: PLANTED[name] for name in ("username", "password")}
CLIENT = {name: PLANTED[name] for name in ("clientId", "clientSecret")}
CODE = {"oAuthRequest": {name: PLANTED[name] for name in ("authCode", "redirectUri")}}
TOKENS = {name: PLANTED[name] for name in ("accessToken", "refreshToken")}
ACCESS = {"accessToken": PLANTED["accessToken"]}


def granting(grant: str) -> dict[str, Any]:
    return {"oAuth2Properties": {"tokenUrl": f"{URL}/token", "oAuth2GrantType": grant}}


class Case(NamedTuple):
    """A profile's properties, a source's class and further arguments, and what AppFlow is to keep."""

    connector_type: str
    form: str
    source: Any
    properties: dict[str, Any]
    keeps: dict[str, Any]
    arguments: dict[str, Any]


def case(
    connector_type: str,
    form: str,
    source: type[CredentialSource],
    properties: dict[str, Any],
    keeps: dict[str, Any],
    **arguments: Any,
) -> Any:
    row = Case(connector_type, form, source, properties, keeps, arguments)
    return pytest.param(row, id=f"{connector_type}-{form}")


def keys(*names: str) -> dict[str, str]:
    return {name: PLANTED[name] for name in names}


HANDED = {"redeemer": "appflow"}
OAUTH = {"authenticationType": "OAUTH2"}
CASES = [
    case("Amplitude", "api_key", ApiKeyCredentials, {}, keys("apiKey", "secretKey")),
    case("Datadog", "api_key", ApiKeyCredentials, AT_URL, keys("apiKey", "applicationKey")),
    case("Dynatrace", "api_key", ApiKeyCredentials, AT_URL, keys("apiToken")),
    case(
        "Infornexus",
        "api_key",
        ApiKeyCredentials,
        AT_URL,
        keys("accessKeyId", "userId", "secretAccessKey", "datakey"),
    ),
    case("Singular", "api_key", ApiKeyCredentials, {}, keys("apiKey")),
    case("Trendmicro", "api_key", ApiKeyCredentials, {}, keys("apiSecretKey")),
    case("Veeva", "basic", BasicCredentials, AT_URL, BASIC),
    case("Snowflake", "basic", BasicCredentials, STAGE, BASIC),
    case("SAPOData", "basic", BasicCredentials, SAP, {"basicAuthCredentials": BASIC}),
    case("Googleanalytics", "tokens", OAuth2Credentials, {}, {**CLIENT, **TOKENS}, **HANDED),
    case("Googleanalytics", "code", AuthorizationCode, {}, {**CLIENT, **CODE}),
    case("Honeycode", "tokens", OAuth2Credentials, {}, TOKENS, **HANDED),
    case("Honeycode", "code", AuthorizationCode, {}, CODE),
    case("Slack", "tokens", OAuth2Credentials, AT_URL, {**CLIENT, **ACCESS}, **HANDED),
    case("Slack", "code", AuthorizationCode, AT_URL, {**CLIENT, **CODE}),
    case("Zendesk", "tokens", OAuth2Credentials, AT_URL, {**CLIENT, **ACCESS}, **HANDED),
    case("Zendesk", "code", AuthorizationCode, AT_URL, {**CLIENT, **CODE}),
    case("Marketo", "client", OAuth2Credentials, AT_URL, CLIENT, **HANDED),
    case("Marketo", "code", AuthorizationCode, AT_URL, {**CLIENT, **CODE}),
    case(
        "Pardot",
        "tokens",
        OAuth2Credentials,
        {"businessUnitId": "0Uv000000000000000"},
        {**TOKENS, "clientCredentialsArn": ARN},
        client_credentials_arn=ARN,
        **HANDED,
    ),
    case(
        "Pardot",
        "code",
        AuthorizationCode,
        {"businessUnitId": "0Uv000000000000000"},
        {**CODE, "clientCredentialsArn": ARN},
        client_credentials_arn=ARN,
    ),
    case(
        "SAPOData", "tokens", OAuth2Credentials, SAP | SAP_OAUTH, {"oAuthCredentials": {**CLIENT, **TOKENS}}, **HANDED
    ),
    case("SAPOData", "code", AuthorizationCode, SAP | SAP_OAUTH, {"oAuthCredentials": {**CLIENT, **CODE}}),
    case(
        "CustomConnector",
        "tokens",
        OAuth2Credentials,
        granting("AUTHORIZATION_CODE"),
        {**OAUTH, "oauth2": {**CLIENT, **TOKENS}},
        **HANDED,
    ),
    case(
        "CustomConnector",
        "code",
        AuthorizationCode,
        granting("AUTHORIZATION_CODE"),
        {**OAUTH, "oauth2": {**CLIENT, **CODE}},
    ),
    case(
        "CustomConnector",
        "client",
        OAuth2Credentials,
        granting("CLIENT_CREDENTIALS"),
        {**OAUTH, "oauth2": CLIENT},
        **HANDED,
    ),
    case("CustomConnector", "basic", BasicCredentials, {}, {"authenticationType": "BASIC", "basic": BASIC}),
    case(
        "CustomConnector",
        "api_key",
        ApiKeyCredentials,
        {},
        {"authenticationType": "APIKEY", "apiKey": keys("apiKey", "apiSecretKey")},
    ),
]
CUSTOM = {
    "authenticationType": "CUSTOM",
    "custom": {"customAuthenticationType": "PersonalAccessToken", "credentialsMap": {"token": "planted-token"}},
}


def member_of(connector_type: str) -> str:
    return CONNECTORS[connector_type].member


def make(tenant: TenantAccount, row: Case, secret: Any) -> str:
    label = {"connector_label": "GitHub"} if row.connector_type == "CustomConnector" else {}
    source = row.source(secret_id=tenant.make_secret(secret), **row.arguments)
    return create(tenant, row.connector_type, {member_of(row.connector_type): row.properties}, source, **label)


@pytest.mark.parametrize("row", CASES)
def test_appflow_takes_and_keeps_what_the_secret_says(row: Case, tenant: TenantAccount) -> None:
    assert kept(tenant, make(tenant, row, PLANTED)) == row.keeps


@pytest.mark.parametrize("row", CASES)
def test_the_same_can_stand_in_a_secret_as_appflow_has_it(row: Case, tenant: TenantAccount) -> None:
    source = SecretsManagerCredentials(tenant.make_secret({member_of(row.connector_type): row.keeps}))
    label = {"connector_label": "GitHub"} if row.connector_type == "CustomConnector" else {}
    properties = {member_of(row.connector_type): row.properties}
    assert kept(tenant, create(tenant, row.connector_type, properties, source, **label)) == row.keeps


@pytest.mark.parametrize("row", CASES)
def test_what_is_fetched_is_masked_but_for_names(row: Case, tenant: TenantAccount) -> None:
    source = row.source(secret_id=tenant.make_secret(PLANTED), **row.arguments)
    fetched = source.fetch(AppFlowHook(**tenant.aws), {member_of(row.connector_type): row.properties})
    found = re.findall(r"planted-\w+", str(fetched))
    assert found
    shown = {text for text in found if text in str(masker().redact(f"<{text}>"))}
    assert shown <= {"planted-clientId", "planted-username"}


@pytest.mark.parametrize("row", [each for each in CASES if each.values[0].form == "code"])
def test_a_code_verifier_goes_with_its_code(row: Case, tenant: TenantAccount) -> None:
    if "codeVerifier" not in CREDENTIALS.members["Slack"].members["oAuthRequest"].members:
        pytest.skip("this botocore knows no code verifier")
    text = str(kept(tenant, make(tenant, row, {**PLANTED, "codeVerifier": VERIFIER})))
    assert f"'codeVerifier': '{VERIFIER}'" in text


def test_a_custom_connectors_own_authentication_is_a_map_of_all_that_is_stored(tenant: TenantAccount) -> None:
    source = CustomCredentials(
        secret_id=tenant.make_secret({"token": "planted-token"}), authentication_type="PersonalAccessToken"
    )
    profile = create(tenant, "CustomConnector", {"CustomConnector": {}}, source, connector_label="GitHub")
    assert kept(tenant, profile) == CUSTOM


@pytest.mark.skipif(
    "privateKey" not in CREDENTIALS.members["Snowflake"].members, reason="this botocore knows no key pair"
)
@pytest.mark.parametrize(
    "stored",
    [
        "-----BEGIN PRIVATE KEY-----\nplanted\nkey\n-----END PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\r\nplantedkey\r\n-----END PRIVATE KEY-----",
        "plantedkey",
    ],
)
def test_a_private_key_is_kept_in_one_line(stored: str, tenant: TenantAccount) -> None:
    source = SnowflakeKeyPair(secret_id=tenant.make_secret({"username": "loader", "privateKey": stored}))
    profile = create(tenant, "Snowflake", {"Snowflake": STAGE}, source)
    assert kept(tenant, profile) == {"username": "loader", "privateKey": "plantedkey"}


def test_every_form_of_every_connector_is_tried() -> None:
    tried = {(each.values[0].connector_type, each.values[0].form) for each in CASES}
    tried |= {("CustomConnector", "custom"), ("Snowflake", "key_pair")}
    tried |= {("Marketo", "tokens")}  # pushed: see the tests of minting
    with_counterpart = ("Salesforce", "Servicenow", "Redshift")  # log-ins to these are really made, in files of theirs
    all_forms = {(name, form) for name, each in CONNECTORS.items() for form in each.forms}
    assert {pair for pair in all_forms - tried if pair[0] not in with_counterpart} == set()
