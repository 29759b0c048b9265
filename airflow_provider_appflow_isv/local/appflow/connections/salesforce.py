"""The part of the Salesforce REST API that AppFlow uses, with the access token of a connector profile.

Facts: Salesforce REST API developer guide (resources, error bodies); AppFlow user guide, "Salesforce" (API version 58.0
since June 2023).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import requests

from airflow_provider_appflow_isv.local.appflow.exceptions import ValidationException

from .base import (
    TIMEOUT,
    Credentials,
    Keeper,
    VendorAuthenticationError,
    VendorError,
    VendorUnreachableError,
    loopback_url,
)
from .salesforce_entities import entity, entity_field
from .salesforce_login import can_renew, check_credentials, log_in, renewed

API = "/services/data/v58.0"
_ENTITY_GROUP = "Objects"  # the name of Salesforce's one group of entities; inferred


def open_salesforce(properties: Mapping[str, Any], keeper: Keeper, account_id: str) -> SalesforceConnection:
    """Make the connection of a Salesforce profile.

    :param properties: SalesforceConnectorProfileProperties.
    :param keeper: the profile's credentials.
    :param account_id: the profile's account.
    :raises ValidationException: if there is no way in, or no instanceUrl, without which the local stack has no org to
        talk to.
    """
    check_credentials(keeper.credentials())
    if "instanceUrl" not in properties:
        raise ValidationException("Validation exception: instanceUrl cannot be blank for connector: SALESFORCE")
    return SalesforceConnection(properties["instanceUrl"], keeper, account_id)


class SalesforceConnection:
    """One org as seen through one connector profile.

    :param instance_url: base address, which may carry a path.
    :param keeper: the profile's credentials.
    :param account_id: the profile's account.
    """

    def __init__(self, instance_url: str, keeper: Keeper, account_id: str) -> None:
        self.instance_url = instance_url
        self._keeper = keeper
        self._account_id = account_id

    def check(self) -> None:
        """Log in and look whether the token works."""
        self._objects()

    def entities(self, path: str | None) -> dict[str, list[dict[str, Any]]]:
        """Return the org's objects; they have no path."""
        if path is not None:
            raise ValidationException("Entities of Salesforce have no path: leave entitiesPath out.")
        objects = sorted(self._objects(), key=lambda each: str(each["name"]))
        return {_ENTITY_GROUP: [entity(each) for each in objects]}

    def fields(self, entity_name: str) -> list[dict[str, Any]]:
        """Return the fields of one object."""
        return [entity_field(field) for field in self.describe(entity_name)]

    def describe(self, object_name: str) -> list[dict[str, Any]]:
        """Return the fields (``name``, ``label``, ``type``, ...) of one object as Salesforce describes them."""
        fields: list[dict[str, Any]] = self.get(f"{API}/sobjects/{object_name}/describe")["fields"]
        return fields

    def query(self, soql: str, *, deleted: bool = False) -> Iterator[list[dict[str, Any]]]:
        """Run a query and yield its pages of records, without Salesforce's ``attributes`` member.

        :param soql: the query.
        :param deleted: True to find records in the recycle bin as well; default False.
        """
        with requests.Session() as session:
            page = self.get(f"{API}/{'queryAll' if deleted else 'query'}", {"q": soql}, session)
            while True:
                yield [_without_attributes(record) for record in page["records"]]
                following = page.get("nextRecordsUrl")
                if not following:
                    return
                if not following.startswith("/services/data/"):
                    raise VendorUnreachableError("The org's nextRecordsUrl does not lead to its REST API.")
                page = self.get(following, None, session)

    def get(
        self, path: str, params: dict[str, str] | None = None, session: requests.Session | None = None
    ) -> dict[str, Any]:
        """Read one resource that answers with a JSON object."""
        body = self.call("GET", path, params=params, session=session)
        if isinstance(body, dict):
            return body
        raise VendorUnreachableError(_NO_VALID_RESPONSE)

    def call(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, str] | None = None,
        body: Any = None,
        session: requests.Session | None = None,
    ) -> Any:
        """Make one request; a refused token is renewed once if the profile's credentials allow it.

        :param method: HTTP method.
        :param path: from the instance's root.
        :param params: query parameters; default None.
        :param body: what is sent as JSON; default None, for nothing.
        :param session: a session to reuse; default None.
        :return: the answer's JSON, None if it has none.
        """
        if session is None:
            with requests.Session() as own:
                return self.call(method, path, params=params, body=body, session=own)
        session.trust_env = False  # neither a proxy nor a .netrc has a say in where the token goes
        credentials = self._with_token(self._keeper.credentials())
        response = self._send(session, method, path, params, body, credentials)
        if response.status_code == 401 and can_renew(credentials):
            credentials = self._keeper.renew(
                credentials, lambda stale: renewed(self.instance_url, stale, self._account_id)
            )
            response = self._send(session, method, path, params, body, credentials)
        return _answer(response, credentials["accessToken"])

    def access_token(self) -> str:
        """Return the access token as it is now, for the streaming API."""
        return str(self._with_token(self._keeper.credentials())["accessToken"])

    def _objects(self) -> list[dict[str, Any]]:
        objects: list[dict[str, Any]] = self.get(f"{API}/sobjects/")["sobjects"]
        return objects

    def _with_token(self, credentials: Credentials) -> Credentials:
        if credentials.get("accessToken"):
            return credentials
        return self._keeper.renew(credentials, lambda stale: log_in(self.instance_url, stale, self._account_id))

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
        headers = {"Authorization": f"Bearer {credentials['accessToken']}"}
        try:
            return session.request(
                method, url, params=params, json=body, headers=headers, timeout=TIMEOUT, allow_redirects=False
            )
        except requests.RequestException as error:
            raise VendorUnreachableError(
                f"No answer from {self.instance_url}: {type(error).__name__}. Is the local Salesforce org running?"
            ) from None  # the original error shows the whole request


_NO_VALID_RESPONSE = "Got error from connector. No valid response and error details found in the connector response."


def _answer(response: requests.Response, access_token: str) -> Any:
    if response.status_code == 204:
        return None
    if 200 <= response.status_code < 300:
        try:
            return json.loads(response.content, parse_float=Decimal)  # 12.50 has to land as 12.50
        except ValueError:
            raise VendorUnreachableError(_NO_VALID_RESPONSE) from None
    reason = _reason(response, access_token)
    if response.status_code == 401:
        raise VendorAuthenticationError(
            f"Request failed with Salesforce Status Code 401: authentication failed, {reason}"
        )
    raise VendorError(f"Request failed with Salesforce Status Code {response.status_code}: {reason}")


def _reason(response: requests.Response, access_token: str) -> str:
    """Salesforce's own words: a list of {errorCode, message}."""
    try:
        errors = response.json()
        reason = "; ".join(f"{error['errorCode']}: {error['message']}" for error in errors)
    except (ValueError, KeyError, TypeError):
        reason = response.reason or ""
    return reason.replace(access_token, "***") if access_token else reason


def _without_attributes(value: Any) -> Any:
    """Drop Salesforce's ``attributes`` (type and address of a record), also from related records."""
    if isinstance(value, dict):
        return {name: _without_attributes(item) for name, item in value.items() if name != "attributes"}
    if isinstance(value, list):
        return [_without_attributes(item) for item in value]
    return value
