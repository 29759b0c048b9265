from __future__ import annotations

import re
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_appflow_isv.local.appflow.exceptions import ValidationException
from airflow_provider_appflow_isv.local.appflow.wire.validation import validate
from tests.local.appflow.conftest import Aws, flow_request

FLOW_NAME = re.compile(r"[a-zA-Z0-9][\w!@#.-]+", re.ASCII)


def violations(operation: str, params: dict[str, Any]) -> str:
    with pytest.raises(ValidationException) as error:
        validate(operation, params)
    return error.value.message


@given(st.text(max_size=300) | st.from_regex(FLOW_NAME, fullmatch=True))
def test_flow_names_are_taken_exactly_if_they_match_the_models_pattern(name: str) -> None:
    good = len(name) <= 256 and FLOW_NAME.fullmatch(name) is not None
    if good:
        assert validate("DescribeFlow", {"flowName": name}) == {"flowName": name}
    else:
        assert "'flowName'" in violations("DescribeFlow", {"flowName": name})


@given(st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.none())))
def test_whatever_comes_is_either_valid_or_refused_by_name(params: dict[str, Any]) -> None:
    assert "'flowName'" in violations("CreateFlow", {**params, "flowName": 1})


def test_several_violations_stand_in_one_message_over_http(aws: Aws, connected: Any) -> None:
    request = flow_request("bad name", clientToken="t")
    request["triggerConfig"]["triggerType"] = "Nope"
    request["tasks"][0]["taskProperties"] = {"BOGUS": "x"}
    request["destinationFlowConfigList"][0]["connectorType"] = "ZZ"
    with pytest.raises(connected.exceptions.ValidationException) as error:
        connected.create_flow(**request)
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    message = error.value.response["Error"]["Message"]
    assert message.startswith(
        "4 validation errors detected: Value 'bad name' at 'flowName' failed to satisfy constraint:"
    )
    assert "'triggerConfig.triggerType'" in message
    assert "'destinationFlowConfigList.1.member.connectorType'" in message
    assert "'tasks.1.member.taskProperties.key'" in message


@pytest.mark.parametrize(
    ("operation", "params", "part"),
    [
        ("StartFlow", {}, "Value null at 'flowName' failed to satisfy constraint: Member must not be null"),
        ("StartFlow", {"flowName": None}, "Value null at 'flowName'"),
        ("StartFlow", {"flowName": "x"}, "Member must satisfy regular expression pattern"),
        ("StartFlow", {"flowName": "x" * 257}, "Member must have length less than or equal to 256"),
        ("StartFlow", {"flowName": 7}, "Member must be of type string"),
        ("StartFlow", {"flowName": "ok", "clientToken": ""}, "Member must have length greater than or equal to 1"),
        ("ListFlows", {"maxResults": 101}, "Member must have value less than or equal to 100"),
        ("ListFlows", {"maxResults": 0}, "Member must have value greater than or equal to 1"),
        ("ListFlows", {"maxResults": True}, "Member must be of type integer"),
        ("ListFlows", {"nextToken": "a b"}, "'nextToken'"),
        ("ListConnectorEntities", {"maxResults": 10001}, "less than or equal to 10000"),
        ("CancelFlowExecutions", {"flowName": "ok", "executionIds": ["x"] * 101}, "less than or equal to 100"),
        ("CancelFlowExecutions", {"flowName": "ok", "executionIds": "x"}, "Member must be a list"),
        ("DescribeConnector", {"connectorType": "salesforce"}, "Member must satisfy enum value set: [Salesforce,"),
        ("TagResource", {"resourceArn": "arn:aws:x", "tags": {"aws:x": "v"}}, "'tags.key'"),
        ("DeleteFlow", {"flowName": "ok", "forceDelete": "yes"}, "Member must be of type boolean"),
    ],
)
def test_a_violation_names_member_and_constraint(operation: str, params: dict[str, Any], part: str) -> None:
    message = violations(operation, params)
    assert re.match(r"\d validation errors? detected: ", message)
    assert part in message


def test_a_bad_time_is_refused() -> None:
    request = flow_request(
        triggerConfig={
            "triggerType": "Scheduled",
            "triggerProperties": {"Scheduled": {"scheduleExpression": "rate(1days)", "scheduleStartTime": "soon"}},
        }
    )
    assert "Member must be a timestamp" in violations("CreateFlow", request)


@pytest.mark.parametrize("text", ["database_1", "größe 😀"])
def test_the_patterns_that_are_written_for_utf16_work(text: str) -> None:
    catalog = {"roleArn": "arn:aws:iam::123456789012:role/x", "databaseName": text, "tablePrefix": "p"}
    request = flow_request(metadataCatalogConfig={"glueDataCatalog": catalog})
    assert validate("CreateFlow", request)["metadataCatalogConfig"]["glueDataCatalog"]["databaseName"] == text


def test_members_that_the_model_does_not_know_are_dropped() -> None:
    assert validate("StartFlow", {"flowName": "ok", "bogus": 1, "clientToken": None}) == {"flowName": "ok"}


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40))
def test_no_credential_is_ever_repeated(noise: str) -> None:
    secret = f"~planted~{noise}"
    credentials = {
        "Salesforce": {"accessToken": [secret], "refreshToken": {"x": secret}, "jwtToken": f" {secret}"},
        "Slack": {"clientId": secret * 100, "clientSecret": {"a": secret}},
        "CustomConnector": {"authenticationType": secret, "custom": {"credentialsMap": {secret * 20: 1}}},
    }
    request = {
        "connectorProfileName": "example",
        "connectorType": "Salesforce",
        "connectionMode": "Nope",
        "connectorProfileConfig": {"connectorProfileProperties": {}, "connectorProfileCredentials": credentials},
    }
    message = violations("CreateConnectorProfile", request)
    assert secret not in message
    assert "connectorProfileCredentials.Salesforce.accessToken" in message


@pytest.mark.parametrize("body", ["[]", "{", '"x"', "7"])
def test_a_body_that_is_no_object_is_refused(aws: Aws, body: str) -> None:
    headers = {
        "Authorization": "AWS4-HMAC-SHA256 Credential=local/20260101/us-west-2/appflow/aws4_request",
        "Content-Type": "application/json",
    }
    answer = requests.post(f"{aws.url}/list-flows", data=body, headers=headers, timeout=30)
    assert answer.status_code == 400
    assert answer.headers["x-amzn-errortype"] == "ValidationException"
    assert answer.json()["message"] == "The request body is not a JSON object."


HEADERS = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=local/20260101/us-west-2/appflow/aws4_request",
    "Content-Type": "application/json",
}


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 100_000, b"\xff\xfe", b'{"flowName": "\xff"}'])
def test_a_body_that_cannot_be_read_is_refused_like_one_that_is_no_object(aws: Aws, body: bytes) -> None:
    answer = requests.post(f"{aws.url}/list-flows", data=body, headers=HEADERS, timeout=30)
    assert answer.status_code == 400
    assert answer.headers["x-amzn-errortype"] == "ValidationException"
    assert answer.json()["message"] == "The request body is not a JSON object."


def test_text_that_utf8_cannot_encode_is_refused() -> None:
    request = flow_request(description="half \ud800", tags={"\ud800": "v"})
    message = violations("CreateFlow", request)
    assert "Value 'half ?' at 'description' failed to satisfy constraint: Member must be a text that UTF-8" in message
    assert "'tags.key'" in message
    assert message.encode()


def test_a_long_value_is_cut() -> None:
    message = violations("DescribeFlow", {"flowName": "x y" * 200})
    assert f"Value '{('x y' * 200)[:100]}...' at 'flowName'" in message


@pytest.mark.parametrize(
    "config",
    [
        "planted",
        {"connectorProfileProperties": "planted"},
        {"connectorProfileProperties": {"Salesforce": {"instanceUrl": "planted" * 100}}},
        {
            "connectorProfileProperties": {
                "CustomConnector": {
                    "oAuth2Properties": {
                        "tokenUrl": "https://example.com/t",
                        "oAuth2GrantType": "CLIENT_CREDENTIALS",
                        "tokenUrlCustomProperties": {"planted key": "planted\n" * 300},
                    }
                }
            }
        },
    ],
)
def test_nothing_of_a_profiles_configuration_is_repeated(config: Any) -> None:
    request = {"connectorProfileName": "x", "connectorType": "Salesforce", "connectionMode": "Public"}
    message = violations("CreateConnectorProfile", request | {"connectorProfileConfig": config})
    assert "connectorProfileConfig" in message
    assert "planted" not in message
