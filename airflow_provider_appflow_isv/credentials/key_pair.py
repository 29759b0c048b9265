"""Snowflake's key pair."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_appflow_isv._compat import mask_secret
from airflow_provider_appflow_isv.credentials.stored import StoredSource
from airflow_provider_appflow_isv.exceptions import TenantConfigurationError

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.credentials.connectors import Connector, FormName
    from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook


@dataclass(kw_only=True)
class SnowflakeKeyPair(StoredSource):
    """User name and private key of a Snowflake user.

    A secret calls them ``username`` and ``privateKey`` (or ``private_key``); a connection has the user name as such and
    ``private_key`` or ``private_key_file_path`` in its extra. AppFlow's service model allows no line break in the key:
    a PEM of several lines is sent as its base64 in one line, without the BEGIN and END markers; a key that is stored in
    one line is sent as it stands.

    :param conn_id: Airflow connection.
    :param secret_id: name or ARN of a secret with a JSON object, instead of a connection.
    :param stored_in: whose account the secret is stored in: ``tenant``, that of the connector profile (default), or
        ``isv``, that of the Airflow connection.
    :raises TenantConfigurationError: both or neither of connection and secret are named, or ``stored_in`` is unknown.
    """

    forms: ClassVar[tuple[FormName, ...]] = ("key_pair",)

    def values(
        self, hook: AppFlowHook, connector: Connector, form: FormName, properties: Mapping[str, Any]
    ) -> dict[str, Any]:
        """User name and key.

        :raises TenantConfigurationError: the key is encrypted, for AppFlow takes no passphrase.
        """
        values = super().values(hook, connector, form, properties)
        key = str(values.get("privateKey", "")).strip()
        if "ENCRYPTED" in key:
            raise TenantConfigurationError(
                f"privateKey of {self.origin} is encrypted, and AppFlow takes no passphrase.",
                account=hook.known_account,
                hint="Store the key decrypted (openssl pkcs8 -topk8 -nocrypt), readable for this task only.",
            )
        lines = [line.strip() for line in key.splitlines()]
        if len(lines) > 1:
            key = "".join(line for line in lines if not line.startswith("-----"))
            mask_secret(key)
        return {**values, "privateKey": key}
