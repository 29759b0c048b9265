"""Requests to a vendor's HTTP API with the credentials of a connector profile, and to its token endpoint."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from functools import partial
from typing import Any, ClassVar, Protocol
from urllib.parse import quote, quote_plus

import requests

from airflow_provider_appflow_isv.local.appflow.values import to_json

from .base import (
    TIMEOUT,
    Credentials,
    Keeper,
    VendorAuthenticationError,
    VendorError,
    VendorUnreachableError,
    loopback_url,
)

NO_VALID_RESPONSE = "Got error from connector. No valid response and error details found in the connector response."
_SECRETS = frozenset(  # members of credentials, and what token requests call them
    {"accessToken", "refreshToken", "password", "clientSecret", "jwtToken", "authCode"}
    | {"refresh_token", "client_secret", "assertion", "code"}
)
_WAYS_TO_WRITE: tuple[Callable[[str], str], ...] = (str, quote, partial(quote, safe=""), quote_plus)


class Login(Protocol):
    """How a vendor lets a connector profile in. ``log_in`` and ``renewed`` may raise :class:`VendorError`."""

    def authorization(self, credentials: Credentials) -> str | None:
        """Return the Authorization header of a request; None if one has to log in first."""

    def log_in(self, credentials: Credentials) -> Credentials:
        """Return the credentials to keep once logged in."""

    def can_renew(self, credentials: Credentials) -> bool:
        """Say whether refused credentials are enough to get newer ones without a person."""

    def renewed(self, credentials: Credentials) -> Credentials:
        """Return newer credentials for refused ones that can be renewed."""


class HttpConnection(ABC):
    """A vendor's API as seen through one connector profile.

    :param instance_url: base address, which may carry a path.
    :param keeper: the profile's credentials.
    :param login: how the vendor lets them in.
    """

    vendor: ClassVar[str]  # its name in messages
    revocation_path: ClassVar[str]  # where it takes back a token

    def __init__(self, instance_url: str, keeper: Keeper, login: Login) -> None:
        self.instance_url = instance_url
        self._keeper = keeper
        self._login = login

    @abstractmethod
    def reason(self, body: Any) -> str:
        """Return the vendor's own words in the JSON of an error.

        :raises LookupError, TypeError: if it holds none.
        """

    def get(
        self, path: str, params: dict[str, str] | None = None, session: requests.Session | None = None
    ) -> dict[str, Any]:
        """Read one resource that answers with a JSON object."""
        body = self.call("GET", path, params=params, session=session)
        if isinstance(body, dict):
            return body
        raise VendorUnreachableError(NO_VALID_RESPONSE)

    def call(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, str] | None = None,
        body: Any = None,
        session: requests.Session | None = None,
    ) -> Any:
        """Make one request; what the vendor refuses is renewed once if the profile's credentials allow it.

        :param method: HTTP method.
        :param path: from the instance's root.
        :param params: query parameters; default None.
        :param body: what is sent as JSON, which may hold Decimals; default None, for nothing.
        :param session: a session to reuse, from :func:`new_session`; default None.
        :return: the answer's JSON, None if it has none.
        """
        if session is None:
            with new_session() as own:
                return self.call(method, path, params=params, body=body, session=own)
        credentials = self.logged_in()
        response = self._send(session, method, path, params, body, credentials)
        if response.status_code == 401 and self._login.can_renew(credentials):
            credentials = self._keeper.renew(credentials, self._login.renewed)
            response = self._send(session, method, path, params, body, credentials)
        return self._answer(response, credentials)

    def revoke_token(self) -> None:
        """Make the vendor refuse the access token from now on.

        :raises VendorError: if the profile has none, or the vendor does not take it back.
        """
        kind, _, token = (self._login.authorization(self.logged_in()) or "").partition(" ")
        if kind != "Bearer":
            raise VendorError(f"The profile logs in to {self.vendor} without a token, so that none can be revoked.")
        url = loopback_url(self.instance_url) + self.revocation_path
        with new_session() as session:
            try:
                response = session.post(url, data={"token": token}, timeout=TIMEOUT, allow_redirects=False)
            except requests.RequestException as error:
                raise VendorUnreachableError(f"No answer from {url}: {type(error).__name__}.") from None
        if response.status_code != 200:
            raise VendorError(f"{self.vendor} did not revoke the access token: status {response.status_code}.")

    def logged_in(self) -> Credentials:
        """Return the credentials as they are now, after logging in if that is still to be done."""
        credentials = self._keeper.credentials()
        if self._login.authorization(credentials) is not None:
            return credentials
        return self._keeper.renew(credentials, self._login.log_in)

    def _send(
        self,
        session: requests.Session,
        method: str,
        path: str,
        params: dict[str, str] | None,
        body: Any,
        credentials: Credentials,
    ) -> requests.Response:
        url = loopback_url(self.instance_url) + path
        authorization = self._login.authorization(credentials)
        assert authorization is not None  # logged_in has seen to it
        # bytes, as a header of text would have to be Latin-1
        headers = {"Accept": b"application/json", "Authorization": authorization.encode()}
        data = None
        if body is not None:
            data = to_json(body).encode()
            headers["Content-Type"] = b"application/json"
        try:
            return session.request(
                method, url, params=params, data=data, headers=headers, timeout=TIMEOUT, allow_redirects=False
            )
        except requests.RequestException as error:
            raise VendorUnreachableError(
                f"No answer from {self.instance_url}: {type(error).__name__}. Is the local {self.vendor} running?"
            ) from None  # the original error shows the whole request

    def _answer(self, response: requests.Response, credentials: Credentials) -> Any:
        if response.status_code == 204:
            return None
        if 200 <= response.status_code < 300:
            try:
                return json.loads(response.content, parse_float=Decimal)  # 12.50 has to land as 12.50
            except ValueError:
                raise VendorUnreachableError(NO_VALID_RESPONSE) from None
        try:
            reason = self.reason(response.json())
        except (ValueError, LookupError, TypeError):
            reason = response.reason or ""
        header = self._login.authorization(credentials) or ""
        secrets = [header.partition(" ")[2], *_secrets(credentials)]
        raise _refusal(self.vendor, response.status_code, _without(secrets, reason))


def new_session() -> requests.Session:
    """Return a session in which neither a proxy nor a .netrc has a say in where credentials go."""
    session = requests.Session()
    session.trust_env = False
    return session


def redeem(vendor: str, url: str, form: dict[str, str]) -> dict[str, str]:
    """Send a grant to a token endpoint (RFC 6749, section 4) and return its answer, which has an ``access_token``.

    :param vendor: the vendor's name in messages.
    :param url: the endpoint.
    :param form: the grant.
    :raises VendorAuthenticationError: if it is refused.
    :raises VendorError: if there is no answer, or the endpoint is in trouble.
    """
    with new_session() as session:
        try:
            response = session.post(url, data=form, timeout=TIMEOUT, allow_redirects=False)
            body = response.json()
        except requests.RequestException as error:
            raise VendorUnreachableError(f"No answer from {url}: {type(error).__name__}.") from None
    if not isinstance(body, dict):
        body = {}
    if response.status_code == 200 and isinstance(body.get("access_token"), str):
        return body
    reason = f"{body['error']}: {body.get('error_description')}" if "error" in body else response.reason or ""
    raise _refusal(vendor, response.status_code, _without(_secrets(form), reason), logs_in=True)


def code_grant(request: Mapping[str, str]) -> dict[str, str]:
    """Return the grant for the authorization code of a ConnectorOAuthRequest, without the client's own part."""
    form = {"grant_type": "authorization_code", "code": request["authCode"]}
    for parameter, member in (("redirect_uri", "redirectUri"), ("code_verifier", "codeVerifier")):
        if member in request:
            form[parameter] = request[member]
    return form


def tokens_of(answer: Mapping[str, str]) -> Credentials:
    """Return the tokens of a token endpoint's answer by AppFlow's names; there need not be a new refresh token."""
    tokens = {"accessToken": answer["access_token"]}
    if "refresh_token" in answer:
        tokens["refreshToken"] = answer["refresh_token"]
    return tokens


def _refusal(vendor: str, status: int, reason: str, *, logs_in: bool = False) -> VendorError:
    """Return the error of an answer other than success; a login that is refused has failed, whatever the status."""
    start = f"Request failed with {vendor} Status Code {status}: "
    in_trouble = status == 429 or status >= 500
    if status == 401 or (logs_in and not in_trouble):
        return VendorAuthenticationError(f"{start}authentication failed, {reason}")
    return VendorError(start + reason)


def _secrets(members: Mapping[str, Any]) -> Iterator[str]:
    """Yield the secrets among the members of credentials, or of a grant."""
    for name, value in members.items():
        if isinstance(value, dict):
            yield from _secrets(value)
        elif name in _SECRETS:
            yield str(value)


def _without(secrets: Iterable[str], text: str) -> str:
    written = {way(secret) for secret in secrets if secret for way in _WAYS_TO_WRITE}
    for secret in sorted(written, key=len, reverse=True):  # one may begin with another
        text = text.replace(secret, "***")
    return text
