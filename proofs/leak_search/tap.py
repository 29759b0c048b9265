"""Listens to what the local vendors are told and tell, so that what is minted during a run can be looked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import flask
from moto.sts.models import sts_backends

from proofs.leak_search.search import Planted

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.stack import LocalStack

_ASKED = (
    *("password", "client_secret", "assertion", "refresh_token", "code", "code_verifier", "token", "client_assertion"),
)
_TOLD = ("access_token", "refresh_token", "id_token")


@contextmanager
def listening() -> Iterator[set[Planted]]:
    """Note the secrets of every OAuth request and answer of this process's servers, in the set that is given."""
    heard: set[Planted] = set()

    def note(_: Any, response: flask.Response, **_more: Any) -> None:
        if "/services/oauth2/" not in flask.request.path and "oauth" not in flask.request.path:
            return
        heard.update(_found("sent", flask.request.form, _ASKED))
        if not response.is_streamed and response.is_json:
            heard.update(_found("minted", response.get_json(silent=True), _TOLD))

    flask.request_finished.connect(note)
    try:
        yield heard
    finally:
        flask.request_finished.disconnect(note)


def _found(how: str, members: Any, names: tuple[str, ...]) -> Iterator[Planted]:
    for name in names:
        if hasattr(members, "get") and isinstance(value := members.get(name), str):
            yield Planted(f"{name} {how}", value)


def left_over(stack: LocalStack) -> Iterator[Planted]:
    """What the vendors and AWS have given out and still know: tokens of all orgs, sessions of all roles.

    :param stack: the local stack.
    """
    for org in stack.orgs:
        sessions = org.sessions
        for token in (*sessions._sessions, *sessions._refresh_grants, *sessions._spent):
            yield Planted(f"token of org {org.name}", token)
    for tenant in stack.seed().tenants:
        for role in sts_backends[tenant.account_id]["aws"].assumed_roles:
            yield Planted(f"secret key of a session in {tenant.account_id}", role.secret_access_key)
            yield Planted(f"session token in {tenant.account_id}", role.session_token)
