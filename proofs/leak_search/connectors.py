"""Every connector in every form of credentials, taken and refused by AppFlow."""

from __future__ import annotations

import json
import secrets
from typing import Any
from urllib.parse import urlsplit

from airflow_provider_appflow_isv.credentials.connectors import CODE_MEMBERS, CONNECTORS
from proofs.leak_search.plan import Plan, awkward, knows

_URL = "https://tenant-a.example.com"
_ARN = "arn:aws:secretsmanager:us-east-1:222222222222:secret:app-AbCdEf"
_PROPERTIES: dict[str, dict[str, Any]] = {
    "Pardot": {"businessUnitId": "0Uv000000000000000"},
    "Redshift": {"bucketName": "staging", "roleArn": "arn:aws:iam::222222222222:role/redshift"},
    "SAPOData": {
        "applicationHostUrl": _URL,
        "applicationServicePath": "/sap",
        "portNumber": 443,
        "clientNumber": "001",
        "oAuthProperties": {"tokenUrl": f"{_URL}/token", "authCodeUrl": f"{_URL}/code", "oAuthScopes": ["a"]},
    },
    "Snowflake": {"warehouse": "w", "stage": "db.schema.stage", "bucketName": "staging"},
}
_CUSTOM_GRANTS = {"tokens": "AUTHORIZATION_CODE", "code": "AUTHORIZATION_CODE", "client": "CLIENT_CREDENTIALS"}
_CLASSES = {
    "api_key": "ApiKeyCredentials",
    "basic": "BasicCredentials",
    "key_pair": "SnowflakeKeyPair",
    "tokens": "OAuth2Credentials",
    "client": "OAuth2Credentials",
    "code": "AuthorizationCode",
    "custom": "CustomCredentials",
}
_OWN = ("Salesforce", "Servicenow", "Redshift")  # the local stack has a counterpart that tries what it is given


def plan_connectors(plan: Plan) -> None:
    """Add the tasks of all connectors."""
    for connector_type, connector in CONNECTORS.items():
        for form in connector.forms:
            too_new = form == "key_pair" and not knows("privateKey")
            if form in _CLASSES and connector_type not in _OWN and not too_new:
                _created(plan, connector_type, str(form))
    _wrong_secrets(plan)
    _counterparts(plan)


def _created(plan: Plan, connector_type: str, form: str) -> None:
    about = f"{connector_type} {form}".lower()
    for tenant, ends in (("tenant-a", "success"), ("tenant-c", "failed")):
        members = _members(connector_type, form)
        secret_id = plan.secret(f"{connector_type}-{form}", members, account=plan.tenants[tenant].account_id)
        _create(plan, f"create {about} {ends}", connector_type, form, {"secret_id": secret_id}, tenant, ends)
    conn_id = plan.connection(f"{connector_type}-{form}".lower(), _members(connector_type, form))
    _create(plan, f"create {about} by connection", connector_type, form, {"conn_id": conn_id}, "tenant-a", "success")


def _create(
    plan: Plan, about: str, connector_type: str, form: str, place: dict[str, str], tenant: str, ends: str
) -> None:
    properties = {**_PROPERTIES.get(connector_type, {})}
    if "instanceUrl" in CONNECTORS[connector_type].needs:
        properties["instanceUrl"] = _URL
    arguments: dict[str, Any] = dict(place)
    if form in ("tokens", "client"):
        arguments["redeemer"] = "appflow"
    if form == "custom":
        arguments["authentication_type"] = "PersonalAccessToken"
    if connector_type == "Pardot":
        arguments["client_credentials_arn"] = _ARN
    operator = {
        "connector_profile_name": about.replace(" ", "-"),
        "connector_type": connector_type,
        "connector_profile_properties": {CONNECTORS[connector_type].member: properties},
        **plan.aws(tenant),
    }
    if connector_type == "CustomConnector":
        operator["connector_label"] = "GitHub"
        if form in _CUSTOM_GRANTS:
            properties["oAuth2Properties"] = {"tokenUrl": f"{_URL}/token", "oAuth2GrantType": _CUSTOM_GRANTS[form]}
    source = {"class": _CLASSES[form], "arguments": arguments}
    plan.task(about, "create", ends=ends, arguments=operator, source=source)


def _members(connector_type: str, form: str) -> dict[str, Any]:
    """What a secret holds for a form: each member of it, public ones too."""
    if form == "custom":
        return {"token": awkward("custom"), "userName": "loader"}
    found = CONNECTORS[connector_type].forms[form]  # type: ignore[index]  # a text of the table
    members = {name: awkward(name) for name in (*found.required, *found.optional) if knows(name)}
    members.pop("clientCredentialsArn", None)
    if form == "code":
        members |= {name: secrets.token_urlsafe(48) for name in CODE_MEMBERS if name in members}
    plain = {"username": "loader", "clientId": "app-client", "redirectUri": "https://isv.example.com/callback"}
    return {**members, **{name: text for name, text in plain.items() if name in members}}


def _wrong_secrets(plan: Plan) -> None:
    """Secrets that are none of what the source wants, so that somebody might quote them."""
    good = {"ServiceNow": {"username": "loader", "password": awkward("raw")}}
    wrong: dict[str, tuple[str, Any]] = {
        "malformed json": ("BasicCredentials", json.dumps(_members("Veeva", "basic"))[:-1]),
        "a text": ("BasicCredentials", awkward("text")),
        "a list": ("SecretsManagerCredentials", json.dumps([awkward("list")])),
        "a number": ("SecretsManagerCredentials", {"ServiceNow": {"username": "loader", "password": 9876543210123}}),
        "an object": ("BasicCredentials", {"username": "loader", "password": {"is": awkward("object")}}),
        "another connector": ("SecretsManagerCredentials", good),
        "a line break": (
            "BasicCredentials",
            {"username": "loader", "password": f"{awkward('line')}\n{awkward('two')}"},
        ),
        "too much": ("BasicCredentials", {"username": "loader", "password": awkward("much") * 200}),
        "an unknown member": ("SecretsManagerCredentials", {"Veeva": {"username": "loader", "pass": awkward("own")}}),
    }
    for what, (source, content) in wrong.items():
        for by_template in (False, True):
            place = {"secret_id": plan.secret(f"holds-{what.replace(' ', '-')}", content)}
            if by_template:
                place = {"secret_id": "{{ no_such_thing.member }}" + place["secret_id"]}
            plan.task(
                f"create from {what}{' by a wrong template' if by_template else ''}",
                "create",
                ends="failed",
                arguments={
                    "connector_profile_name": f"veeva-{what.replace(' ', '-')}",
                    "connector_type": "Veeva",
                    "connector_profile_properties": {"Veeva": {"instanceUrl": _URL}},
                    **plan.aws(),
                },
                source={"class": source, "arguments": place},
            )


def _counterparts(plan: Plan) -> None:
    """ServiceNow and Redshift, which try what they are given, and ServiceNow's tokens minted by this side."""
    tenant = plan.tenants["tenant-a"]
    instance = plan.stack.instances["tenant-a"]
    user = instance.add_user("leak-loader", awkward("now"))
    client = instance.add_oauth_client(client_secret=awkward("nowclient"), application_user=user.username)
    instance.client_credentials_enabled = True
    app = {"clientId": client.client_id, "clientSecret": client.client_secret}
    login = {"username": user.username, "password": user.password}
    now = {
        "connector_type": "Servicenow",
        "connector_profile_properties": {"ServiceNow": {"instanceUrl": tenant.servicenow_url}},
        **plan.aws(),
    }
    stories: dict[str, tuple[str, dict[str, Any], dict[str, Any], str]] = {
        "basic": ("BasicCredentials", login, {}, "success"),
        "basic wrong": ("BasicCredentials", {**login, "password": awkward("wrong")}, {}, "failed"),
        "raw": ("SecretsManagerCredentials", {"ServiceNow": login}, {}, "success"),
        "client": ("OAuth2Credentials", app, {}, "success"),
        # the local ServiceNow takes the client in the form only
        "client by basic": ("OAuth2Credentials", app, {"client_authentication": "basic"}, "failed"),
        "client wrong": ("OAuth2Credentials", {**app, "clientSecret": awkward("wrong")}, {}, "failed"),
        "code": ("AuthorizationCode", {**app, **_code(plan, client.client_id)}, {}, "success"),
        "code by isv": ("OAuth2Credentials", {**app, **_code(plan, client.client_id)}, {}, "success"),
        "code wrong": ("AuthorizationCode", {**app, **_code(plan, "", awkward("code"))}, {}, "failed"),
        "refresh wrong": ("OAuth2Credentials", {**app, "refreshToken": awkward("refresh")}, {}, "failed"),
    }
    for story, (source, members, arguments, ends) in stories.items():
        place = {"secret_id": plan.secret(f"servicenow-{story.replace(' ', '-')}", members), **arguments}
        if source == "OAuth2Credentials":
            place["allowed_hosts"] = [urlsplit(instance.url).netloc]
        plan.task(
            f"create servicenow {story}",
            "create",
            ends=ends,
            arguments={"connector_profile_name": f"servicenow-{story.replace(' ', '-')}", **now},
            source={"class": source, "arguments": place},
        )
    for ends, password in (("success", None), ("failed", awkward("redshift"))):
        _redshift(plan, ends, password)


def _code(plan: Plan, client_id: str, wrong: str | None = None) -> dict[str, str]:
    issued = wrong or plan.stack.instances["tenant-a"].issue_authorization_code(client_id, "leak-loader")
    return {"code": issued, "redirectUri": "https://isv.example.com/callback"}


def _redshift(plan: Plan, ends: str, password: str | None) -> None:
    tenant = plan.tenants["tenant-a"]
    members = plan.stored_redshift(tenant)
    secret_id = plan.secret(f"redshift-{ends}", {**members, **({"password": password} if password else {})})
    plan.task(
        f"create redshift {ends}",
        "create",
        ends=ends,
        arguments={
            "connector_profile_name": f"redshift-{ends}",
            "connector_type": "Redshift",
            "connector_profile_properties": {
                "Redshift": {
                    "databaseUrl": tenant.redshift_database_url,
                    "bucketName": "staging",
                    "roleArn": tenant.redshift_role_arn,
                }
            },
            **plan.aws(),
        },
        source={"class": "RedshiftCredentials", "arguments": {"secret_id": secret_id}},
    )
