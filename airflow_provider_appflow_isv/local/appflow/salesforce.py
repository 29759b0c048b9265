"""The part of the Salesforce REST API that AppFlow uses: sobjects, describe and query, with an access token.

The local stack reaches loopback only: an instanceUrl elsewhere counts as unreachable, so that no token given to it
ever leaves the machine. Facts: Salesforce REST API developer guide (resources, error bodies); AppFlow user guide,
"Salesforce" (API version 58.0 since June 2023).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import requests

_API = "/services/data/v58.0"
TIMEOUT = (5.0, 60.0)  # seconds to connect, seconds between two bytes
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class SalesforceError(Exception):
    """The org could not be reached or refused."""


class SalesforceUnreachableError(SalesforceError):
    """No answer, or none that the REST API would give."""


class SalesforceAuthenticationError(SalesforceError):
    """The org does not accept the access token."""


@dataclass
class SalesforceOrg:
    """One org as seen with one access token.

    :param instance_url: base address, which may carry a path.
    :param access_token: OAuth access token; kept out of repr and messages.
    :param renew: asked once for a new access token when the org refuses this one; default None, for none.
    """

    instance_url: str
    access_token: str = field(repr=False)
    renew: Callable[[], str] | None = field(default=None, repr=False)

    def objects(self) -> list[dict[str, Any]]:
        """Return the org's objects (``name``, ``label``, ...); shows also whether the token works."""
        objects: list[dict[str, Any]] = self._get(f"{_API}/sobjects/")["sobjects"]
        return objects

    def fields(self, object_name: str) -> list[dict[str, Any]]:
        """Return the fields (``name``, ``label``, ``type``, ...) of one object."""
        fields: list[dict[str, Any]] = self._get(f"{_API}/sobjects/{object_name}/describe")["fields"]
        return fields

    def query(self, soql: str) -> Iterator[list[dict[str, Any]]]:
        """Run a query and yield its pages of records, without Salesforce's ``attributes`` member.

        :param soql: the query.
        """
        with requests.Session() as session:
            page = self._get(f"{_API}/query", {"q": soql}, session)
            while True:
                yield [_without_attributes(record) for record in page["records"]]
                following = page.get("nextRecordsUrl")
                if not following:
                    return
                if not following.startswith("/services/data/"):
                    raise SalesforceUnreachableError("The org's nextRecordsUrl does not lead to its REST API.")
                page = self._get(following, None, session)

    def _get(
        self, path: str, params: dict[str, str] | None = None, session: requests.Session | None = None
    ) -> dict[str, Any]:
        base = loopback_url(self.instance_url)
        if session is None:
            with requests.Session() as own:
                return self._get(path, params, own)
        session.trust_env = False  # neither a proxy nor a .netrc has a say in where the token goes
        response = self._send(session, base + path, params)
        if response.status_code == 401 and self.renew is not None:
            renew, self.renew = self.renew, None
            self.access_token = renew()
            response = self._send(session, base + path, params)
        return self._body(response)

    def _send(self, session: requests.Session, url: str, params: dict[str, str] | None) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.access_token}"}
        try:
            return session.get(url, params=params, headers=headers, timeout=TIMEOUT, allow_redirects=False)
        except requests.RequestException as error:
            raise SalesforceUnreachableError(
                f"No answer from {self.instance_url}: {type(error).__name__}. Is the local Salesforce org running?"
            ) from None  # the original error shows the whole request

    def _body(self, response: requests.Response) -> dict[str, Any]:
        if response.status_code == 200:
            try:
                body = json.loads(response.content, parse_float=Decimal)  # 12.50 has to land as 12.50
            except ValueError:
                body = None
            if isinstance(body, dict):
                return body
            raise SalesforceUnreachableError(
                "Got error from connector. No valid response and error details found in the connector response."
            )
        reason = self._reason(response)
        if response.status_code == 401:
            raise SalesforceAuthenticationError(
                f"Request failed with Salesforce Status Code 401: authentication failed, {reason}"
            )
        raise SalesforceError(f"Request failed with Salesforce Status Code {response.status_code}: {reason}")

    def _reason(self, response: requests.Response) -> str:
        """Salesforce's own words: a list of {errorCode, message}."""
        try:
            errors = response.json()
            reason = "; ".join(f"{error['errorCode']}: {error['message']}" for error in errors)
        except (ValueError, KeyError, TypeError):
            reason = response.reason or ""
        return reason.replace(self.access_token, "***") if self.access_token else reason


def loopback_url(instance_url: str) -> str:
    """Return an instanceUrl without a slash at its end.

    :raises SalesforceUnreachableError: if it does not lead to loopback.
    """
    try:
        parts = urlsplit(instance_url)
        host, scheme = parts.hostname, parts.scheme
    except ValueError:
        host, scheme = None, ""
    if scheme not in ("http", "https") or host not in _LOOPBACK:
        raise SalesforceUnreachableError(
            f"The local stack reaches only loopback, not {host or instance_url}: give an instanceUrl of "
            "127.0.0.1, localhost or [::1]."
        )
    return instance_url.rstrip("/")


def _without_attributes(value: Any) -> Any:
    """Drop Salesforce's ``attributes`` (type and address of a record), also from related records."""
    if isinstance(value, dict):
        return {name: _without_attributes(item) for name, item in value.items() if name != "attributes"}
    if isinstance(value, list):
        return [_without_attributes(item) for item in value]
    return value
