"""Which addresses a connection may lead to."""

from __future__ import annotations

import socket
import threading
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_appflow_isv.local.appflow.connections.base import VendorUnreachableError, loopback_url
from airflow_provider_appflow_isv.local.loopback import is_loopback
from tests.local.appflow.conftest import Org, profile_request

PASSWORD = "planted-secret"


@pytest.mark.parametrize(
    ("instance_url", "expected"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://127.0.0.2:8080/orgs/tenant-a/", "http://127.0.0.2:8080/orgs/tenant-a"),
        ("HTTPS://LocalHost", "https://localhost"),
        ("http://[::1]:8080//", "http://[::1]:8080"),
    ],
)
def test_an_address_on_loopback_is_taken_without_a_slash_at_its_end(instance_url: str, expected: str) -> None:
    assert loopback_url(instance_url) == expected


@pytest.mark.parametrize(
    "instance_url",
    [
        "http://192.0.2.2:8080",
        "http://127.0.0.1.example.com",
        f"http://192.0.2.2:8080\\@127.0.0.1/{PASSWORD}",
        f"http://192.0.2.2\\.localhost/{PASSWORD}",
        f"http://127.0.0.1/\\{PASSWORD}",
        f"http://loader:{PASSWORD}@127.0.0.1",
        f"http://{PASSWORD}@192.0.2.2",
        f"http://127.0.0.1:8080@192.0.2.2/{PASSWORD}",
        f"http://127.0.0.1?{PASSWORD}",
        f"http://127.0.0.1#{PASSWORD}",
        f"http://127.0.0.1\x00{PASSWORD}",
        f"http://127.0.0.1\r\n{PASSWORD}",
        f"http://127.0.0.1:99999/{PASSWORD}",
        f"ftp://127.0.0.1/{PASSWORD}",
        "127.0.0.1:8080",
        "http://",
        "http://[::1",
    ],
)
def test_every_other_address_is_refused_without_its_password(instance_url: str) -> None:
    with pytest.raises(VendorUnreachableError, match="instanceUrl") as refused:
        loopback_url(instance_url)
    assert PASSWORD not in str(refused.value)


@given(st.lists(st.sampled_from([*r"\@/:?#[]", "http://", "127.0.0.1", "192.0.2.2", "80", "localhost", "::1"])))
def test_the_client_goes_nowhere_else(parts: list[str]) -> None:
    try:
        url = loopback_url("http://" + "".join(parts))
    except VendorUnreachableError:
        return
    sent = requests.Request("GET", f"{url}/services/data").prepare().url
    assert is_loopback(urlsplit(sent or "").hostname or "")


def test_no_token_reaches_a_host_before_a_backslash(appflow: Any, org: Org) -> None:
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        reached = threading.Event()
        threading.Thread(target=_accept, args=(elsewhere, reached), daemon=True).start()
        request = profile_request(org)
        properties = request["connectorProfileConfig"]["connectorProfileProperties"]
        port = elsewhere.getsockname()[1]
        properties["Salesforce"]["instanceUrl"] = f"http://127.0.0.1:{port}\\@{urlsplit(org.instance_url).netloc}"
        with pytest.raises(appflow.exceptions.ConnectorServerException, match="leave out the rest"):
            appflow.create_connector_profile(**request)
        assert not reached.is_set()


def _accept(listener: socket.socket, reached: threading.Event) -> None:
    try:
        connection, _ = listener.accept()
    except OSError:
        return  # closed at the end of the test
    reached.set()
    connection.close()
