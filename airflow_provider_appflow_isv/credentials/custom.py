"""What a custom connector asks for by names of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_appflow_isv.credentials.raw import connection_values, secret_values
from airflow_provider_appflow_isv.credentials.stored import StoredSource, acting_in

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.credentials.connectors import Connector, FormName
    from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook

_LAYOUT = "Store the connector's own authentication parameters by name, texts all."


@dataclass(kw_only=True)
class CustomCredentials(StoredSource):
    """The ``credentialsMap`` of a custom connector with an authentication of its own.

    The secret's JSON object, or the connection's extra with its user name and password, is the map; the connector's
    configuration (DescribeConnector, ``customAuthConfigs``) names what it needs.

    :param authentication_type: the connector's own name of the authentication (``customAuthenticationType``).
    :param conn_id: Airflow connection.
    :param secret_id: name or ARN of a secret with a JSON object, instead of a connection.
    :param stored_in: whose account the secret is stored in: ``tenant``, that of the connector profile (default), or
        ``isv``, that of the Airflow connection.
    :raises TenantConfigurationError: both or neither of connection and secret are named, or ``stored_in`` is unknown.
    """

    template_fields: ClassVar[Sequence[str]] = (*StoredSource.template_fields, "authentication_type")
    forms: ClassVar[tuple[FormName, ...]] = ("custom",)

    authentication_type: str

    def values(
        self,
        hook: AppFlowHook,
        connector: Connector,  # there is but one
        form: FormName,  # as above
        properties: Mapping[str, Any],  # the map doesn't depend on them
    ) -> dict[str, Any]:
        """The authentication's name and the map."""
        if self.secret_id:
            found = secret_values(acting_in(hook, self.stored_in), self.secret_id, layout=_LAYOUT)
        else:
            found = connection_values(hook, str(self.conn_id), layout=_LAYOUT)
        return {"customAuthenticationType": self.authentication_type, "credentialsMap": found}
