"""Connector profiles: what is kept of them, where their credentials go, and the check against the vendor."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from moto.secretsmanager.models import secretsmanager_backends

from .exceptions import (
    ConnectorAuthenticationException,
    ConnectorServerException,
    ValidationException,
)
from .salesforce import SalesforceAuthenticationError, SalesforceError, SalesforceOrg
from .salesforce_login import can_renew, renewed
from .service_model import member_of, structure


@dataclass
class ConnectorProfile:
    """One connection of one account and Region. Its credentials are in Secrets Manager, not here."""

    name: str
    arn: str
    connector_type: str
    connector_label: str | None
    connection_mode: str
    properties: dict[str, Any]
    credentials_arn: str
    created_at: float
    last_updated_at: float

    def describe(self) -> dict[str, Any]:
        """Return the profile as DescribeConnectorProfiles shows it."""
        return {
            "connectorProfileArn": self.arn,
            "connectorProfileName": self.name,
            "connectorType": self.connector_type,
            "connectorLabel": self.connector_label,
            "connectionMode": self.connection_mode,
            "credentialsArn": self.credentials_arn,
            "connectorProfileProperties": self.properties,
            "createdAt": self.created_at,
            "lastUpdatedAt": self.last_updated_at,
        }


class CredentialStore:
    """The secrets ``appflow!<account>-<profile>`` in the account's own Secrets Manager."""

    def __init__(self, account_id: str, region_name: str) -> None:
        self._account_id = account_id
        self._region_name = region_name

    def put(self, profile_name: str, credentials: dict[str, Any], kms_arn: str | None) -> str:
        """Write a profile's credentials and return the secret's ARN."""
        name = self._name(profile_name)
        text = json.dumps(credentials)
        if name in self._backend.secrets:
            answer = self._backend.put_secret_value(name, text, None, None, ["AWSCURRENT"])
        else:
            answer = self._backend.create_secret(name, text, None, None, None, kms_arn, None, [], False)
        return str(json.loads(answer)["ARN"])

    def get(self, profile_name: str) -> dict[str, Any]:
        """Read a profile's credentials.

        :raises ConnectorAuthenticationException: if the secret is gone.
        """
        name = self._name(profile_name)
        if name not in self._backend.secrets:
            raise ConnectorAuthenticationException(
                f"Error while authenticating to connector: the secret {name} is gone. "
                "Call UpdateConnectorProfile with the credentials."
            )
        secret = self._backend.get_secret_value(name, None, None)
        credentials: dict[str, Any] = json.loads(secret["SecretString"])
        return credentials

    def delete(self, profile_name: str) -> None:
        """Remove a profile's secret for good."""
        self._backend.delete_secret(self._name(profile_name), None, True)

    @property
    def _backend(self) -> Any:
        return secretsmanager_backends[self._account_id][self._region_name]

    def _name(self, profile_name: str) -> str:
        return f"appflow!{self._account_id}-{profile_name}"


def connector_parts(connector_type: str, config: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Take the properties and the credentials of a connector out of a connectorProfileConfig.

    :param connector_type: e.g. ``Servicenow``; its members there may be spelt differently (``ServiceNow``).
    :param config: the connectorProfileConfig, already validated against the model.
    :raises ValidationException: if a part is missing or belongs to another connector.
    """
    member = member_of(connector_type)
    if member not in structure("ConnectorProfileProperties").members:
        raise ValidationException(f"Validation exception: {connector_type} needs no connector profile.")
    properties = config["connectorProfileProperties"]
    credentials = config.get("connectorProfileCredentials", {})
    for part, given in (("Properties", properties), ("Credentials", credentials)):
        if given and member not in given:
            raise ValidationException(
                f"Validation exception: connectorProfile{part} must have the member {member} "
                f"for connector: {connector_type.upper()}"
            )
    if not properties:
        raise ValidationException(
            f"Validation exception: connectorProfileProperties must have the member {member} "
            f"for connector: {connector_type.upper()}"
        )
    return properties[member], credentials.get(member, {})


def salesforce_org(properties: dict[str, Any], credentials: dict[str, Any]) -> SalesforceOrg:
    """Return the org of a Salesforce profile.

    :raises ValidationException: if there is no access token (AppFlow's own words, which speak of the other way in) or
        no instanceUrl, without which the local stack has no org to talk to.
    """
    if credentials.get("oAuth2GrantType") == "CLIENT_CREDENTIALS" or not _has_login(credentials):
        raise ValidationException("Validation exception: AuthCode cannot be blank for connector: SALESFORCE")
    if "accessToken" not in credentials:
        raise ValidationException(
            "Validation exception: the local stack does not redeem authorization codes or JWTs. "
            "Give the accessToken that they were redeemed for."
        )
    if "instanceUrl" not in properties:
        raise ValidationException("Validation exception: instanceUrl cannot be blank for connector: SALESFORCE")
    return SalesforceOrg(properties["instanceUrl"], credentials["accessToken"])


def check_connection(
    connector_type: str, properties: dict[str, Any], credentials: dict[str, Any], account_id: str
) -> dict[str, Any]:
    """Log in to the vendor as AppFlow does on create and update. Only Salesforce has a local counterpart.

    :return: the credentials to keep: those given, with a new access token if the given one had to be renewed.
    :raises ConnectorAuthenticationException: if the vendor refuses the credentials.
    :raises ConnectorServerException: if the vendor cannot be reached.
    """
    if connector_type != "Salesforce":
        return credentials
    org, kept = salesforce_org(properties, credentials), dict(credentials)
    if can_renew(credentials):

        def renew() -> str:
            kept.update(renewed(org.instance_url, credentials, account_id))
            return str(kept["accessToken"])

        org.renew = renew
    with connector_errors():
        org.objects()
    return kept


class connector_errors:  # noqa: N801  # a context manager, read like a function
    """Turns what the vendor's client raises into AppFlow's errors (texts: AppFlow API reference and public issues)."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _type: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, SalesforceAuthenticationError):
            raise ConnectorAuthenticationException(f"Error while authenticating to connector: {error}") from None
        if isinstance(error, SalesforceError):
            raise ConnectorServerException(f"Error while communicating to connector: {error}") from None


def _has_login(credentials: dict[str, Any]) -> bool:
    return bool(
        credentials.get("accessToken")
        or credentials.get("oAuthRequest", {}).get("authCode")
        or credentials.get("jwtToken")
    )
