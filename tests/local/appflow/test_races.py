"""Calls that meet a deletion half way."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_appflow_isv.local.appflow.connectors.custom_connectors import provide, withdraw
from tests.local.appflow.shop import CONFIGURATION, LAMBDA, Shop, register_request, shop_flow, shop_profile

if TYPE_CHECKING:
    from tests.local.appflow.conftest import Aws


class Slow(Shop):
    """A shop whose logins wait once there is a gate."""

    gate: threading.Event | None = None
    entered = threading.Event()

    def check(self) -> None:
        if Slow.gate is not None:
            Slow.entered.set()
            Slow.gate.wait(30)


@pytest.fixture
def client(aws: Aws, appflow: Any) -> Iterator[Any]:
    provide(LAMBDA, CONFIGURATION, Slow)
    appflow.register_connector(**register_request())
    appflow.create_connector_profile(**shop_profile())
    aws.make_bucket()
    appflow.create_flow(**shop_flow())
    Slow.entered.clear()
    yield appflow
    Slow.gate = None
    withdraw(LAMBDA)


def answer_meanwhile(call: Callable[[], Any], meanwhile: Callable[[], Any]) -> Any:
    """Make a call that logs in to the vendor, do something while it waits there, and return its answer."""
    gate = Slow.gate = threading.Event()
    with ThreadPoolExecutor() as threads:
        answer = threads.submit(call)
        assert Slow.entered.wait(30)
        meanwhile()
        gate.set()
        return answer.result()


def test_an_update_of_a_profile_that_is_deleted_meanwhile_finds_none_and_leaves_no_secret(
    aws: Aws, client: Any
) -> None:
    request = shop_profile()
    del request["connectorType"], request["connectorLabel"]
    with pytest.raises(client.exceptions.ResourceNotFoundException, match=r"shop-a does not exist"):
        answer_meanwhile(
            lambda: client.update_connector_profile(**request),
            lambda: client.delete_connector_profile(connectorProfileName="shop-a", forceDelete=True),
        )
    assert aws.client("secretsmanager").list_secrets()["SecretList"] == []


def test_an_update_of_a_flow_that_is_deleted_meanwhile_finds_none(client: Any) -> None:
    with pytest.raises(client.exceptions.ResourceNotFoundException, match="orders"):
        answer_meanwhile(
            lambda: client.update_flow(**shop_flow(description="new")),
            lambda: client.delete_flow(flowName="orders"),
        )
    assert client.list_flows()["flows"] == []
