"""Accounts that have the shop's connector."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_appflow_isv.local.appflow.connectors.custom_connectors import provide, withdraw
from tests.local.appflow.shop import CONFIGURATION, LAMBDA, Shop, register_request, shop_profile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.local.appflow.conftest import Aws


@pytest.fixture(autouse=True)
def shop() -> Iterator[None]:
    """The shop stands in for a connector's function, with three orders."""
    Shop.orders = [{"id": "1", "state": "paid"}, {"id": "2", "state": "open"}, {"id": "3", "state": "paid"}]
    provide(LAMBDA, CONFIGURATION, Shop)
    yield
    withdraw(LAMBDA)


@pytest.fixture
def registered(aws: Aws, appflow: Any) -> Any:
    """A client of an account that has registered the shop's connector."""
    appflow.register_connector(**register_request())
    return appflow


@pytest.fixture
def selling(aws: Aws, registered: Any) -> Any:
    """A client of an account with a shop's profile and a bucket."""
    registered.create_connector_profile(**shop_profile())
    aws.make_bucket()
    return registered
