"""All operations of AppFlow: every answer is as the model has it, every request is judged as the model says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import pytest
import requests
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # comes without types

from airflow_provider_appflow_isv.local.appflow.connectors.custom_connectors import provide, withdraw
from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from airflow_provider_appflow_isv.local.appflow.wire.service_model import service_model
from tests.local.appflow.conftest import (
    ACCOUNT,
    REGION,
    Aws,
    Org,
    ended_record,
    flow_request,
    map_fields,
    profile_request,
    run_and_wait,
    scheduled,
)
from tests.local.appflow.shapes import allowed, forbidden, schema
from tests.local.appflow.shop import CONFIGURATION, LAMBDA, Shop, register_request, shop_flow, shop_profile

if TYPE_CHECKING:
    from botocore.model import OperationModel

OPERATIONS: list[str] = list(service_model().operation_names)
ARN = f"arn:aws:appflow:{REGION}:{ACCOUNT}:flow/accounts"
EXAMPLES = 12  # of each operation


class Answers:
    """Looks at the body of every answer that a client gets."""

    def __init__(self, client: Any) -> None:
        self.seen: set[str] = set()
        client.meta.events.register("before-parse.appflow", self.look)

    def look(self, operation_model: OperationModel, response_dict: dict[str, Any], **_: Any) -> None:
        if response_dict["status_code"] >= 300:
            return
        self.seen.add(operation_model.name)
        assert response_dict["headers"]["Content-Type"] == "application/json"
        shape = operation_model.output_shape
        assert shape is not None
        body = json.loads(response_dict["body"])
        problems = [
            f"{operation_model.name}: {problem.json_path}: {problem.message}"
            for problem in Draft202012Validator(schema(shape)).iter_errors(body)
        ]
        assert problems == []


@pytest.fixture
def client(aws: Aws, org: Org) -> Iterator[Any]:
    provide(LAMBDA, CONFIGURATION, Shop)
    Shop.orders = [{"id": "1", "state": "paid"}]
    aws.make_bucket()
    yield aws.client("appflow")
    withdraw(LAMBDA)


def update_of(request: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in request.items() if name not in ("connectorType", "connectorLabel", "tags")}


def connect(client: Any, org: Org) -> None:
    """Custom connectors and connector profiles, in every state that they can show."""
    client.register_connector(**register_request(description="Orders of a shop"))
    client.update_connector_registration(connectorLabel="shop")
    client.create_connector_profile(**shop_profile())
    client.create_connector_profile(**profile_request(org))
    client.update_connector_profile(**update_of(profile_request(org)))
    for name, token in (("private", org.access_token), ("failed", "example-dead-token")):
        request = profile_request(org, name, accessToken=token)
        client.create_connector_profile(**request | {"connectionMode": "Private"})
    settings.private_connection_seconds = 60
    client.create_connector_profile(**profile_request(org, "pending") | {"connectionMode": "Private"})
    states = client.describe_connector_profiles()["connectorProfileDetails"]
    assert len({str(each.get("privateConnectionProvisioningState", {}).get("status")) for each in states}) == 4


def explore(client: Any) -> None:
    """Everything about connectors and their entities."""
    token: dict[str, str] = {}
    for _ in range(2):
        answer = client.describe_connectors(**token)
        token = {"nextToken": answer.get("nextToken", "")}
    for connector in service_model().shape_for("ConnectorType").metadata["enum"]:
        if connector != "CustomConnector":
            client.describe_connector(connectorType=connector)
    client.describe_connector(connectorType="CustomConnector", connectorLabel="shop")
    client.list_connectors()
    for profile, entity in (("shop-a", "orders"), ("SalesForceAPI", "Account")):
        client.list_connector_entities(connectorProfileName=profile, maxResults=1)
        client.describe_connector_entity(connectorProfileName=profile, connectorEntityName=entity)
    client.reset_connector_metadata_cache(connectorProfileName="SalesForceAPI")


def run_flows(client: Any) -> None:
    """Flows of each trigger, with runs that are going on, well ended, failed and cancelled."""
    client.create_flow(**flow_request(tags={"team": "a"}, description="Accounts of tenant-a"))
    client.create_flow(**shop_flow())
    client.create_flow(**flow_request("later", triggerConfig=scheduled(), tasks=map_fields("Id")))
    client.update_flow(**update_of(flow_request(tasks=map_fields("Id"))))
    assert run_and_wait(client, "accounts")["executionStatus"] == "Successful"
    with settings.held():
        execution_id = client.start_flow(flowName="accounts")["executionId"]
        client.describe_flow_execution_records(flowName="accounts")
        client.cancel_flow_executions(flowName="accounts", executionIds=[execution_id, "absent"])
    assert ended_record(client, "accounts", execution_id)["executionStatus"] == "Canceled"
    withdraw(LAMBDA)
    assert run_and_wait(client, "orders")["executionStatus"] == "Error"
    client.start_flow(flowName="later")
    for name in ("accounts", "orders", "later"):
        client.describe_flow(flowName=name)
    client.list_flows(maxResults=2)
    client.stop_flow(flowName="later")


def tidy_up(client: Any) -> None:
    client.tag_resource(resourceArn=ARN, tags={"stage": "test"})
    client.untag_resource(resourceArn=ARN, tagKeys=["team"])
    client.list_tags_for_resource(resourceArn=ARN)
    for name in ("accounts", "orders", "later"):
        client.delete_flow(flowName=name)
    client.delete_connector_profile(connectorProfileName="SalesForceAPI")
    client.unregister_connector(connectorLabel="shop", forceDelete=True)


def test_every_operation_answers_as_the_model_has_it(client: Any, org: Org) -> None:
    answers = Answers(client)
    connect(client, org)
    explore(client)
    run_flows(client)
    tidy_up(client)
    assert answers.seen == set(OPERATIONS)


def test_the_body_of_an_answer_without_members_is_an_empty_object(client: Any, org: Org) -> None:
    client.create_connector_profile(**profile_request(org))
    bodies: list[bytes] = []
    client.meta.events.register("before-parse.appflow", lambda response_dict, **_: bodies.append(response_dict["body"]))
    client.delete_connector_profile(connectorProfileName="SalesForceAPI")
    assert json.loads(bodies[-1]) == {}


def send(aws: Aws, operation: str, params: dict[str, Any]) -> requests.Response:
    """Send a request as it is: no SDK looks at it before."""
    http = service_model().operation_model(operation).http
    body = {name: value for name, value in params.items() if name != "resourceArn"}
    path = http["requestUri"].replace("{resourceArn}", quote(str(params.get("resourceArn")), safe=""))
    if http["method"] == "DELETE":
        path += "?" + urlencode({"tagKeys": body.pop("tagKeys", [])}, doseq=True)
    credential = f"local/20260101/{REGION}/appflow/aws4_request"
    headers = {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0",
        "Content-Type": "application/json",
        "x-moto-account-id": ACCOUNT,
    }
    data = json.dumps(body) if http["method"] == "POST" else None
    return requests.request(http["method"], aws.url + path, data=data, headers=headers, timeout=60)


def can_be_sent(params: Any) -> bool:
    """Whether a request has its address, and nothing but texts where HTTP has no other types."""
    if not isinstance(params, dict):
        return False
    keys, arn = params.get("tagKeys", ["key"]), params.get("resourceArn", "arn")
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        return False
    return bool(keys) and isinstance(arn, str) and arn.strip("./ ") != ""


a_few = hypothesis_settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_the_model_allows_is_answered_or_refused_but_never_breaks(aws: Aws, operation: str) -> None:
    shape = service_model().operation_model(operation).input_shape
    assert shape is not None

    @a_few
    @given(allowed(shape).filter(can_be_sent))
    def check(params: dict[str, Any]) -> None:
        response = send(aws, operation, params)
        assert response.status_code < 500, (params, response.text)
        if response.status_code >= 400:
            code = response.headers["x-amzn-errortype"]
            assert "validation error" not in response.json()["message"], (code, params, response.text)

    check()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_the_model_forbids_is_a_validation_exception(aws: Aws, operation: str) -> None:
    shape = service_model().operation_model(operation).input_shape
    assert shape is not None

    @a_few
    @given(forbidden(shape).filter(can_be_sent))
    def check(params: dict[str, Any]) -> None:
        response = send(aws, operation, params)
        assert response.status_code == 400, (params, response.text)
        assert response.headers["x-amzn-errortype"] == "ValidationException"
        assert "validation error" in response.json()["message"]

    check()
