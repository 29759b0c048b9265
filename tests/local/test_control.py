"""The local AppFlow's settings, clock and faults over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from airflow_provider_appflow_isv.local import identity
from airflow_provider_appflow_isv.local.appflow.controls.effects import Error, Timeout
from airflow_provider_appflow_isv.local.appflow.controls.faults import faults
from airflow_provider_appflow_isv.local.appflow.controls.quotas import Quotas, quotas
from airflow_provider_appflow_isv.local.appflow.controls.settings import Settings, settings
from airflow_provider_appflow_isv.local.seed import account_client
from airflow_provider_appflow_isv.local.stack import LocalStack

ACCOUNT = "123456789012"
DEFAULTS = {**Settings().values(), "enforce_identity": False}


@pytest.fixture(scope="module")
def stack() -> Iterator[LocalStack]:
    with LocalStack() as running:
        yield running


def _ask(stack: LocalStack, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    sent = {} if method == "GET" else {"Content-Type": "application/json"}
    answer = requests.request(
        method,
        f"{stack.aws_url}/local/{path}",
        data=None if body is None else json.dumps(body),
        headers=sent | headers,
        timeout=30,
    )
    return answer.status_code, answer.json()


def test_the_settings_can_be_read_and_changed(stack: LocalStack) -> None:
    assert _ask(stack, "GET", "settings") == (200, DEFAULTS)
    changed = {"run_seconds": 1.5, "hidden_polls": 2, "record_order": "shuffled"}
    assert _ask(stack, "PATCH", "settings", changed) == (200, DEFAULTS | changed)
    assert (settings.run_seconds, settings.hidden_polls, settings.record_order) == (1.5, 2, "shuffled")


def test_identity_policies_can_be_enforced(stack: LocalStack) -> None:
    assert _ask(stack, "PATCH", "settings", {"enforce_identity": True})[1]["enforce_identity"] is True
    assert identity.is_enforced()
    _ask(stack, "PATCH", "settings", {"enforce_identity": False})
    assert not identity.is_enforced()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"run_seconds": "1"}, "run_seconds: must be a number of seconds, 0 or more, not '1'"),
        ({"hidden_polls": -1}, "hidden_polls: must be a whole number, 0 or more, not -1"),
        ({"record_order": "random"}, "record_order: must be one of newest, oldest, shuffled, not 'random'"),
        ({"enforce_identity": 1}, "enforce_identity: must be true or false, not 1"),
        ({"hidden_seconds": 1, "seconds": 1}, "seconds: there is no such setting"),
        ([], "body: must be a JSON object"),
    ],
)
def test_a_wrong_change_is_refused_by_its_name_and_changes_nothing(
    stack: LocalStack, change: Any, message: str
) -> None:
    status, answer = _ask(stack, "PATCH", "settings", change)
    assert status == 400
    assert answer["message"].startswith(message)
    assert _ask(stack, "GET", "settings") == (200, DEFAULTS)


def test_the_clock_can_be_read_and_moved(stack: LocalStack) -> None:
    _, before = _ask(stack, "GET", "clock")
    status, after = _ask(stack, "POST", "clock", {"advance": 3600})
    assert status == 200
    assert after["now"] >= before["now"] + 3600
    assert settings.now() >= after["now"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "advance"),
        ({"advance": "1h"}, "advance"),
        ({"advance": 1e12}, "advance"),
        ({"advance": -1e12}, "advance"),
        ({"advance": 1, "to": 2}, "to"),
        ({"advance": 1, "wait": -1}, "wait"),
    ],
)
def test_a_wrong_move_of_the_clock_is_refused_by_its_name(stack: LocalStack, body: Any, field: str) -> None:
    status, answer = _ask(stack, "POST", "clock", body)
    assert status == 400
    assert answer["message"].startswith(f"{field}: ")


def test_the_quotas_can_be_read_and_changed(stack: LocalStack) -> None:
    before = _ask(stack, "GET", "quotas")[1]
    assert before == Quotas().values() | {"connector_profiles": before["connector_profiles"]}
    assert _ask(stack, "PATCH", "quotas", {"flows": 0, "run_seconds": 1.5})[1]["run_seconds"] == 1.5
    assert quotas.flows == 0
    _ask(stack, "POST", "reset", {})
    assert _ask(stack, "GET", "quotas")[1] == Quotas().values()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"flows": -1, "tags": 1}, "flows: must be a whole number, 0 or more, not -1"),
        ({"run_seconds": "1", "tags": 1}, "run_seconds: must be a number of seconds, 0 or more"),
        ({"tags": 1, "users": 1}, "users: there is no such quota"),
    ],
)
def test_a_wrong_quota_is_refused_by_its_name_and_changes_nothing(stack: LocalStack, change: Any, message: str) -> None:
    status, answer = _ask(stack, "PATCH", "quotas", change)
    assert status == 400
    assert answer["message"].startswith(message)
    assert quotas.tags == Quotas().tags


def test_faults_can_be_injected_listed_and_cleared(stack: LocalStack) -> None:
    fault = {"effect": "Error", "code": "ConflictException", "operation": "StartFlow", "times": 3}
    status, first = _ask(stack, "POST", "faults", fault)
    assert status == 201
    _, second = _ask(stack, "POST", "faults", {"effect": "Timeout", "flow": "f", "account": ACCOUNT, "times": None})
    listed = [
        {
            "id": first["id"],
            "effect": "Error",
            "code": "ConflictException",
            "message": "Injected fault.",
            "operation": "StartFlow",
            "flow": None,
            "account": None,
            "remaining": 3,
        },
        {
            "id": second["id"],
            "effect": "Timeout",
            "operation": None,
            "flow": "f",
            "account": ACCOUNT,
            "remaining": None,
        },
    ]
    assert _ask(stack, "GET", "faults") == (200, {"faults": listed})
    assert _ask(stack, "DELETE", f"faults/{first['id']}") == (200, {"faults": listed[1:]})
    assert _ask(stack, "DELETE", "faults") == (200, {"faults": []})


def test_a_fault_injected_over_http_is_one_injected_from_python(stack: LocalStack) -> None:
    _ask(stack, "POST", "faults", {"effect": "Error", "code": "ThrottlingException", "message": "Slow down."})
    _ask(stack, "POST", "faults", {"effect": "Timeout"})
    assert [fault.effect for fault in faults.injected()] == [Error("ThrottlingException", "Slow down."), Timeout()]
    appflow = account_client(stack.aws_url, ACCOUNT, "appflow")
    faults.clear(faults.injected()[1].number)
    assert appflow.list_flows()["ResponseMetadata"]["RetryAttempts"] == 1


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({}, "effect: must be one of Error, "),
        ({"effect": "Explosion"}, "effect: must be one of Error, "),
        ({"effect": "Error"}, "code: Error needs it"),
        ({"effect": "Error", "code": 500}, "code: must be an error code: letters only"),
        ({"effect": "Latency", "seconds": "long"}, "seconds: must be a number of seconds"),
        ({"effect": "Timeout", "seconds": 3}, "seconds: Timeout has no such member"),
        ({"effect": "Timeout", "operation": "Start"}, "operation: AppFlow has no 'Start'"),
        ({"effect": "Timeout", "times": "once"}, "times: must be a whole number"),
    ],
)
def test_a_wrong_fault_is_refused_by_its_member(stack: LocalStack, fault: Any, message: str) -> None:
    status, answer = _ask(stack, "POST", "faults", fault)
    assert status == 400
    assert answer["message"].startswith(message)
    assert faults.injected() == []


@pytest.mark.parametrize("identifier", ["999999", "first"])
def test_a_fault_that_is_not_there_cannot_be_cleared(stack: LocalStack, identifier: str) -> None:
    status, answer = _ask(stack, "DELETE", f"faults/{identifier}")
    assert status == 400
    assert answer["message"].startswith("id: ")


def test_a_reset_puts_settings_clock_and_faults_back(stack: LocalStack) -> None:
    _ask(stack, "PATCH", "settings", {"run_seconds": 5, "enforce_identity": True})
    _ask(stack, "POST", "clock", {"advance": 10**6})
    _ask(stack, "POST", "faults", {"effect": "Drop"})
    assert _ask(stack, "POST", "reset", {}) == (200, DEFAULTS)
    assert _ask(stack, "GET", "faults") == (200, {"faults": []})
    assert not identity.is_enforced()
    assert settings.now() < _ask(stack, "POST", "clock", {"advance": 10**6})[1]["now"] - 10**5


@pytest.mark.parametrize(
    ("method", "path"),
    [("PATCH", "settings"), ("POST", "clock"), ("POST", "faults"), ("DELETE", "faults"), ("POST", "reset")],
)
@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_what_a_page_in_a_browser_may_send_unasked_changes_nothing(
    stack: LocalStack, method: str, path: str, content_type: str
) -> None:
    settings.run_seconds = 7
    body = {"run_seconds": 1, "advance": 1, "effect": "Drop"}
    assert _ask(stack, method, path, body, **{"Content-Type": content_type})[0] == 415
    assert settings.run_seconds == 7


@pytest.mark.parametrize("host", ["attacker.example", "attacker.example:4566", "192.0.2.1", "127.0.0.1.example", ""])
def test_another_host_than_loopback_is_refused(stack: LocalStack, host: str) -> None:
    assert _ask(stack, "GET", "settings", Host=host)[0] == 403


@pytest.mark.parametrize("host", ["localhost", "localhost:4566", "127.0.0.1", "127.0.0.9:1", "[::1]:4566"])
def test_loopback_by_any_name_is_let_in(stack: LocalStack, host: str) -> None:
    assert _ask(stack, "GET", "settings", Host=host)[0] == 200


def test_no_page_of_another_origin_may_read_an_answer(stack: LocalStack) -> None:
    answer = requests.get(f"{stack.aws_url}/local/settings", headers={"Origin": "https://example.com"}, timeout=30)
    assert "access-control-allow-origin" not in answer.headers
    asked = requests.options(f"{stack.aws_url}/local/settings", headers={"Origin": "https://example.com"}, timeout=30)
    assert asked.status_code == 405
    assert "access-control-allow-origin" not in asked.headers


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "setting", 404),
        ("GET", "", 404),
        ("GET", "settings/run_seconds", 404),
        ("POST", "settings", 405),
        ("GET", "reset", 405),
        ("GET", "faults/1", 405),
    ],
)
def test_what_is_not_there_is_said(stack: LocalStack, method: str, path: str, status: int) -> None:
    answered, answer = _ask(stack, method, path, {})
    assert answered == status
    assert "/local/" in answer["message"]


def test_a_bucket_named_local_is_s3s(stack: LocalStack) -> None:
    s3 = account_client(stack.aws_url, ACCOUNT, "s3")
    s3.create_bucket(Bucket="local")
    s3.put_object(Bucket="local", Key="settings", Body=b"mine")
    assert s3.get_object(Bucket="local", Key="settings")["Body"].read() == b"mine"
