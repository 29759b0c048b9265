"""What a profile's properties must say for the credentials that go with them, beyond AppFlow's service model.

Facts: AppFlow user guide, "Amazon Redshift", "SAP OData" and "Salesforce Pardot"; AppFlow API reference,
OAuth2Properties and OAuthProperties; AWS CDK constructs for AppFlow (a custom connector renews only what was granted by
an authorization code). Which JDBC and Data API members go together is put together from these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from airflow_provider_appflow_isv.specs.values import is_late

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.credentials.connectors import Connector, FormName

Members = Mapping[str, Any]
Rule = Callable[["FormName", Members], Iterator[str]]

OAUTH_FORMS: tuple[FormName, ...] = ("tokens", "client", "code")
DATA_API = ("dataApiRoleArn", "isRedshiftServerless", "clusterIdentifier", "workgroupName")
_GRANTS = {"code": "AUTHORIZATION_CODE", "client": "CLIENT_CREDENTIALS"}
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def property_problems(connector: Connector, form: FormName | None, properties: Members) -> Iterator[str]:
    """Say what the properties lack or have wrong; each begins with a property's name.

    :param connector: the connector.
    :param form: the form of credentials; None if it is not known yet.
    :param properties: its own properties; values that are not known yet pass.
    """
    if missing := [name for name in connector.needs if properties.get(name) in (None, "")]:
        yield f"connector_profile_properties['{connector.member}'] lacks {' and '.join(missing)}"
    if form is not None and connector.connector_type in _RULES:
        yield from _RULES[connector.connector_type](form, properties)


def uses_data_api(properties: Members) -> bool:
    """Whether a Redshift profile's properties lead through the Data API, not by JDBC."""
    return any(properties.get(name) for name in DATA_API)


def _redshift(form: FormName, properties: Members) -> Iterator[str]:
    if form == "basic":
        if uses_data_api(properties):
            given = ", ".join(name for name in DATA_API if properties.get(name))
            yield (
                f"a password goes with databaseUrl, and {given} is the Data API, which takes none: use "
                "RedshiftCredentials() without secret_id or conn_id"
            )
        elif not properties.get("databaseUrl"):
            yield f"databaseUrl is missing, which a password goes with; for the Data API {_DATA_API_NEEDS}"
        return
    serverless = properties.get("isRedshiftServerless")
    if is_late(serverless):
        return
    own, other = ("workgroupName", "clusterIdentifier") if serverless else ("clusterIdentifier", "workgroupName")
    if missing := [name for name in (own, "databaseName", "dataApiRoleArn") if not properties.get(name)]:
        yield f"{', '.join(missing)} is missing: without a password, {_DATA_API_NEEDS}; databaseUrl needs a password"
    if properties.get(other):
        yield f"{other} does not go with isRedshiftServerless {bool(serverless)}: {_DATA_API_NEEDS}"


_DATA_API_NEEDS = (
    "give clusterIdentifier, databaseName and dataApiRoleArn, or for serverless isRedshiftServerless, workgroupName, "
    "databaseName and dataApiRoleArn"
)


def _sap(form: FormName, properties: Members) -> Iterator[str]:
    if form not in OAUTH_FORMS:
        return
    oauth = properties.get("oAuthProperties")
    if is_late(oauth):
        return
    if not oauth:
        yield "oAuthProperties is missing: OAuth needs its tokenUrl, authCodeUrl and oAuthScopes"
        return
    if missing := [name for name in ("tokenUrl", "authCodeUrl", "oAuthScopes") if not oauth.get(name)]:
        yield f"oAuthProperties lacks {', '.join(missing)}"
    yield from _not_https(oauth, "oAuthProperties", ("tokenUrl", "authCodeUrl"))


def _custom(form: FormName, properties: Members) -> Iterator[str]:
    if form not in OAUTH_FORMS:
        return
    oauth = properties.get("oAuth2Properties")
    if is_late(oauth):
        return
    if not oauth:
        yield "oAuth2Properties is missing: OAuth 2.0 needs its tokenUrl and oAuth2GrantType"
        return
    if missing := [name for name in ("tokenUrl", "oAuth2GrantType") if not oauth.get(name)]:
        yield f"oAuth2Properties lacks {', '.join(missing)}"
    yield from _not_https(oauth, "oAuth2Properties", ("tokenUrl",))
    grant, wanted = oauth.get("oAuth2GrantType"), _GRANTS.get(form)
    if grant and wanted and not is_late(grant) and grant != wanted:
        yield f"oAuth2Properties.oAuth2GrantType is {grant}, and these credentials need {wanted}"


def _not_https(members: Members, where: str, names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        url = members.get(name)
        if url and not is_late(url) and not is_https(url):
            yield f"{where}.{name} must be https: secrets are sent there"


def is_https(url: Any) -> bool:
    """Whether an address is https, or http on this machine."""
    try:
        parts = urlsplit(str(url))
        host = parts.hostname
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK))


_RULES: Mapping[str, Rule] = {"CustomConnector": _custom, "Redshift": _redshift, "SAPOData": _sap}
