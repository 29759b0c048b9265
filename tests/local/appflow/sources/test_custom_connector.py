"""Flows that read from a custom connector: what of its records goes on, and what it may not return."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from airflow_provider_appflow_isv.local.appflow.connectors.custom_connectors import Query, provide, withdraw
from tests.local.appflow.conftest import Aws, run_and_wait
from tests.local.appflow.shop import CONFIGURATION, LAMBDA, Shop, register_request, shop_flow, shop_profile

MAP_ALL = {"taskType": "Map_all", "sourceFields": [], "taskProperties": {}}


class Careless(Shop):
    """A shop that returns whatever it has, asked for or not."""

    page: Any = None

    def read(self, query: Query) -> Iterator[Any]:
        yield self.page


@pytest.fixture
def careless(aws: Aws, appflow: Any) -> Iterator[Any]:
    """A client of an account with a profile of the careless shop and a bucket."""
    provide(LAMBDA, CONFIGURATION, Careless)
    appflow.register_connector(**register_request())
    appflow.create_connector_profile(**shop_profile())
    aws.make_bucket()
    yield appflow
    withdraw(LAMBDA)


def run(appflow: Any, page: Any, **changes: Any) -> dict[str, Any]:
    Careless.page = page
    appflow.create_flow(**shop_flow(**changes))
    return run_and_wait(appflow, "orders")


def written_as(file_type: str, **changes: Any) -> dict[str, Any]:
    (destination,) = shop_flow()["destinationFlowConfigList"]
    destination["destinationConnectorProperties"]["S3"]["s3OutputFormatConfig"] = {"fileType": file_type}
    return {"destinationFlowConfigList": [destination], **changes}


@pytest.mark.parametrize(
    ("file_type", "content"), [("JSON", b'{"id":1,"state":"paid"}\n'), ("CSV", b"id,state\n1,paid\n")]
)
def test_what_the_flow_did_not_ask_for_goes_nowhere(aws: Aws, careless: Any, file_type: str, content: bytes) -> None:
    page = [{"secret": "planted", "id": 1, "state": "paid"}]
    record = run(careless, page, **written_as(file_type, tasks=[MAP_ALL]))
    assert record["executionStatus"] == "Successful"
    assert list(aws.objects().values()) == [content]


def test_whatever_json_has_is_read(aws: Aws, careless: Any) -> None:
    state = [None, True, 1, 1.5, {"a": [Decimal("2.50")]}]
    run(careless, [{"id": "1", "state": state}])
    (content,) = aws.objects().values()
    assert content == b'{"id":"1","state":[null,true,1,1.5,{"a":[2.50]}]}\n'
    assert json.loads(content)["id"] == "1"


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ({"id": 1}, "A page of records is a list of dicts, not dict."),
        (["abc"], "A record is a dict of values by field, not str."),
        ([{"id": 1}, {"state": date(2024, 1, 1)}], "The field 'state' of a record has a value of type date"),
        ([{"state": [{"a": {1, 2}}]}], "The field 'state' of a record has a value of type set"),
        ([{"state": b"x"}], "The field 'state' of a record has a value of type bytes"),
        ([{"state": float("nan")}], "The field 'state' of a record has the number nan"),
        ([{"state": Decimal("Infinity")}], "The field 'state' of a record has the number Infinity"),
        ([{"state": {1: "x"}}], "The field 'state' of a record has a name of type int"),
        ([{1: "x"}], "The field 1 of a record has a name of type int"),
    ],
)
def test_what_is_no_list_of_records_ends_the_run_in_an_error_that_names_it(
    aws: Aws, careless: Any, page: Any, said: str
) -> None:
    record = run(careless, page)
    assert record["executionStatus"] == "Error"
    assert said in record["executionResult"]["errorInfo"]["executionMessage"]
    assert aws.objects() == {}
