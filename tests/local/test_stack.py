from __future__ import annotations

import os
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError

from airflow_provider_appflow_isv.local.appflow.controls.effects import Drop, Error, Timeout
from airflow_provider_appflow_isv.local.appflow.controls.faults import faults
from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from airflow_provider_appflow_isv.local.appflow.models import appflow_backends
from airflow_provider_appflow_isv.local.seed import Seed, account_client
from airflow_provider_appflow_isv.local.stack import LocalStack
from tests.local.appflow.conftest import Org as AppFlowOrg
from tests.local.appflow.conftest import flow_request, make_org, profile_request, scheduled

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def stack() -> Iterator[LocalStack]:
    """Give a running stack that was not seeded."""
    with LocalStack() as running:
        yield running


def _client(stack: LocalStack, service: Any, **config: Any) -> Any:
    environment = stack.environment()
    return boto3.client(
        service,
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name=environment["AWS_DEFAULT_REGION"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        config=Config(**config),
    )


def test_one_endpoint_serves_appflow_beside_the_rest_of_aws(stack: LocalStack) -> None:
    assert _client(stack, "appflow").list_flows()["flows"] == []
    assert _client(stack, "s3").list_buckets()["Buckets"] == []


def test_the_salesforce_orgs_are_served(stack: LocalStack) -> None:
    org = stack.orgs.create("tenant-x", accounts=1)
    assert org.my_domain_url == f"{stack.saas_url}/orgs/tenant-x"
    assert requests.get(f"{org.my_domain_url}/services/data/", timeout=10).status_code == 200


def test_before_seeding_there_is_no_airflow_connection(stack: LocalStack) -> None:
    assert set(stack.environment()) == {
        "AWS_ENDPOINT_URL",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_DEFAULT_REGION",
        "AWS_EC2_METADATA_DISABLED",
        "NO_PROXY",
        "no_proxy",
    }


def test_no_proxy_stands_between_a_client_and_the_stack(stack: LocalStack) -> None:
    assert stack.environment()["NO_PROXY"].split(",")[0] == "127.0.0.1"


def test_a_second_stack_in_the_process_is_refused(stack: LocalStack) -> None:
    with pytest.raises(RuntimeError, match="runs in this process already"):
        LocalStack().start()
    assert _client(stack, "appflow").list_flows()["flows"] == []


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "localhost", "::1", ""])  # noqa: S104  # to be refused
def test_only_loopback_is_served(host: str) -> None:
    with pytest.raises(ValueError, match=r"host: .* use 127\.0\.0\.1"):
        LocalStack(host=host)


def test_another_address_of_loopback_is_served_with_its_orgs() -> None:
    with LocalStack(host="127.0.0.2") as stack:
        org = make_org(stack.orgs)
        appflow = _client(stack, "appflow")
        appflow.create_connector_profile(**profile_request(org))
        assert appflow.list_connector_entities(connectorProfileName="SalesForceAPI")["connectorEntityMap"]


def test_a_stack_that_does_not_run_has_no_environment_and_no_seed() -> None:
    with pytest.raises(RuntimeError, match="start it before asking"):
        LocalStack().environment()
    with pytest.raises(RuntimeError, match="start it before seeding"):
        LocalStack().seed()


def _refuses_connections(url: str) -> bool:
    host, port = url.removeprefix("http://").split(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) != 0


def test_a_stopped_stack_leaves_no_port_and_no_trace_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTO_ACCOUNT_ID", "999999999999")
    before = dict(os.environ)
    with LocalStack() as stack:
        assert os.environ["MOTO_S3_ALLOW_CROSSACCOUNT_ACCESS"] == "false"
        assert "MOTO_ACCOUNT_ID" not in os.environ
    assert _refuses_connections(stack.aws_url)
    assert _refuses_connections(stack.saas_url)
    assert dict(os.environ) == before


def test_a_stopped_stack_hangs_up_on_connections_that_clients_keep_open() -> None:
    with requests.Session() as session:
        with LocalStack() as stack:
            url = f"{stack.orgs.create('tenant-x', accounts=1).my_domain_url}/services/data/"
            assert session.get(url, timeout=10).status_code == 200
        with pytest.raises(requests.ConnectionError):
            session.get(url, timeout=10)


def test_a_stopped_stack_hangs_up_on_calls_that_still_wait_for_an_answer() -> None:
    with ThreadPoolExecutor() as threads, LocalStack() as stack:
        faults.inject(Timeout(), times=2)
        hit = faults.injected()[0]
        client = _client(stack, "appflow", retries={"total_max_attempts": 1})
        calls = [
            threads.submit(client.list_flows),
            threads.submit(client.describe_flow_execution_records, flowName="f"),
        ]
        while hit.remaining:
            threading.Event().wait(0.01)
        stack.stop()
        for call in calls:
            with pytest.raises(ConnectionClosedError):
                call.result()


def test_a_fault_of_connections_needs_a_running_stack() -> None:
    with LocalStack():
        faults.inject(Drop())
    with pytest.raises(ValueError, match="Drop needs the server of a running LocalStack"):
        faults.inject(Drop())


def test_the_servicenow_instances_are_served_beside_salesforce(stack: LocalStack) -> None:
    instance = stack.instances.create("tenant-x")
    assert instance.url.startswith(f"{stack.saas_url}/servicenow/")
    answer = requests.get(f"{instance.url}/api/now/table/incident", timeout=10)
    assert answer.status_code == 401
    assert "error" in answer.json()


def test_records_are_stamped_by_the_local_clock_and_tokens_die_by_the_machines(stack: LocalStack) -> None:
    org, instance = stack.orgs.create("tenant-x", accounts=1), stack.instances.create("tenant-x", 1)
    org.add_user("loader@example.com")
    session = org.sessions.issue("app", "loader@example.com", "api")
    settings.advance_clock(timedelta(days=30).total_seconds())
    record_id = org.insert("Account", Name="New")
    (created,) = [each["CreatedDate"] for each in org.records("Account") if each["Id"] == record_id]
    updated = instance.insert("incident", {"short_description": "new"})["sys_updated_on"]
    for stamp in (str(created), f"{updated}+00:00"):
        assert datetime.fromisoformat(stamp) > datetime.now(UTC) + timedelta(days=29)
    assert org.sessions.find(session.access_token) is not None


def test_stopping_twice_is_stopping_once() -> None:
    stack = LocalStack()
    stack.start()
    stack.stop()
    stack.stop()
    assert _refuses_connections(stack.aws_url)


def test_each_start_begins_with_an_empty_aws_without_faults() -> None:
    with LocalStack() as stack:
        _client(stack, "s3").create_bucket(Bucket="left-over")
        faults.inject(Error("AccessDeniedException"), operation="ListFlows")
    with stack:
        assert _client(stack, "s3").list_buckets()["Buckets"] == []
        assert _client(stack, "appflow").list_flows()["flows"] == []
        assert len(stack.orgs) == 0


@pytest.mark.parametrize("argument", ["aws_port", "saas_port"])
def test_a_port_in_use_is_named_and_nothing_stays_half_started(argument: str) -> None:
    before = dict(os.environ)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ports = {"aws_port": 0, "saas_port": 0, argument: port}
        with pytest.raises(OSError, match=rf"port {port} on 127\.0\.0\.1 can't be used .* choose another port"):
            LocalStack(**ports).start()
    assert dict(os.environ) == before
    with LocalStack() as stack:
        assert stack.aws_url


def test_the_ports_asked_for_are_served() -> None:
    with LocalStack() as first:
        ports = [int(url.rpartition(":")[2]) for url in (first.aws_url, first.saas_url)]
    with LocalStack(aws_port=ports[0], saas_port=ports[1]) as second:
        assert (second.aws_url, second.saas_url) == (first.aws_url, first.saas_url)


@pytest.mark.parametrize(("verbose", "logged"), [(False, False), (True, True)])
def test_requests_are_logged_only_when_asked(verbose: bool, logged: bool, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", logger="werkzeug"), LocalStack(verbose=verbose) as stack:
        requests.get(f"{stack.saas_url}/services/data/?token=planted-secret", timeout=10)
        requests.get(f"{stack.aws_url}/?X-Amz-Signature=planted-secret", timeout=10)
        _client(stack, "s3").list_buckets()
    assert ("GET /services/data/" in caplog.text) == logged
    assert ('"GET /" 200' in caplog.text) == logged
    assert "planted-secret" not in caplog.text
    assert bool(caplog.text) == logged


def _caller(stack: LocalStack, seed: Seed) -> str:
    sts = boto3.client(
        "sts",
        endpoint_url=stack.aws_url,
        region_name=seed.region,
        aws_access_key_id=seed.access_key_id,
        aws_secret_access_key=seed.secret_access_key,
    )
    return str(sts.get_caller_identity()["Account"])


def test_a_seed_that_went_with_a_reset_of_moto_is_made_anew(stack: LocalStack) -> None:
    first = stack.seed()
    stack.orgs.create("kept", accounts=1)
    stack.instances.create("kept", incidents=1)
    requests.post(f"{stack.aws_url}/moto-api/reset", timeout=30).raise_for_status()
    assert "AIRFLOW_CONN_ISV_AWS" not in stack.environment()
    second = stack.seed()
    assert second.access_key_id != first.access_key_id
    assert _caller(stack, second) == second.isv_account
    assert stack.environment()["AWS_ACCESS_KEY_ID"] == second.access_key_id
    expected = {"kept", *(tenant.name for tenant in second.tenants)}
    assert {org.name for org in stack.orgs} == {instance.name for instance in stack.instances} == expected
    assert stack.seed() is second


def test_a_reset_empties_all_while_the_servers_go_on(stack: LocalStack) -> None:
    url, first = stack.aws_url, stack.seed()
    stack.instances.create("tenant-x")
    _client(stack, "s3").create_bucket(Bucket="left-over")
    settings.run_seconds = 5
    faults.inject(Error("AccessDeniedException"), operation="ListFlows")
    stack.reset()
    assert (len(stack.orgs), len(stack.instances), faults.injected(), settings.run_seconds) == (0, 0, [], 0)
    assert _client(stack, "s3").list_buckets()["Buckets"] == []
    assert _client(stack, "appflow").list_flows()["flows"] == []
    assert stack.seed() is not first
    assert stack.aws_url == url


def test_a_stack_that_does_not_run_cannot_be_reset() -> None:
    with pytest.raises(RuntimeError, match="doesn't run; start it"):
        LocalStack().reset()


def test_a_stopped_stack_leaves_no_flow_that_runs_by_itself() -> None:
    with LocalStack() as stack:
        org = stack.orgs.create("tenant-x", accounts=1)
        org.add_user("user@example.com")
        appflow = _client(stack, "appflow")
        token = str(org.sessions.issue("app", "user@example.com", "api").access_token)
        appflow.create_connector_profile(**profile_request(AppFlowOrg(org, token)))
        everything = [{"taskType": "Map_all", "sourceFields": []}]
        changes = {"source": {"object": "AccountChangeEvent"}, "triggerConfig": {"triggerType": "Event"}}
        for request in (
            flow_request("hourly", everything, triggerConfig=scheduled()),
            flow_request("changes", everything, **changes),
        ):
            appflow.create_flow(**request)
            appflow.start_flow(flowName=request["flowName"])
        flows = appflow_backends["123456789012"]["us-east-1"].flows.flows
        activations = [flow.activation for flow in flows.values()]
        assert [activation.is_live for activation in activations if activation] == [True, True]
    assert [activation.is_live for activation in activations if activation] == [False, False]


@pytest.mark.parametrize("region", ["eu-north-1", "us-gov-west-1"])
def test_a_region_without_appflow_is_an_error_that_says_so(stack: LocalStack, region: str) -> None:
    client = account_client(stack.aws_url, "222222222222", "appflow", region)
    for call in (client.list_flows, partial(client.describe_flow_execution_records, flowName="accounts")):
        with pytest.raises(
            client.exceptions.ValidationException, match=f"not available in {region}. It is in: .*us-east-1"
        ):
            call()
