from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.local.appflow.conftest import Aws, message_of
from tests.local.appflow.tickets import BASIC, PROFILE, code_for, connect, kept_credentials, oauth_of, profile_of

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.servicenow import Instance

EQUALITY = {"EQUAL_TO", "NOT_EQUAL_TO"}
COMPARISONS = EQUALITY | {
    *("LESS_THAN", "LESS_THAN_OR_EQUAL_TO", "GREATER_THAN", "GREATER_THAN_OR_EQUAL_TO", "BETWEEN"),
}
UNAUTHENTICATED = (
    "Error while authenticating to connector: Request failed with ServiceNow Status Code 401: authentication failed, "
    "User Not Authenticated: Required to provide Auth information"
)


def tokens_of(aws: Aws) -> dict[str, Any]:
    oauth: dict[str, Any] = kept_credentials(aws)["oAuth2Credentials"]
    return oauth


def fields_of(client: Any, table: str) -> dict[str, dict[str, Any]]:
    answer = client.describe_connector_entity(connectorProfileName=PROFILE, connectorEntityName=table)
    return {field["identifier"]: field for field in answer["connectorEntityFields"]}


def tables_of(client: Any, **query: Any) -> list[str]:
    answer = client.list_connector_entities(connectorProfileName=PROFILE, **query)
    return [entity["name"] for entities in answer["connectorEntityMap"].values() for entity in entities]


def test_user_name_and_password_are_kept_in_the_profiles_secret(aws: Aws, appflow: Any, instance: Instance) -> None:
    appflow.create_connector_profile(**profile_of(instance))
    (profile,) = appflow.describe_connector_profiles(connectorType="Servicenow")["connectorProfileDetails"]
    assert profile["connectorProfileProperties"] == {"ServiceNow": {"instanceUrl": instance.url}}
    assert kept_credentials(aws) == BASIC


def test_a_password_may_have_any_characters(appflow: Any, instance: Instance) -> None:
    instance.add_user("übersetzer", "geheim:秘密")
    appflow.create_connector_profile(**profile_of(instance, {"username": "übersetzer", "password": "geheim:秘密"}))


@pytest.mark.parametrize(
    "credentials",
    [
        {"username": "loader", "password": "planted-wrong"},
        {"username": "absent", "password": "planted-wrong"},
        {"oAuth2Credentials": {"accessToken": "planted-wrong"}},
        {"oAuth2Credentials": {"accessToken": "planted-wrong✓"}},
    ],
)
def test_credentials_that_the_instance_refuses_make_no_profile(
    appflow: Any, instance: Instance, credentials: dict[str, Any]
) -> None:
    with pytest.raises(appflow.exceptions.ConnectorAuthenticationException) as refusal:
        appflow.create_connector_profile(**profile_of(instance, credentials))
    assert message_of(refusal) == UNAUTHENTICATED
    assert appflow.describe_connector_profiles()["connectorProfileDetails"] == []


def test_an_update_that_does_not_log_in_changes_nothing(aws: Aws, appflow: Any, instance: Instance) -> None:
    appflow.create_connector_profile(**profile_of(instance))
    request = profile_of(instance, {**BASIC, "password": "planted-wrong"})
    del request["connectorType"]
    with pytest.raises(appflow.exceptions.ConnectorAuthenticationException) as refusal:
        appflow.update_connector_profile(**request)
    assert message_of(refusal) == UNAUTHENTICATED
    assert kept_credentials(aws) == BASIC


@pytest.mark.parametrize(
    ("url", "reason"),
    [("https://example.service-now.com", "only loopback"), ("http://127.0.0.1:1", "No answer from http://127.0.0.1:1")],
)
def test_an_instance_that_cannot_be_reached_is_a_connector_server_error(
    appflow: Any, instance: Instance, url: str, reason: str
) -> None:
    with pytest.raises(appflow.exceptions.ConnectorServerException, match=reason) as refusal:
        appflow.create_connector_profile(**profile_of(instance, url=url))
    assert message_of(refusal).startswith("Error while communicating to connector: ")


def test_an_answer_that_is_no_servicenow_is_a_connector_server_error(
    aws: Aws, appflow: Any, instance: Instance
) -> None:
    with pytest.raises(appflow.exceptions.ConnectorServerException, match="Error while communicating to connector"):
        appflow.create_connector_profile(**profile_of(instance, url=aws.url))


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_instance_in_trouble_is_a_connector_server_error(appflow: Any, instance: Instance, status: Any) -> None:
    instance.fail_next_requests(1, status)
    reason = f"communicating to connector: Request failed with ServiceNow Status Code {status}: .*told to fail"
    with pytest.raises(appflow.exceptions.ConnectorServerException, match=reason):
        appflow.create_connector_profile(**profile_of(instance))


def test_a_user_who_may_not_list_the_tables_is_a_connector_server_error(appflow: Any, instance: Instance) -> None:
    instance.users["loader"].denied_tables.add("sys_db_object")
    with pytest.raises(appflow.exceptions.ConnectorServerException, match="Status Code 403: User Not Authorized"):
        appflow.create_connector_profile(**profile_of(instance))


def test_an_authorization_code_is_redeemed_once(aws: Aws, appflow: Any, instance: Instance) -> None:
    oauth = oauth_of(instance)
    request = profile_of(instance, code_for(instance, oauth))
    appflow.create_connector_profile(**request)
    kept = tokens_of(aws)
    assert kept == {**oauth, "accessToken": kept["accessToken"], "refreshToken": kept["refreshToken"]}
    assert instance.access_tokens.find(kept["accessToken"]) is not None
    assert tables_of(appflow)
    with pytest.raises(appflow.exceptions.ConnectorAuthenticationException, match="server_error: access_denied"):
        appflow.create_connector_profile(**{**request, "connectorProfileName": "again"})


def test_an_authorization_code_is_redeemed_with_its_redirect_url(aws: Aws, appflow: Any, instance: Instance) -> None:
    client = instance.add_oauth_client(redirect_url="https://example.com/oauth")
    oauth = {"clientId": client.client_id, "clientSecret": client.client_secret}
    credentials = code_for(instance, oauth)
    credentials["oAuth2Credentials"]["oAuthRequest"]["redirectUri"] = "https://example.com/oauth"
    appflow.create_connector_profile(**profile_of(instance, credentials))
    assert "accessToken" in tokens_of(aws)


@pytest.mark.parametrize("known", [{}, {"accessToken": "planted-dead"}])
def test_a_refresh_token_is_enough_to_log_in(aws: Aws, appflow: Any, instance: Instance, known: dict[str, str]) -> None:
    oauth = oauth_of(instance)
    refresh_token = instance.refresh_tokens.issue(oauth["clientId"], "loader", 3600).value
    credentials = {"oAuth2Credentials": {**oauth, **known, "refreshToken": refresh_token}}
    appflow.create_connector_profile(**profile_of(instance, credentials))
    kept = tokens_of(aws)
    assert kept["refreshToken"] == refresh_token
    assert instance.access_tokens.find(kept["accessToken"]) is not None


def test_a_dead_access_token_is_renewed_and_kept(aws: Aws, instance: Instance) -> None:
    appflow = connect(aws, instance, code_for(instance, oauth_of(instance)))
    first = tokens_of(aws)
    instance.expire_tokens()
    assert tables_of(appflow)
    second = tokens_of(aws)
    assert second == {**first, "accessToken": second["accessToken"]}
    assert second["accessToken"] != first["accessToken"]


def test_a_login_that_is_over_for_good_is_an_authentication_error(aws: Aws, instance: Instance) -> None:
    appflow = connect(aws, instance, code_for(instance, oauth_of(instance)))
    instance.revoke_tokens()
    with pytest.raises(appflow.exceptions.ConnectorAuthenticationException) as refusal:
        tables_of(appflow)
    assert message_of(refusal) == (
        "Error while authenticating to connector: Request failed with ServiceNow Status Code 401: authentication "
        "failed, server_error: access_denied"
    )


def test_a_token_endpoint_in_trouble_is_a_connector_server_error(aws: Aws, instance: Instance) -> None:
    appflow = connect(aws, instance, code_for(instance, oauth_of(instance)))
    instance.expire_tokens()
    instance.fail_next_token_requests(1)
    with pytest.raises(appflow.exceptions.ConnectorServerException, match="ServiceNow Status Code 503: server_error"):
        tables_of(appflow)
    assert tables_of(appflow)


@pytest.mark.parametrize(
    ("oauth", "reason"),
    [
        ({"clientId": "example", "clientSecret": "example"}, "AuthCode cannot be blank"),
        ({"oAuthRequest": {"redirectUri": "https://example.com"}}, "AuthCode cannot be blank"),
        ({"oAuthRequest": {"authCode": "example"}, "clientId": "example"}, "ClientId and ClientSecret cannot be blank"),
        ({"refreshToken": "example"}, "ClientId and ClientSecret cannot be blank"),
    ],
)
def test_oauth_credentials_that_are_no_way_in_are_refused(
    appflow: Any, instance: Instance, oauth: dict[str, Any], reason: str
) -> None:
    with pytest.raises(appflow.exceptions.ValidationException) as refusal:
        appflow.create_connector_profile(**profile_of(instance, {"oAuth2Credentials": oauth}))
    assert message_of(refusal) == f"Validation exception: {reason} for connector: SERVICENOW"


def test_every_table_is_listed(aws: Aws, instance: Instance) -> None:
    appflow = connect(aws, instance)
    answer = appflow.list_connector_entities(connectorProfileName=PROFILE, connectorType="Servicenow")
    ((_, entities),) = answer["connectorEntityMap"].items()
    assert entities[2] == {"name": "incident", "label": "Incident", "hasNestedEntities": False}
    assert [entity["name"] for entity in entities] == [
        *("cmdb", "cmdb_ci", "incident", "sys_db_object", "sys_dictionary", "sys_glide_object", "sys_user", "task"),
    ]


def test_tables_have_no_path(aws: Aws, instance: Instance) -> None:
    appflow = connect(aws, instance)
    with pytest.raises(appflow.exceptions.ValidationException, match="leave entitiesPath out"):
        tables_of(appflow, entitiesPath="incident")


def test_a_table_has_its_own_columns_and_those_of_the_tables_that_it_extends(aws: Aws, instance: Instance) -> None:
    fields = fields_of(connect(aws, instance), "incident")
    assert list(fields) == sorted(instance.records("incident")[0])
    assert fields["caller_id"]["label"] == "Caller"
    assert fields["short_description"]["label"] == "Short description"


@pytest.mark.parametrize(
    ("table", "field", "kind", "operators"),
    [
        ("incident", "sys_id", "GUID", COMPARISONS | {"CONTAINS"}),
        ("incident", "short_description", "string", COMPARISONS | {"CONTAINS"}),
        ("sys_user", "email", "string", COMPARISONS | {"CONTAINS"}),
        ("incident", "priority", "integer", COMPARISONS),
        ("incident", "opened_at", "datetime", COMPARISONS),
        ("incident", "active", "boolean", EQUALITY),
        ("incident", "caller_id", "reference", set()),
        ("cmdb_ci", "cost", "float", COMPARISONS),
        ("cmdb_ci", "purchase_date", "date", COMPARISONS),
    ],
)
def test_a_field_tells_its_type_and_filters(
    aws: Aws, instance: Instance, table: str, field: str, kind: str, operators: set[str]
) -> None:
    described = fields_of(connect(aws, instance), table)[field]
    details = described["supportedFieldTypeDetails"]["v1"]
    assert details["fieldType"] == kind
    assert set(details["filterOperators"]) == operators
    assert details.get("supportedValues") == (["true", "false"] if kind == "boolean" else None)
    assert "destinationProperties" not in described  # ServiceNow is a source only


def test_the_primary_key_and_the_field_of_incremental_flows_are_marked(aws: Aws, instance: Instance) -> None:
    fields = fields_of(connect(aws, instance), "incident")
    assert [name for name, field in fields.items() if field["isPrimaryKey"]] == ["sys_id"]
    assert [
        name for name, field in fields.items() if field["sourceProperties"]["isTimestampFieldForIncrementalQueries"]
    ] == ["sys_updated_on"]


def test_a_customers_own_column_is_described(aws: Aws, instance: Instance) -> None:
    instance.add_column("task", "u_due", "Due (ours)", "glide_date")
    field = fields_of(connect(aws, instance), "incident")["u_due"]
    assert field["label"] == "Due (ours)"
    assert field["supportedFieldTypeDetails"]["v1"]["fieldType"] == "date"


def test_an_unknown_table_is_a_connector_server_error(aws: Aws, instance: Instance) -> None:
    appflow = connect(aws, instance)
    with pytest.raises(appflow.exceptions.ConnectorServerException, match="no table incidents"):
        fields_of(appflow, "incidents")


def test_a_user_who_may_not_read_the_columns_is_a_connector_server_error(aws: Aws, instance: Instance) -> None:
    appflow = connect(aws, instance)
    instance.users["loader"].denied_tables.add("sys_dictionary")
    with pytest.raises(appflow.exceptions.ConnectorServerException, match="Status Code 403: User Not Authorized"):
        fields_of(appflow, "incident")
