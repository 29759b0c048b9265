"""What the sources share whose values stand in an Airflow connection or a secret."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_appflow_isv.credentials.base import CredentialSource
from airflow_provider_appflow_isv.credentials.connectors import Connector, FormName, connector_of
from airflow_provider_appflow_isv.credentials.limits import check_limits
from airflow_provider_appflow_isv.exceptions import TenantConfigurationError
from airflow_provider_appflow_isv.specs.values import is_late

if TYPE_CHECKING:
    from datetime import datetime

    from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook
    from airflow_provider_appflow_isv.stores.base import Stored
    from airflow_provider_appflow_isv.stores.connection import ConnectionStore
    from airflow_provider_appflow_isv.stores.secret import SecretStore

# what connection and secret call the members of AppFlow that are named otherwise there
_STORED_NAMES = {
    "clientId": "client_id",
    "clientSecret": "client_secret",
    "accessToken": "access_token",
    "refreshToken": "refresh_token",
    "authCode": "code",
    "redirectUri": "redirect_uri",
    "codeVerifier": "code_verifier",
    "privateKey": "private_key",
}


class FormSource(CredentialSource):
    """A source that gives a connector one of its forms of credentials."""

    def fetch(self, hook: AppFlowHook, properties: Mapping[str, Any]) -> dict[str, Any]:
        """The ``connectorProfileCredentials`` member, fetched now and masked in logs.

        :param hook: acts in the account of the connector profile.
        :param properties: the profile's ``connectorProfileProperties``.
        :raises TenantConfigurationError: the source is not for this connector or these properties, a member is
            missing, or AppFlow's service model does not allow a value.
        """
        self.check_for(None, properties)
        connector = connector_of(properties, what="connector_profile_properties")
        own = properties[connector.member]
        name = self.form_for(connector, own)
        assert name is not None  # check_for has seen that the connector takes the source
        form = connector.forms[name]
        values = self.values(hook, connector, name, own)
        if missing := [member for member in form.required if not values.get(member)]:
            raise TenantConfigurationError(
                f"{self.origin} lacks {', '.join(missing)} for {connector.connector_type}.",
                account=hook.known_account,
                hint=f"AppFlow needs {' and '.join(form.required)} there.",
            )
        known = {member: values[member] for member in (*form.required, *form.optional) if values.get(member)}
        credentials = {connector.member: form.nested(known)}
        check_limits(hook, credentials)
        return credentials

    @property
    @abstractmethod
    def origin(self) -> str:
        """Where the values come from, for messages."""

    @abstractmethod
    def values(
        self, hook: AppFlowHook, connector: Connector, form: FormName, properties: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The form's members by AppFlow's names, masked in logs from here on; others are left out later.

        :param hook: acts in the account of the connector profile.
        :param connector: the connector.
        :param form: the form of credentials, one of the connector's.
        :param properties: the connector's own properties.
        """


@dataclass(kw_only=True)
class StoredSource(FormSource):
    """The values stand in an Airflow connection or in a secret in AWS Secrets Manager.

    :param conn_id: Airflow connection: user name, password, and in its extra the other members.
    :param secret_id: name or ARN of a secret with the members as a JSON object, instead of a connection.
    :param stored_in: whose account the secret is stored in: ``tenant``, that of the connector profile (default), or
        ``isv``, that of the Airflow connection.
    :raises TenantConfigurationError: both or neither of connection and secret are named, or ``stored_in`` is unknown.
    """

    template_fields: ClassVar[Sequence[str]] = ("conn_id", "secret_id", "stored_in")

    conn_id: str | None = None
    secret_id: str | None = None
    stored_in: str = "tenant"

    def __post_init__(self) -> None:
        self.check()

    def check(self) -> None:
        """Refuse arguments that are wrong for any connector; templates pass."""
        check_place(self, self.conn_id, self.secret_id, self.stored_in)

    @property
    def origin(self) -> str:
        """Where the values come from, for messages."""
        return f"Secret {self.secret_id}" if self.secret_id else f"Connection {self.conn_id}"

    def store(self, hook: AppFlowHook) -> SecretStore | ConnectionStore:
        """The place of the members, in the account that ``stored_in`` says."""
        if self.secret_id:
            return secret_store(hook, self.secret_id, self.stored_in)
        from airflow_provider_appflow_isv.stores.connection import ConnectionStore

        return ConnectionStore(str(self.conn_id), hook.get_connection)

    def values(
        self,
        hook: AppFlowHook,
        connector: Connector,  # for sources that ask
        form: FormName,  # as above
        properties: Mapping[str, Any],  # as above
    ) -> dict[str, Any]:
        """The members as they are stored, by AppFlow's names."""
        return by_appflows_names(self.store(hook).read())

    def changed_since(self, hook: AppFlowHook, moment: datetime) -> bool | None:
        """Whether the secret has a newer value; None for a connection, of which that can't be told.

        :param hook: acts in the account of the connector profile.
        :param moment: aware of its time zone.
        """
        return secret_changed(self.store(hook).read(), moment) if self.secret_id else None


def check_place(
    source: CredentialSource, connection: Any, secret_id: Any, stored_in: Any, *, argument: str = "conn_id"
) -> None:
    """Refuse what names no place, or two; templates pass.

    :param source: whose arguments these are.
    :param connection: the connection's id, if any.
    :param secret_id: the secret's, if any.
    :param stored_in: whose account the secret is in.
    :param argument: name of the argument for the connection.
    :raises TenantConfigurationError: naming the arguments.
    """
    if bool(connection) == bool(secret_id):
        raise TenantConfigurationError(
            f"{type(source).__name__} needs {argument} or secret_id, one of them.",
            hint="Name an Airflow connection or a secret in AWS Secrets Manager.",
        )
    check_choice("stored_in", stored_in, ("tenant", "isv"))


def check_choice(argument: str, value: Any, choices: Iterable[str]) -> None:
    """Refuse what is none of the choices; templates pass."""
    if not is_late(value) and value not in choices:
        raise TenantConfigurationError(
            f"{argument} {value!r} is not known.", hint=f"Possible are {' and '.join(choices)}."
        )


def acting_in(hook: AppFlowHook, stored_in: str) -> AppFlowHook:
    """The hook for the account that a secret is in."""
    return hook.first_hop() if stored_in == "isv" else hook


def secret_store(hook: AppFlowHook, secret_id: str, stored_in: str) -> SecretStore:
    """A secret as a store, in the account that ``stored_in`` says."""
    from airflow_provider_appflow_isv.stores.secret import SecretStore

    return SecretStore(acting_in(hook, stored_in), secret_id)


def secret_changed(stored: Stored, moment: datetime) -> bool:
    """Whether what is stored is newer than a moment; what has no date counts as newer."""
    return stored.created is None or stored.created > moment


def by_appflows_names(stored: Stored) -> dict[str, Any]:
    """Stored members by the names that they have in AppFlow's credentials."""
    names = {ours: theirs for theirs, ours in _STORED_NAMES.items()}
    return {names.get(member, member): value for member, value in stored.members.items()}
