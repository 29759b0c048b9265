from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest

from airflow_provider_appflow_isv.local.appflow.connectors.custom_connectors import provide, withdraw
from tests.local.appflow.conftest import (
    ACCOUNT,
    REGION,
    Aws,
    message_of,
)
from tests.local.appflow.selling import registered, selling, shop
from tests.local.appflow.shop import CONFIGURATION, LAMBDA, PASSWORD, Shop, register_request, shop_profile

__all__ = ["registered", "selling", "shop"]  # fixtures

ARN = f"arn:aws:appflow:{REGION}:{ACCOUNT}:connector/shop"


def test_a_registered_connector_is_listed_with_what_it_says_of_itself(appflow: Any) -> None:
    arn = appflow.register_connector(**register_request(description="Orders of a shop"))["connectorArn"]
    (listed,) = appflow.list_connectors()["connectors"]
    described = appflow.describe_connector(connectorType="CustomConnector", connectorLabel="shop")
    configuration = described["connectorConfiguration"]
    assert arn == ARN == configuration["connectorArn"]
    assert listed.items() <= configuration.items()
    assert listed["connectorName"] == "Shop"
    assert listed["connectorDescription"] == "Orders of a shop"
    assert listed["registeredBy"] == f"arn:aws:iam::{ACCOUNT}:root"
    assert CONFIGURATION.items() <= configuration.items()
    assert configuration["connectorProvisioningConfig"] == {"lambda": {"lambdaArn": LAMBDA}}
    assert configuration["supportedTriggerTypes"] == ["Scheduled", "OnDemand"]


def test_registered_connectors_come_in_pages_by_label(appflow: Any) -> None:
    for label in ("shop-c", "shop-a", "shop-b"):
        appflow.register_connector(**register_request(label))
    first = appflow.list_connectors(maxResults=2)
    second = appflow.list_connectors(maxResults=2, nextToken=first["nextToken"])
    labels = [each["connectorLabel"] for page in (first, second) for each in page["connectors"]]
    assert labels == ["shop-a", "shop-b", "shop-c"]
    assert "nextToken" not in second


def test_connectors_are_apart_by_account_and_region(aws: Aws, registered: Any) -> None:
    assert aws.client("appflow", "999999999999").list_connectors()["connectors"] == []
    assert aws.client("appflow", region="eu-west-1").list_connectors()["connectors"] == []


def test_a_label_is_registered_once(registered: Any) -> None:
    with pytest.raises(registered.exceptions.ConflictException, match="shop is already registered"):
        registered.register_connector(**register_request())


def test_a_token_registers_once(appflow: Any) -> None:
    answers = [appflow.register_connector(**register_request(clientToken="t"))["connectorArn"] for _ in range(2)]
    assert answers == [ARN, ARN]
    with pytest.raises(appflow.exceptions.ConflictException, match="other parameters"):
        appflow.register_connector(**register_request("other", clientToken="t"))


@pytest.mark.parametrize("missing", ["connectorLabel", "connectorProvisioningType", "connectorProvisioningConfig"])
def test_a_registration_says_what_and_where(appflow: Any, missing: str) -> None:
    request = register_request()
    del request[missing]
    with pytest.raises(appflow.exceptions.ValidationException, match=missing):
        appflow.register_connector(**request)


@pytest.mark.parametrize("config", [{}, {"lambda": {"lambdaArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:queue"}}])
def test_a_registration_names_a_lambda_function(appflow: Any, config: dict[str, Any]) -> None:
    with pytest.raises(appflow.exceptions.ValidationException, match="lambda"):
        appflow.register_connector(**register_request(connectorProvisioningConfig=config))


@pytest.mark.parametrize("region", [REGION, "nowhere-1"])
def test_a_function_that_does_not_exist_is_not_found(appflow: Any, region: str) -> None:
    absent = f"arn:aws:lambda:{region}:{ACCOUNT}:function:absent"
    with pytest.raises(appflow.exceptions.ResourceNotFoundException, match="Function not found") as refusal:
        appflow.register_connector(**register_request(lambda_arn=absent))
    assert f"{provide.__module__}.provide()" in message_of(refusal)


def make_function(aws: Aws) -> tuple[Any, str]:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = aws.client("iam").create_role(RoleName="run", AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as package:
        package.writestr("main.py", "def handle(event, context): return {}")
    functions = aws.client("lambda")
    function = functions.create_function(
        FunctionName="real",
        Runtime="python3.11",
        Role=role["Role"]["Arn"],
        Handler="main.handle",
        Code={"ZipFile": archive.getvalue()},
    )
    return functions, function["FunctionArn"]


def test_a_function_that_appflow_may_not_invoke_is_refused(aws: Aws, appflow: Any) -> None:
    _, function_arn = make_function(aws)
    with pytest.raises(appflow.exceptions.AccessDeniedException, match=r"principal appflow\.amazonaws\.com"):
        appflow.register_connector(**register_request(lambda_arn=function_arn))


def test_a_function_that_appflow_may_invoke_is_registered_but_tells_nothing_of_itself(aws: Aws, appflow: Any) -> None:
    functions, function_arn = make_function(aws)
    functions.add_permission(
        FunctionName="real", StatementId="a", Action="lambda:InvokeFunction", Principal="appflow.amazonaws.com"
    )
    appflow.register_connector(**register_request(lambda_arn=function_arn))
    (listed,) = appflow.list_connectors()["connectors"]
    assert listed["connectorName"] == "shop"
    appflow.create_connector_profile(**shop_profile())
    with pytest.raises(appflow.exceptions.ClientError, match="no CustomConnector whose entities"):
        appflow.list_connector_entities(connectorProfileName="shop-a")


def test_an_update_takes_over_the_newest_version(registered: Any) -> None:
    provide(LAMBDA, {**CONFIGURATION, "connectorVersion": "2.0"}, Shop)

    def version() -> str:
        found = registered.describe_connector(connectorType="CustomConnector", connectorLabel="shop")
        return str(found["connectorConfiguration"]["connectorVersion"])

    assert version() == "1.0"
    assert registered.update_connector_registration(connectorLabel="shop")["connectorArn"] == ARN
    assert version() == "2.0"


def test_an_update_can_name_another_function_and_description(registered: Any) -> None:
    other = f"{LAMBDA}-2"
    provide(other, {"connectorName": "Other shop"}, Shop)
    config = {"lambda": {"lambdaArn": other}}
    registered.update_connector_registration(
        connectorLabel="shop", connectorProvisioningConfig=config, description="new"
    )
    withdraw(other)
    (listed,) = registered.list_connectors()["connectors"]
    assert (listed["connectorName"], listed["connectorDescription"]) == ("Other shop", "new")


def test_an_update_without_the_function_changes_nothing(registered: Any) -> None:
    withdraw(LAMBDA)
    with pytest.raises(registered.exceptions.ResourceNotFoundException, match="Function not found"):
        registered.update_connector_registration(connectorLabel="shop", description="new")
    (listed,) = registered.list_connectors()["connectors"]
    assert "connectorDescription" not in listed


def test_an_unregistered_connector_is_gone(registered: Any) -> None:
    registered.unregister_connector(connectorLabel="shop")
    assert registered.list_connectors()["connectors"] == []
    for call, request in (
        (registered.unregister_connector, {"connectorLabel": "shop"}),
        (registered.update_connector_registration, {"connectorLabel": "shop"}),
        (registered.describe_connector, {"connectorType": "CustomConnector", "connectorLabel": "shop"}),
    ):
        with pytest.raises(registered.exceptions.ResourceNotFoundException, match="shop does not exist"):
            call(**request)


def test_a_connector_in_use_is_unregistered_only_by_force(selling: Any) -> None:
    with pytest.raises(selling.exceptions.ConflictException, match=r"\[shop-a\]"):
        selling.unregister_connector(connectorLabel="shop")
    selling.unregister_connector(connectorLabel="shop", forceDelete=True)
    with pytest.raises(selling.exceptions.ClientError, match="no CustomConnector whose entities"):
        selling.list_connector_entities(connectorProfileName="shop-a")


def test_a_connector_can_be_tagged(registered: Any) -> None:
    registered.tag_resource(resourceArn=ARN, tags={"team": "a", "stage": "test"})
    registered.untag_resource(resourceArn=ARN, tagKeys=["stage"])
    assert registered.list_tags_for_resource(resourceArn=ARN)["tags"] == {"team": "a"}


def test_a_profile_cannot_be_tagged(selling: Any) -> None:
    arn = f"arn:aws:appflow:{REGION}:{ACCOUNT}:connectorprofile/shop-a"
    with pytest.raises(selling.exceptions.ResourceNotFoundException, match="connectorprofile/shop-a"):
        selling.tag_resource(resourceArn=arn, tags={"team": "a"})


def test_a_label_that_nobody_registered_is_refused_in_appflows_words(appflow: Any) -> None:
    with pytest.raises(appflow.exceptions.ResourceNotFoundException) as refusal:
        appflow.create_connector_profile(**shop_profile(label="BigQueryConnector"))
    assert message_of(refusal) == (
        "Connector:BigQueryConnector is not registered. Please register it first before creating ConnectorProfile."
    )


@pytest.mark.parametrize("label", ["HubSpot", "SalesforceMarketingCloud", "JDBCsmall", "GoogleAnalytics4"])
def test_the_connectors_of_aws_need_no_registration(appflow: Any, label: str) -> None:
    appflow.create_connector_profile(**shop_profile(label=label))
    (profile,) = appflow.describe_connector_profiles(connectorLabel=label)["connectorProfileDetails"]
    assert profile["connectorLabel"] == label
    with pytest.raises(appflow.exceptions.UnsupportedOperationException, match=f"connector {label} by name only"):
        appflow.list_connector_entities(connectorProfileName="shop-a")


def test_a_connector_of_aws_is_described_as_far_as_it_is_known(appflow: Any) -> None:
    described = appflow.describe_connector(connectorType="CustomConnector", connectorLabel="SalesforceMarketingCloud")
    assert described["connectorConfiguration"] == {
        "connectorType": "CustomConnector",
        "connectorLabel": "SalesforceMarketingCloud",
        "connectorName": "Salesforce Marketing Cloud",
        "connectorOwner": "AWS",
    }


@pytest.mark.parametrize(
    ("credentials", "reason"),
    [
        ({"authenticationType": "BASIC"}, "basic cannot be blank"),
        ({"authenticationType": "OAUTH2", "oauth2": {}}, "oAuth2Properties cannot be blank"),
        ({"authenticationType": "APIKEY", "apiKey": {"apiKey": "example"}}, "APIKEY is not supported"),
        (
            {"authenticationType": "CUSTOM", "custom": {"customAuthenticationType": "PIN"}},
            "credentialsMap must have pin",
        ),
        ({"authenticationType": "CUSTOM", "custom": {"customAuthenticationType": "TAN"}}, "must be one of PIN"),
    ],
)
def test_credentials_have_to_be_as_the_connector_wants_them(
    registered: Any, credentials: dict[str, Any], reason: str
) -> None:
    with pytest.raises(registered.exceptions.ValidationException, match=reason):
        registered.create_connector_profile(**shop_profile(credentials=credentials))


def test_a_profile_has_the_settings_that_the_connector_requires(registered: Any) -> None:
    request = shop_profile()
    request["connectorProfileConfig"]["connectorProfileProperties"]["CustomConnector"] = {}
    with pytest.raises(registered.exceptions.ValidationException, match="profileProperties must have shopUrl"):
        registered.create_connector_profile(**request)


def test_a_profile_needs_a_label(registered: Any) -> None:
    request = shop_profile()
    del request["connectorLabel"]
    with pytest.raises(registered.exceptions.ValidationException, match="connectorLabel cannot be blank"):
        registered.create_connector_profile(**request)


def test_credentials_that_the_connector_refuses_are_an_authentication_error(registered: Any) -> None:
    wrong = {"authenticationType": "BASIC", "basic": {"username": "user", "password": "wrong"}}
    with pytest.raises(registered.exceptions.ConnectorAuthenticationException, match="wrong password"):
        registered.create_connector_profile(**shop_profile(credentials=wrong))


def test_the_connector_tells_its_entities_and_fields(selling: Any) -> None:
    top = selling.list_connector_entities(connectorProfileName="shop-a", connectorType="CustomConnector")
    nested = selling.list_connector_entities(connectorProfileName="shop-a", entitiesPath="orders")
    fields = selling.describe_connector_entity(connectorProfileName="shop-a", connectorEntityName="orders")
    assert [each["name"] for each in top["connectorEntityMap"]["Objects"]] == ["broken", "orders"]
    assert nested["connectorEntityMap"] == {"Lines": [{"name": "lines", "hasNestedEntities": False}]}
    assert [each["identifier"] for each in fields["connectorEntityFields"]] == ["id", "state"]


def test_a_connector_that_crashes_gives_no_valid_response_and_no_secret_away(selling: Any) -> None:
    with pytest.raises(selling.exceptions.ConnectorServerException) as refusal:
        selling.describe_connector_entity(connectorProfileName="shop-a", connectorEntityName="broken")
    message = message_of(refusal)
    assert message.startswith(
        "Error while communicating to connector: Got error from connector. No valid response and error details found "
        "in the connector response. The connector raised KeyError in shop.py, line "
    )
    assert PASSWORD not in message


def test_what_is_provided_has_to_fit_the_model() -> None:
    with pytest.raises(ValueError, match="canUseAsSurce"):
        provide(LAMBDA, {"canUseAsSurce": True}, Shop)
    with pytest.raises(ValueError, match="supportedApiVersions"):
        provide(LAMBDA, {"supportedApiVersions": "v1"}, Shop)
