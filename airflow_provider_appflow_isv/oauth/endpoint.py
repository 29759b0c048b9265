"""One request to an OAuth endpoint, and its answer."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth
from urllib3.exceptions import HTTPError
from urllib3.util.retry import Retry

from airflow_provider_appflow_isv.exceptions import OAuthUnavailable
from airflow_provider_appflow_isv.oauth.answer import LONGEST_ANSWER, read_answer, redirected
from airflow_provider_appflow_isv.oauth.errors import OUTCOME_UNKNOWN, UNREACHABLE
from airflow_provider_appflow_isv.oauth.hosts import is_loopback
from airflow_provider_appflow_isv.oauth.scrubbing import spellings

TOTAL_SECONDS = 40.0

_CONNECT_SECONDS = 10.0
_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "Content-Type": "application/x-www-form-urlencoded",
}
_BUSY = (429, 500, 502, 503, 504)


def post_form(
    url: str,
    form: Mapping[str, str],
    *,
    grant: str,
    basic: tuple[str, str] | None = None,
    retries: int = 0,
    replayable: bool = False,
    total_seconds: float = TOTAL_SECONDS,
    scrub: Iterable[str] = (),
    monotonic: Callable[[], float] = time.monotonic,
) -> dict[str, Any]:
    """Post a form to an OAuth endpoint.

    No redirect is followed, an answer has at most 64 KiB, and a ``.netrc`` adds nothing to what is sent.

    :param url: the endpoint; :func:`~airflow_provider_appflow_isv.oauth.hosts.check_url` has let it pass.
    :param form: the fields.
    :param grant: what is asked for, for messages: a grant, ``introspection`` or ``revocation``.
    :param basic: client id and secret for a Basic header; default None, they are in the form.
    :param retries: how often to ask again where the request was not sent or, if it is replayable, failed in passing;
        default 0.
    :param replayable: whether it does no harm if the request is served twice; default False: it is sent once at most.
    :param total_seconds: time for all of it, however slowly the host answers; default 40. No form is sent later.
    :param scrub: secrets besides those in the form and the Basic header that an error must not quote.
    :param monotonic: seconds by a clock that never goes back; default :func:`time.monotonic`.
    :return: the JSON object that was answered, with a token unless it was asked for none; empty for an empty answer to
        a revocation.
    :raises OAuthUnavailable: the host could not be asked (``code`` is ``unreachable``), may have served the request but
        did not say so (``outcome_unknown``), or is in trouble (its own ``error``). After a request that is not
        replayable, whoever answers with HTTP 5xx may have served it, unless it is 503 with an ``error`` that denies it.
    :raises OAuthTokenError: the host refused, or did not answer as an OAuth endpoint does; where it may have served the
        request all the same, ``code`` is ``outcome_unknown``.
    """
    host = urlsplit(url).netloc
    body = _Body(form, replayable=replayable, deadline=monotonic() + total_seconds, monotonic=monotonic)
    exchange = _Exchange(url, body, basic=basic, retries=retries, replayable=replayable)
    exchange.start()
    exchange.join(total_seconds)
    body.withdraw()
    response = exchange.response
    if response is None:
        why = exchange.failure or f"no full answer within {total_seconds:g} s"
        raise _no_answer(host, grant, why, sent=body.sent)
    secrets = spellings(form, basic, scrub)
    if 300 <= response.status_code < 400:
        location = response.headers.get("Location", "")
        raise redirected(response.status_code, location, host=host, replayable=replayable, secrets=secrets)
    return read_answer(
        response.status_code,
        exchange.content,
        host=host,
        grant=grant,
        replayable=replayable,
        secrets=secrets,
    )


class _Body(io.BytesIO):
    """The form as it is sent: it knows whether it was, and is not sent after the deadline or once withdrawn.

    Both, for a process that stood still may wake up in either of its threads.
    """

    def __init__(
        self, form: Mapping[str, str], *, replayable: bool, deadline: float, monotonic: Callable[[], float]
    ) -> None:
        super().__init__(urlencode(form).encode())
        self._replayable = replayable
        self._deadline = deadline
        self._monotonic = monotonic
        self.sent = self.withdrawn = False
        self._lock = threading.Lock()

    def read(self, size: int | None = -1, /) -> bytes:
        with self._lock:
            again = self.sent and not self._replayable and self.tell() == 0
            if self.withdrawn or again or self._monotonic() >= self._deadline:
                raise HTTPError("this request must not be sent any more")
            self.sent = True
            return super().read(size)

    def withdraw(self) -> None:
        """Let nothing more be sent; ``sent`` stays as it is from here on."""
        with self._lock:
            self.withdrawn = True


class _Exchange(threading.Thread):
    """The request, in a thread of its own: a host that drips its answer can't be timed out from within."""

    def __init__(self, url: str, body: _Body, *, basic: tuple[str, str] | None, retries: int, replayable: bool) -> None:
        super().__init__(name="oauth-request", daemon=True)
        self._url = url
        self._body = body
        self._auth = None
        if basic:
            name, secret = (quote_plus(part).encode() for part in basic)  # RFC 6749, 2.3.1
            self._auth = HTTPBasicAuth(name, secret)
        self._retry = Retry(
            total=retries,
            connect=retries,
            read=retries if replayable else 0,
            status=retries if replayable else 0,
            other=0,
            redirect=0,
            allowed_methods=None,
            respect_retry_after_header=False,
            status_forcelist=_BUSY,
            backoff_factor=0.5,
            raise_on_status=False,
        )
        self.response: requests.Response | None = None
        self.content = b""
        self.failure = ""

    def run(self) -> None:
        try:
            # without a session, which would look into a .netrc and into what a redirect leads to
            request = requests.Request("POST", self._url, data=self._body, headers=_HEADERS, auth=self._auth).prepare()
            with closing(HTTPAdapter(max_retries=self._retry)) as adapter:
                response = adapter.send(
                    request, stream=True, timeout=(_CONNECT_SECONDS, TOTAL_SECONDS), **_environment(self._url)
                )
                self.content = self._read(response)
            self.response = response
        except Exception as error:  # a thread has nobody else to tell
            self.failure = type(error).__name__

    def _read(self, response: requests.Response) -> bytes:
        content = b""
        while part := response.raw.read(64, decode_content=False):
            content += part
            if self._body.withdrawn:
                raise HTTPError("nobody waits for this answer any more")
            if len(content) > LONGEST_ANSWER:
                break
        return content


def _environment(url: str) -> dict[str, Any]:
    """Proxies and CA bundle that the worker's environment names; loopback is another host's for a proxy."""
    with requests.Session() as session:
        settings = session.merge_environment_settings(url, {}, None, None, None)
    return {"verify": settings["verify"], "proxies": {} if is_loopback(url) else settings["proxies"]}


def _no_answer(host: str, grant: str, why: str, *, sent: bool) -> OAuthUnavailable:
    if sent:
        return OAuthUnavailable(
            f"{host} may have served the request ({grant}), but its answer was lost: {why}.",
            code=OUTCOME_UNKNOWN,
            hint="Check the worker's network, then try again later.",
        )
    return OAuthUnavailable(
        f"{host} could not be asked ({grant}): {why}.",
        code=UNREACHABLE,
        hint="Check login_url or the token URL, and the worker's network, then try again.",
    )
