"""Connector profiles over AWS PrivateLink: PENDING for a while, then CREATED or FAILED."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from tests.local.appflow.conftest import BUCKET, Aws, Org, flow_request, profile_request, run_and_wait
from tests.local.appflow.destinations.test_salesforce import write_request
from tests.local.appflow.profiles.test_rules import LOGIN, SAP, SERVICE, request

MINUTES = 240.0


def create_private(client: Any, org: Org, **credentials: Any) -> None:
    client.create_connector_profile(**profile_request(org, **credentials) | {"connectionMode": "Private"})


def state(client: Any, name: str = "SalesForceAPI") -> dict[str, str]:
    (profile,) = client.describe_connector_profiles(connectorProfileNames=[name])["connectorProfileDetails"]
    found: dict[str, str] = profile["privateConnectionProvisioningState"]
    return found


def test_a_private_connection_is_pending_until_its_time_has_come(appflow: Any, org: Org) -> None:
    settings.private_connection_seconds = MINUTES
    create_private(appflow, org)
    assert state(appflow) == {"status": "PENDING"}
    settings.advance_clock(MINUTES + 1)
    assert state(appflow) == {"status": "CREATED"}


def test_a_private_connection_takes_no_time_unless_told_so(appflow: Any, org: Org) -> None:
    create_private(appflow, org)
    assert state(appflow) == {"status": "CREATED"}


def test_a_public_profile_has_no_private_connection(appflow: Any, org: Org) -> None:
    appflow.create_connector_profile(**profile_request(org))
    (profile,) = appflow.describe_connector_profiles()["connectorProfileDetails"]
    assert "privateConnectionProvisioningState" not in profile


def test_nothing_goes_through_a_pending_connection(aws: Aws, appflow: Any, org: Org) -> None:
    aws.make_bucket()
    settings.private_connection_seconds = MINUTES
    create_private(appflow, org)
    with pytest.raises(appflow.exceptions.ValidationException, match="SalesForceAPI is PENDING"):
        appflow.create_flow(**flow_request())
    with pytest.raises(appflow.exceptions.ValidationException, match="SalesForceAPI is PENDING"):
        appflow.list_connector_entities(connectorProfileName="SalesForceAPI")
    settings.advance_clock(MINUTES + 1)
    appflow.create_flow(**flow_request())
    assert run_and_wait(appflow, "accounts")["executionStatus"] == "Successful"


def test_a_pending_connection_is_no_destination_either(aws: Aws, appflow: Any, org: Org) -> None:
    aws.make_bucket()
    aws.client("s3").put_object(Bucket=BUCKET, Key="in/rows.csv", Body=b"Name\nExample\n")
    settings.private_connection_seconds = MINUTES
    create_private(appflow, org)
    with pytest.raises(appflow.exceptions.ValidationException, match="SalesForceAPI is PENDING"):
        appflow.create_flow(**write_request())


def test_a_run_over_a_pending_connection_ends_in_error(connected: Any, org: Org) -> None:
    connected.create_flow(**flow_request())
    settings.private_connection_seconds = MINUTES
    update = profile_request(org) | {"connectionMode": "Private"}
    del update["connectorType"]
    connected.update_connector_profile(**update)
    record = run_and_wait(connected, "accounts")
    assert record["executionStatus"] == "Error"
    assert "PENDING" in record["executionResult"]["errorInfo"]["executionMessage"]


def test_a_login_that_fails_makes_the_connection_fail_not_the_request(appflow: Any, org: Org) -> None:
    create_private(appflow, org, accessToken="example-dead-token")
    failed = state(appflow)
    assert (failed["status"], failed["failureCause"]) == ("FAILED", "CONNECTOR_AUTHENTICATION")
    assert "INVALID_SESSION_ID" in failed["failureMessage"]
    assert "example-dead-token" not in failed["failureMessage"]
    with pytest.raises(appflow.exceptions.ConnectorAuthenticationException, match="INVALID_SESSION_ID"):
        appflow.list_connector_entities(connectorProfileName="SalesForceAPI")


def test_an_org_that_cannot_be_reached_makes_the_connection_fail(appflow: Any, org: Org) -> None:
    private = profile_request(org) | {"connectionMode": "Private"}
    private["connectorProfileConfig"]["connectorProfileProperties"]["Salesforce"]["instanceUrl"] = "http://127.0.0.1:1"
    appflow.create_connector_profile(**private)
    assert state(appflow)["failureCause"] == "CONNECTOR_SERVER"


def test_an_update_mends_a_failed_connection(appflow: Any, org: Org) -> None:
    create_private(appflow, org, accessToken="example-dead-token")
    assert state(appflow)["status"] == "FAILED"
    update = profile_request(org) | {"connectionMode": "Private"}
    del update["connectorType"]
    appflow.update_connector_profile(**update)
    assert state(appflow) == {"status": "CREATED"}


def test_an_endpoint_that_exists_is_used_again_at_once(appflow: Any) -> None:
    private = request("SAPOData", SAP | SERVICE, {"basicAuthCredentials": LOGIN}, "Private")
    settings.private_connection_seconds = MINUTES
    appflow.create_connector_profile(**private | {"connectorProfileName": "first"})
    settings.advance_clock(MINUTES + 1)
    appflow.create_connector_profile(**private | {"connectorProfileName": "second"})
    assert state(appflow, "second") == {"status": "CREATED"}
