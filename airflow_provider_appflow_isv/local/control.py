"""Settings, quotas, clock and faults of the local AppFlow, and faults of OAuth endpoints, over HTTP.

Below ``/local/`` on the AWS endpoint.

For tests in another process than the local stack. A browser must not come here by accident: whatever changes something
has to say ``Content-Type: application/json``, which no page may send unasked, and the Host has to be loopback.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from airflow_provider_appflow_isv.local import identity, oauth_control
from airflow_provider_appflow_isv.local.appflow.controls import checks
from airflow_provider_appflow_isv.local.appflow.controls.checks import checked
from airflow_provider_appflow_isv.local.appflow.controls.faults import faults
from airflow_provider_appflow_isv.local.appflow.controls.quotas import quotas
from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from airflow_provider_appflow_isv.local.appflow.flows.scheduler import scheduler
from airflow_provider_appflow_isv.local.appflow.runs.engine import engine
from airflow_provider_appflow_isv.local.appflow.runs.reports import reports
from airflow_provider_appflow_isv.local.loopback import is_loopback

_PREFIX = "/local/"
_JSON = "application/json"
_PATIENCE = 30.0  # seconds that a move of the clock waits for what it brings, unless told otherwise
_IDENTITY = "enforce_identity"  # moto's reset ends this mode, so that it isn't one of the settings

Answer = tuple[int, dict[str, str], str]
Members = dict[str, Any]


class _RefusedError(Exception):
    def __init__(self, status: HTTPStatus, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers


def is_meant(scope: Mapping[str, Any]) -> bool:
    """Say whether an ASGI request is for this module: a call of AWS, e.g. for a bucket named local, is signed.

    :param scope: the request's scope.
    """
    if not scope["path"].startswith(_PREFIX) or scope["query_string"]:
        return False
    return all(name != b"authorization" for name, _ in scope["headers"])


def answer(scope: Mapping[str, Any], body: bytes) -> Answer:
    """Answer a request.

    :param scope: the request's ASGI scope.
    :param body: its body.
    :return: status, headers and JSON text.
    """
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    try:
        _check_host(headers.get(b"host", ""))
        content, status = _carry_out(scope["method"], scope["path"].removeprefix(_PREFIX), headers, body)
    except _RefusedError as error:
        return error.status, {"Content-Type": _JSON, **error.headers}, json.dumps({"message": str(error)})
    except ValueError as error:
        return HTTPStatus.BAD_REQUEST, {"Content-Type": _JSON}, json.dumps({"message": str(error)})
    return status, {"Content-Type": _JSON}, json.dumps(content)


def _carry_out(method: str, path: str, headers: Mapping[bytes, str], body: bytes) -> tuple[Any, int]:
    resource, _, identifier = path.partition("/")
    methods = _RESOURCES.get(resource)
    if methods is None or (identifier and resource != "faults"):
        paths = ", ".join(_PREFIX + name for name in _RESOURCES)
        raise _RefusedError(HTTPStatus.NOT_FOUND, f"There is no {_PREFIX}{path}; there are {paths}.")
    if method not in methods or (identifier and method != "DELETE"):
        allowed = "DELETE" if identifier else ", ".join(methods)
        raise _RefusedError(
            HTTPStatus.METHOD_NOT_ALLOWED, f"{_PREFIX}{path} takes {allowed}, not {method}.", Allow=allowed
        )
    if method != "GET" and headers.get(b"content-type", "").partition(";")[0].strip().lower() != _JSON:
        raise _RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Content-Type: must be {_JSON}.")
    if identifier:
        return _clear_fault(identifier), HTTPStatus.OK
    content = methods[method](_members(body) if method != "GET" else {})
    return content, HTTPStatus.CREATED if resource in _COLLECTIONS and method == "POST" else HTTPStatus.OK


def _check_host(host: str) -> None:
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    if not is_loopback(name):
        raise _RefusedError(HTTPStatus.FORBIDDEN, f"Host: must be a loopback address, not {host!r}.")


def _members(body: bytes) -> Members:
    try:
        members = json.loads(body) if body else {}
    except ValueError:
        members = None
    if not isinstance(members, dict):
        raise ValueError("body: must be a JSON object")
    return members


def _no_members(members: Members) -> None:
    if members:
        raise ValueError(f"{min(members)}: there is no such member; send {{}}")


def _settings(_: Members) -> Members:
    return {**settings.values(), _IDENTITY: identity.is_enforced()}


def _change_settings(members: Members) -> Members:
    values = dict(members)
    enforced = checked(_IDENTITY, checks.flag, values.pop(_IDENTITY)) if _IDENTITY in values else None
    settings.update(values)
    if enforced is not None:
        identity.enforce(enforced)
    return _settings({})


def _quotas(_: Members) -> Members:
    return dict(quotas.values())


def _change_quotas(members: Members) -> Members:
    quotas.update(members)
    return _quotas({})


def _clock(_: Members) -> Members:
    return {"now": settings.now()}


def _advance_clock(members: Members) -> Members:
    rest = dict(members)
    if "advance" not in rest:
        raise ValueError("advance: must be a number of seconds, and is missing")
    seconds = checked("advance", settings.move, rest.pop("advance"))
    wait = checked("wait", checks.seconds, rest.pop("wait", _PATIENCE))
    _no_members(rest)
    settings.advance_clock(seconds)
    return {**_clock({}), "done": _is_carried_out(min(wait, threading.TIMEOUT_MAX))}


def _is_carried_out(wait: float) -> bool:
    """Wait for what the clock has brought to be done; say whether it is."""
    until = time.monotonic() + wait
    try:
        scheduler.wait_until_idle(wait)
        engine.wait_until_kept(max(0.0, until - time.monotonic()))
        return reports.wait_until_done(max(0.0, until - time.monotonic()))
    except TimeoutError:
        return False


def _faults(_: Members) -> Members:
    return {"faults": [fault.describe() for fault in faults.injected()]}


def _inject(members: Members) -> Members:
    return {"id": faults.inject_json(members)}


def _clear_faults(members: Members) -> Members:
    _no_members(members)
    faults.clear()
    return _faults({})


def _clear_fault(identifier: str) -> Members:
    if not identifier.isdecimal():
        raise ValueError(f"id: must be a fault's number, not {identifier!r}")
    faults.clear(int(identifier))
    return _faults({})


def _oauth_faults(_: Members) -> Members:
    return {"faults": oauth_control.planned()}


def _plan_oauth_fault(members: Members) -> Members:
    oauth_control.plan_json(members)
    return _oauth_faults({})


def _clear_oauth_faults(members: Members) -> Members:
    _no_members(members)
    oauth_control.clear()
    return _oauth_faults({})


def _reset(members: Members) -> Members:
    _no_members(members)
    settings.reset()
    identity.enforce(False)
    return _settings({})


_RESOURCES: dict[str, dict[str, Callable[[Members], Members]]] = {
    "settings": {"GET": _settings, "PATCH": _change_settings},
    "quotas": {"GET": _quotas, "PATCH": _change_quotas},
    "clock": {"GET": _clock, "POST": _advance_clock},
    "faults": {"GET": _faults, "POST": _inject, "DELETE": _clear_faults},
    "oauth-faults": {"GET": _oauth_faults, "POST": _plan_oauth_fault, "DELETE": _clear_oauth_faults},
    "reset": {"POST": _reset},
}
_COLLECTIONS = frozenset({"faults", "oauth-faults"})
