"""An Airflow connection as the store of a login."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_appflow_isv._compat import BaseHook
from airflow_provider_appflow_isv.exceptions import TenantConfigurationError
from airflow_provider_appflow_isv.stores.connection import ConnectionStore


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes a connection of type salesforce and gives it as a store."""

    def make(extra: dict[str, Any]) -> ConnectionStore:
        connection = {"conn_type": "salesforce", "login": "loader", "password": "the-password", "extra": extra}
        monkeypatch.setenv("AIRFLOW_CONN_A_LOGIN", json.dumps(connection))
        return ConnectionStore("a_login", BaseHook.get_connection)

    return make


def test_the_client_id_beside_a_consumer_key_is_only_a_name_for_the_caller(connect: Any) -> None:
    stored = connect({"consumer_key": "an-id", "client_id": "my-program"}).read()
    assert stored.members["client_id"] == "an-id"


@pytest.mark.parametrize("prefix", ["", "extra__salesforce__"])
def test_the_layout_of_type_salesforce_is_read(connect: Any, prefix: str) -> None:
    extra = {"consumer_key": "an-id", "consumer_secret": "a-secret", "security_token": "more", "domain": "test"}
    stored = connect({f"{prefix}{name}": value for name, value in extra.items()}).read()
    assert stored.members == {
        "username": "loader",
        "password": "the-password",
        "client_id": "an-id",
        "client_secret": "a-secret",
        "security_token": "more",
        "domain": "test",
    }
    assert (stored.source, stored.version) == ("connection a_login", None)


def test_a_key_is_read_from_its_file(connect: Any, tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_text("the key")
    assert connect({"private_key_file_path": str(path)}).read().members["private_key"] == "the key"


def test_a_key_file_that_is_not_there_is_named(connect: Any, tmp_path: Path) -> None:
    path = str(tmp_path / "key.pem")
    with pytest.raises(
        TenantConfigurationError, match=r"private_key_file_path .*key.pem.* connection a_login .*No such"
    ):
        connect({"private_key_file_path": path}).read()


def test_a_connection_that_is_not_there_is_named() -> None:
    with pytest.raises(TenantConfigurationError, match="'nowhere' does not exist"):
        ConnectionStore("nowhere", BaseHook.get_connection).read()


def test_nothing_can_be_written_to_it(connect: Any) -> None:
    assert not connect({}).writable
