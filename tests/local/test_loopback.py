from __future__ import annotations

import pytest

from airflow_provider_appflow_isv.local.loopback import is_loopback


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.2", "127.255.255.254", "localhost", "LocalHost", "::1", "[::1]"]
)
def test_this_machine_is_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    ["", "0.0.0.0", "::", "192.0.2.1", "127.1", "128.0.0.1", "::ffff:127.0.0.1", "localhost.", "127.0.0.1.example"],  # noqa: S104  # to be refused
)
def test_everything_else_is_not(host: str) -> None:
    assert not is_loopback(host)
