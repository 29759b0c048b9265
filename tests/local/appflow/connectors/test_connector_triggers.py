"""Which triggers and schedules a registered connector supports."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from airflow_provider_appflow_isv.local.appflow.connectors.custom_connectors import provide, withdraw
from tests.local.appflow.conftest import Aws, scheduled
from tests.local.appflow.shop import CONFIGURATION, LAMBDA, Shop, register_request, shop_flow, shop_profile


@pytest.fixture
def client(aws: Aws, appflow: Any) -> Iterator[Any]:
    """A client of an account with a bucket."""
    aws.make_bucket()
    yield appflow
    withdraw(LAMBDA)


def sell(client: Any, **configuration: list[str]) -> None:
    """Register a shop with such a configuration and connect to it."""
    provide(LAMBDA, CONFIGURATION | configuration, Shop)
    client.register_connector(**register_request())
    client.create_connector_profile(**shop_profile())


@pytest.mark.parametrize(
    ("supported", "trigger"),
    [(["OnDemand"], scheduled()), (["Scheduled"], {"triggerType": "OnDemand"}), ([], {"triggerType": "OnDemand"})],
)
def test_a_trigger_that_the_connector_does_not_support_is_refused(
    client: Any, supported: list[str], trigger: dict[str, Any]
) -> None:
    sell(client, supportedTriggerTypes=supported)
    with pytest.raises(client.exceptions.ValidationException, match=f"Trigger type {trigger['triggerType']} is not"):
        client.create_flow(**shop_flow(triggerConfig=trigger))


@pytest.mark.parametrize(
    ("supported", "expression", "is_supported"),
    [
        (["DAILY"], "rate(1minutes)", False),
        (["DAILY"], "rate(1hours)", False),
        (["DAILY"], "rate(1days)", True),
        (["HOURLY", "DAILY"], "rate(1hours)", True),
        (["HOURLY"], "rate(1days)", False),
        (["WEEKLY"], "cron(0 6 ? * MON *)", True),
    ],
)
def test_a_schedule_has_a_frequency_that_the_connector_supports(
    client: Any, supported: list[str], expression: str, is_supported: bool
) -> None:
    sell(client, supportedSchedulingFrequencies=supported)
    request = shop_flow(triggerConfig=scheduled(scheduleExpression=expression))
    if is_supported:
        assert client.create_flow(**request)["flowStatus"] == "Draft"
        return
    with pytest.raises(client.exceptions.ValidationException, match="none of the frequencies that the source"):
        client.create_flow(**request)
