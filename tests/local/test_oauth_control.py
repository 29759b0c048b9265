"""Trouble of the OAuth endpoints, planned over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from airflow_provider_appflow_isv.local.oauth_faults import KINDS
from airflow_provider_appflow_isv.local.stack import LocalStack

EXAMPLES: dict[str, dict[str, Any]] = {
    "Refusal": {"error": "app_blocked", "description": "this app is blocked by admin", "status": 400},
    "Answer": {"body": "<html>", "status": 200, "content_type": "text/html"},
    "Redirect": {"url": "https://elsewhere.example", "status": 307},
    "Altered": {"members": {"signature": "AAAA", "id": None}},
    "Huge": {"size": 100},
    "Slow": {"seconds": 0.5},
    "Lost": {},
}


@pytest.fixture(scope="module")
def stack() -> Iterator[LocalStack]:
    with LocalStack() as running:
        running.orgs.create("tenant-a", accounts=1)
        running.instances.create("tenant-a", incidents=1)
        yield running


@pytest.fixture(autouse=True)
def nothing_planned() -> Iterator[None]:
    yield
    settings.reset()


def _ask(stack: LocalStack, method: str, body: Any = None) -> tuple[int, Any]:
    headers = {"Content-Type": "application/json"}
    answer = requests.request(method, f"{stack.aws_url}/local/oauth-faults", json=body, headers=headers, timeout=30)
    return answer.status_code, answer.json()


def _token_status(stack: LocalStack) -> int:
    org = stack.orgs["tenant-a"]
    user, app = org.add_user("loader@tenant-a.example"), org.add_connected_app()
    form = {"grant_type": "password", "client_id": app.client_id, "client_secret": app.client_secret}
    login = {"username": user.username, "password": user.password + user.security_token}
    return requests.post(f"{stack.saas_url}/services/oauth2/token", data={**form, **login}, timeout=10).status_code


@pytest.mark.parametrize("effect", KINDS)
def test_what_is_planned_is_listed(stack: LocalStack, effect: str) -> None:
    asked = {"org": "tenant-a", "effect": effect, **EXAMPLES[effect]}
    listed = {"faults": [{**asked, "endpoint": "token", "request": 1}]}
    assert _ask(stack, "POST", asked) == (201, listed)
    assert _ask(stack, "GET") == (200, listed)
    assert _ask(stack, "DELETE", {}) == (200, {"faults": []})


def test_requests_fail_as_planned(stack: LocalStack) -> None:
    refusal = {"org": "tenant-a", "effect": "Refusal", "error": "system_down", "times": 2, "after": 1}
    _, listed = _ask(stack, "POST", refusal)
    assert [fault["request"] for fault in listed["faults"]] == [2, 3]
    assert [_token_status(stack) for _ in range(4)] == [200, 503, 503, 200]
    assert _ask(stack, "GET") == (200, {"faults": []})


def test_each_endpoint_has_its_own_plan(stack: LocalStack) -> None:
    _ask(stack, "POST", {"org": "tenant-a", "effect": "Lost", "endpoint": "introspect"})
    _ask(stack, "POST", {"instance": "tenant-a", "effect": "Lost"})
    _, listed = _ask(stack, "GET")
    assert [(fault.get("org"), fault.get("instance"), fault["endpoint"]) for fault in listed["faults"]] == [
        ("tenant-a", None, "introspect"),
        (None, "tenant-a", "token"),
    ]
    assert _token_status(stack) == 200


def test_a_reset_takes_it_back(stack: LocalStack) -> None:
    _ask(stack, "POST", {"org": "tenant-a", "effect": "Lost"})
    requests.post(f"{stack.aws_url}/local/reset", json={}, timeout=30).raise_for_status()
    assert _token_status(stack) == 200


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"effect": "Lost"}, "org: give the name of a Salesforce org, or as instance"),
        ({"org": "tenant-a", "instance": "tenant-a", "effect": "Lost"}, "org: give the name"),
        ({"org": "tenant-z", "effect": "Lost"}, "org: must be one of tenant-a, not 'tenant-z'"),
        ({"instance": [], "effect": "Lost"}, "instance: must be one of tenant-a, not []"),
        ({"org": "tenant-a"}, "effect: must be one of Refusal, Answer, "),
        ({"org": "tenant-a", "effect": "Drop"}, "effect: must be one of Refusal, Answer, "),
        ({"org": "tenant-a", "effect": "Refusal"}, "error: Refusal needs it"),
        ({"org": "tenant-a", "effect": "Refusal", "error": "made_up"}, "error: must be one of access_denied, "),
        (
            {"org": "tenant-a", "effect": "Refusal", "error": "app_blocked", "status": 1},
            "status: must be a whole number",
        ),
        ({"org": "tenant-a", "effect": "Altered", "members": {}}, "members: must be an object"),
        ({"org": "tenant-a", "effect": "Slow", "seconds": "1"}, "seconds: must be a number of seconds"),
        ({"org": "tenant-a", "effect": "Lost", "times": 0}, "times: must be a whole number, 1 or more"),
        ({"org": "tenant-a", "effect": "Lost", "after": -1}, "after: must be a whole number, 0 or more"),
        ({"org": "tenant-a", "effect": "Lost", "endpoint": "authorize"}, "endpoint: must be one of token, "),
        ({"org": "tenant-a", "effect": "Lost", "count": 1}, "count: Lost has no such member"),
    ],
)
def test_a_wrong_plan_is_refused_by_its_member(stack: LocalStack, body: Any, message: str) -> None:
    status, answer = _ask(stack, "POST", body)
    assert status == 400
    assert answer["message"].startswith(message)
    assert _ask(stack, "GET") == (200, {"faults": []})
