"""What can go wrong in an answer of a local OAuth endpoint, planned by a test.

The members of the classes are what ``POST /local/oauth-faults`` takes beside ``effect``, the class's name.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from flask import Response, request

from airflow_provider_appflow_isv.local.appflow.controls import checks
from airflow_provider_appflow_isv.local.appflow.controls.effects import Effect
from airflow_provider_appflow_isv.local.oauth_errors import documented
from airflow_provider_appflow_isv.local.planned import Planned

Endpoint = Literal["token", "introspect", "revoke"]


def _members(value: object) -> Mapping[str, str | None]:
    if not isinstance(value, dict) or not value:
        raise ValueError("must be an object with members of the answer, null for one that is left out")
    return dict(value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("must be a text")
    return value


def _optional(check: checks.Check[object]) -> checks.Check[object]:
    return lambda value: None if value is None else check(value)


_status = checks.whole_number(100)


@dataclass(frozen=True)
class OAuthEffect(Effect):
    """Base of what happens to a request. ``served`` says whether the request is carried out all the same, before."""

    narrowed_by = frozenset()
    served: ClassVar[bool] = False

    def answer(self, real: Response) -> Response:
        """Return what the caller gets.

        :param real: the answer of a request that was carried out; an empty one if it was not.
        """
        raise NotImplementedError


@dataclass(frozen=True)
class Refusal(OAuthEffect):
    """The request is refused.

    :param error: the code, e.g. ``app_blocked``.
    :param description: the ``error_description``; default None, Salesforce's.
    :param status: the HTTP status; default None, Salesforce's.
    """

    error: str
    description: str | None = None
    status: int | None = None
    member_checks = {  # noqa: RUF012  # annotated in the base
        "error": checks.text,
        "description": _optional(_text),
        "status": _optional(_status),
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.description is None or self.status is None:
            known = documented(self.error)
            object.__setattr__(self, "description", self.description or known.description)
            object.__setattr__(self, "status", self.status or known.status)

    def answer(self, real: Response) -> Response:
        """Return the error."""
        return _json({"error": self.error, "error_description": self.description}, self.status or 400)


@dataclass(frozen=True)
class Answer(OAuthEffect):
    """Any answer at all, e.g. a proxy's page in HTML.

    :param body: the text.
    :param status: the HTTP status; default 200.
    :param content_type: default ``text/html``.
    """

    body: str
    status: int = 200
    content_type: str = "text/html"
    member_checks = {"body": _text, "status": _status, "content_type": checks.text}  # noqa: RUF012  # likewise

    def answer(self, real: Response) -> Response:
        """Return the text."""
        return Response(self.body, self.status, content_type=self.content_type)


@dataclass(frozen=True)
class Redirect(OAuthEffect):
    """The caller is sent elsewhere.

    :param url: where to.
    :param status: the HTTP status; default 307, by which a client that follows sends its form once more.
    """

    url: str
    status: int = 307
    member_checks = {"url": checks.text, "status": _status}  # noqa: RUF012  # likewise

    def answer(self, real: Response) -> Response:
        """Return the redirect."""
        return Response(status=self.status, headers={"Location": self.url})


@dataclass(frozen=True)
class _Served(OAuthEffect):
    """Base of what happens to the answer of a request that was carried out: a rotated token is spent."""

    served = True


@dataclass(frozen=True)
class Altered(_Served):
    """Members of the answer are others: another org's ``instance_url``, a wrong ``signature``.

    :param members: what they are; None for one that is left out.
    """

    members: Mapping[str, str | None]
    member_checks = {"members": _members}  # noqa: RUF012  # likewise

    def answer(self, real: Response) -> Response:
        """Return the answer with those members."""
        altered = {**json.loads(real.get_data()), **self.members}
        return _json({name: value for name, value in altered.items() if value is not None}, real.status_code)


@dataclass(frozen=True)
class Huge(_Served):
    """The answer has a further member, ``padding``, that is very long.

    :param size: its length in bytes; default 10 MiB.
    """

    size: int = 10 * 2**20
    member_checks = {"size": checks.whole_number(1)}  # noqa: RUF012  # likewise

    def answer(self, real: Response) -> Response:
        """Return the long answer, with the padding first."""
        return _json({"padding": "x" * self.size, **json.loads(real.get_data())}, real.status_code)


@dataclass(frozen=True)
class Slow(_Served):
    """The answer comes byte by byte, so that no wait for the next one is long.

    :param seconds: how long all of it takes; default an hour.
    """

    seconds: float = 3600.0
    member_checks = {"seconds": checks.seconds}  # noqa: RUF012  # likewise

    def answer(self, real: Response) -> Response:
        """Return the answer, slowly."""
        body = real.get_data()
        headers = {"Content-Length": str(len(body)), "Cache-Control": "no-store"}
        return Response(_drip(body, self.seconds), real.status_code, headers, content_type=real.content_type)


@dataclass(frozen=True)
class Lost(_Served):
    """The connection is closed without an answer, after the request was carried out."""

    def answer(self, real: Response) -> Response:
        """Close the connection; what is returned goes nowhere."""
        connection: socket.socket = request.environ["werkzeug.socket"]
        connection.shutdown(socket.SHUT_RDWR)
        return Response()


KINDS: dict[str, type[OAuthEffect]] = {
    kind.__name__: kind for kind in (Refusal, Answer, Redirect, Altered, Huge, Slow, Lost)
}


class OAuthFaults:
    """The trouble planned for one vendor's OAuth endpoints, for each in the order of the requests that it gets.

    :param errors: the vendor's own error for each HTTP status by which trouble may be named.
    """

    def __init__(self, errors: Mapping[int, OAuthEffect]) -> None:
        self._errors = errors
        self.planned: dict[Endpoint, Planned[OAuthEffect]] = {endpoint: Planned() for endpoint in get_args(Endpoint)}

    def plan(self, count: int, fault: OAuthEffect | int, after: int, endpoint: Endpoint) -> None:
        """Plan trouble behind all that is planned already.

        :param count: how many requests it happens to.
        :param fault: what happens; or the HTTP status of one of the vendor's errors.
        :param after: how many requests pass before.
        :param endpoint: the endpoint that they go to.
        :raises ValueError: naming the parameter that makes no sense.
        """
        if endpoint not in self.planned:
            raise ValueError(f"endpoint: must be one of {', '.join(self.planned)}, not {endpoint!r}")
        if isinstance(fault, int):
            if fault not in self._errors:
                statuses = ", ".join(map(str, self._errors))
                raise ValueError(f"fault: must be an effect, or one of {statuses}, not {fault}")
            fault = self._errors[fault]
        self.planned[endpoint].plan(count, fault, after)

    def answer(self, endpoint: Endpoint, carry_out: Callable[[], Response]) -> Response:
        """Answer a request as planned.

        :param endpoint: where it has come.
        :param carry_out: does what was asked and returns the answer; what it raises is answered as ever.
        """
        fault = self.planned[endpoint].next()
        if fault is None:
            return carry_out()
        return fault.answer(carry_out() if fault.served else Response())

    def clear(self) -> None:
        """Take all of it back."""
        for planned in self.planned.values():
            planned.clear()


def _json(body: Mapping[str, object], status: int) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(json.dumps(body), status, headers, content_type="application/json")


def _drip(body: bytes, seconds: float) -> Iterator[bytes]:
    for byte in body:
        time.sleep(seconds / len(body))
        yield bytes([byte])
