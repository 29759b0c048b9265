"""An Airflow connection as the store of a login; it can only be read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv._compat import AirflowNotFoundException, mask_secret
from airflow_provider_appflow_isv.exceptions import TenantConfigurationError
from airflow_provider_appflow_isv.stores.base import Stored
from airflow_provider_appflow_isv.stores.members import read_members, secret_texts

if TYPE_CHECKING:
    from airflow.sdk import Connection

_PREFIX = "extra__salesforce__"  # Airflow's older spelling of a connection's extra


class ConnectionStore:
    """A connection laid out like Airflow's type ``salesforce``: user name, password and extra.

    The extra has consumer_key, consumer_secret, security_token, domain, instance_url, private_key or
    private_key_file_path as Airflow's Salesforce provider names them, and any other member of a login.

    :param conn_id: the connection's id.
    :param get_connection: looks a connection up, e.g. ``BaseHook.get_connection``.
    """

    writable = False

    def __init__(self, conn_id: str, get_connection: Callable[[str], Connection]) -> None:
        self._conn_id = conn_id
        self._get_connection = get_connection
        self.source = f"connection {conn_id}"

    def read(self) -> Stored:
        """Read the connection; its secrets are masked in logs from here on.

        :raises TenantConfigurationError: there is no such connection, or its key file can't be read.
        """
        try:
            connection = self._get_connection(self._conn_id)
        except AirflowNotFoundException as error:
            raise TenantConfigurationError(
                f"Airflow connection {self._conn_id!r} does not exist.",
                hint="Create it with the layout of type salesforce, or use a secret (secret_id).",
            ) from error
        extra = {name.removeprefix(_PREFIX): value for name, value in connection.extra_dejson.items()}
        if extra.get("consumer_key"):
            extra.pop("client_id", None)  # the name of the caller in Salesforce's logs (simple-salesforce's client_id)
        found: dict[str, Any] = {"username": connection.login, "password": connection.password, **extra}
        if path := extra.get("private_key_file_path"):
            found["private_key"] = self._read_key(str(path))
        members = read_members(found, source=self.source)
        for text in secret_texts(members):
            mask_secret(text)
        return Stored(members, self.source)

    def _read_key(self, path: str) -> str:
        try:
            return Path(path).read_text()
        except OSError as error:
            raise TenantConfigurationError(
                f"private_key_file_path {path!r} of {self.source} can't be read: {error.strerror}.",
                hint="Every worker needs the file; a secret with privateKey needs none.",
            ) from error
