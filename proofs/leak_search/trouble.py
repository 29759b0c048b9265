"""OAuth endpoints and an AppFlow that answer with what they were told in confidence."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

import flask

from airflow_provider_appflow_isv.local.appflow.controls.effects import Error
from airflow_provider_appflow_isv.local.oauth_faults import (
    Altered,
    Answer,
    Huge,
    Lost,
    OAuthEffect,
    Redirect,
    Refusal,
    Slow,
)

_FOREIGN = "https://elsewhere.example.com"
_SPELLINGS: Mapping[str, Callable[[str], str]] = {
    "raw": str,
    "URL": lambda value: quote(value, safe=""),
    "form": quote_plus,
    "JSON": lambda value: json.dumps(value)[1:-1],
    "base64": lambda value: base64.b64encode(value.encode()).decode(),
}
_HIDDEN = ("client_secret", "password", "assertion", "refresh_token", "code", "code_verifier", "token")


@dataclass(frozen=True)
class Repeating(OAuthEffect):
    """An error that repeats the secrets of the form.

    :param spelling: in which form.
    :param status: the HTTP status.
    """

    spelling: str
    status: int = 400

    def answer(self, real: flask.Response) -> flask.Response:
        """Return the error."""
        spell = _SPELLINGS[self.spelling]
        said = " ".join(spell(value) for name, value in flask.request.form.items() if name in _HIDDEN)
        body = {"error": said[:40] if self.status == 401 else "invalid_request", "error_description": f"not {said}"}
        return flask.Response(json.dumps(body), self.status, content_type="application/json")


@dataclass(frozen=True)
class RedirectedWithForm(OAuthEffect):
    """A redirect to another host whose address has the form's fields in it."""

    def answer(self, real: flask.Response) -> flask.Response:
        """Return the redirect."""
        location = f"{_FOREIGN}/?{flask.request.get_data(as_text=True)}"
        return flask.Response(status=302, headers={"Location": location})


@dataclass(frozen=True)
class MemberWithSecret(OAuthEffect):
    """A member of an answer to a request that is served has a piece of a secret of the form.

    :param member: the member.
    :param text: what it is, with {} for the piece.
    """

    served = True
    member: str
    text: str

    def answer(self, real: flask.Response) -> flask.Response:
        """Return the answer, unsigned, as the signature is checked before some members are looked at."""
        return Altered({self.member: self.text.format(_piece()), "signature": None}).answer(real)


@dataclass(frozen=True)
class RedirectedBySecret(OAuthEffect):
    """A redirect to a host that has the name of a piece of a secret of the form."""

    def answer(self, real: flask.Response) -> flask.Response:
        """Return the redirect."""
        return Redirect(f"https://{_piece()}.example.com/").answer(real)


def _piece() -> str:
    """Letters and digits of a secret of the form, as many as a host's name may have in one part."""
    told = (flask.request.form.get(name, "") for name in _HIDDEN)
    stretches: list[str] = re.findall(r"[A-Za-z0-9]+", next(filter(None, told)))
    return max(stretches, key=len)[:63]


@dataclass(frozen=True)
class PageWithForm(OAuthEffect):
    """A proxy's page that shows the whole request.

    :param status: the HTTP status.
    """

    status: int = 502

    def answer(self, real: flask.Response) -> flask.Response:
        """Return the page."""
        values = json.dumps(dict(flask.request.form))
        return flask.Response(f"<html>{values}</html>", self.status, content_type="text/html")


TROUBLES: Mapping[str, OAuthEffect] = {
    **{f"repeats in {name}": Repeating(name) for name in _SPELLINGS},
    "repeats in its code": Repeating("raw", 401),
    "redirects with the form": RedirectedWithForm(),
    "redirects by a secret": RedirectedBySecret(),
    "redirects": Redirect(_FOREIGN),
    "answers a page with the form": PageWithForm(),
    "answers a page": PageWithForm(200),
    "answers a list": Answer("[]", content_type="application/json"),
    "is busy": Refusal("server_error"),
    "refuses the grant": Refusal("invalid_grant"),
    "refuses the client": Refusal("invalid_client"),
    "answers too much": Huge(),
    "hangs up": Lost(),
    "answers for another org": Altered({"instance_url": "https://elsewhere.my.salesforce.com"}),
    "answers for a bad host": Altered({"instance_url": "http://user:word@10.0.0.1/"}),
    "answers for a host by a secret": MemberWithSecret("instance_url", "https://{}.example.com"),
    "answers for an org by a secret": MemberWithSecret("instance_url", "https://{}.my.salesforce.com"),
    "answers for a path by a secret": MemberWithSecret("instance_url", "https://elsewhere.my.salesforce.com/{}"),
    "answers for an id by a secret": MemberWithSecret("id", "https://login.salesforce.com/id/{}/005000000000001"),
    "signs wrongly": Altered({"signature": "c2lnbmF0dXJl"}),
    "gives no token": Altered({"access_token": None}),
}
SLOW = Slow()


class Quoting(Error):
    """A refusal of AppFlow's that quotes the whole request."""

    @property
    def message(self) -> str:
        """The body of the request that is refused."""
        return flask.request.get_data(as_text=True) if flask.has_request_context() else "to be quoted"

    @message.setter
    def message(self, value: str) -> None:
        """Drop the fixed message."""
