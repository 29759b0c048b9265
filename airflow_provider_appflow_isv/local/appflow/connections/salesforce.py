"""The part of the Salesforce REST API that AppFlow uses, with the access token of a connector profile.

Facts: Salesforce REST API developer guide (resources, error bodies); AppFlow user guide, "Salesforce" (API version 58.0
since June 2023).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from airflow_provider_appflow_isv.local.appflow.exceptions import ValidationException

from .base import Keeper, VendorError, VendorUnreachableError
from .http import HttpConnection, new_session
from .salesforce_entities import entity, entity_field
from .salesforce_login import SalesforceLogin, check_credentials, connected_app

API = "/services/data/v58.0"
_ENTITY_GROUP = "Objects"  # the name of Salesforce's one group of entities; inferred


def open_salesforce(
    properties: Mapping[str, Any], keeper: Keeper, account_id: str, _region_name: str
) -> SalesforceConnection:
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


class SalesforceConnection(HttpConnection):
    """One org as seen through one connector profile.

    :param instance_url: base address, which may carry a path.
    :param keeper: the profile's credentials.
    :param account_id: the profile's account.
    """

    vendor: ClassVar[str] = "Salesforce"
    revocation_path: ClassVar[str] = "/services/oauth2/revoke"

    def __init__(self, instance_url: str, keeper: Keeper, account_id: str) -> None:
        super().__init__(instance_url, keeper, SalesforceLogin(instance_url, account_id))
        self._account_id = account_id

    def check(self) -> None:
        """Look whether the connected app's secret can be read, log in, and look whether the token works."""
        credentials = self._keeper.credentials()
        if "clientCredentialsArn" in credentials:
            connected_app(credentials["clientCredentialsArn"], self._account_id)
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
        try:
            fields: list[dict[str, Any]] = self.get(f"{API}/sobjects/{object_name}/describe")["fields"]
        except VendorError as error:
            raise type(error)(f"{error} ({object_name})") from None  # the org's words do not name the object
        return fields

    def query(self, soql: str, *, deleted: bool = False) -> Iterator[list[dict[str, Any]]]:
        """Run a query and yield its pages of records, without Salesforce's ``attributes`` member.

        :param soql: the query.
        :param deleted: True to find records in the recycle bin as well; default False.
        """
        with new_session() as session:
            page = self.get(f"{API}/{'queryAll' if deleted else 'query'}", {"q": soql}, session)
            while True:
                yield [_without_attributes(record) for record in page["records"]]
                following = page.get("nextRecordsUrl")
                if not following:
                    return
                if not following.startswith("/services/data/"):
                    raise VendorUnreachableError("The org's nextRecordsUrl does not lead to its REST API.")
                page = self.get(following, None, session)

    def access_token(self) -> str:
        """Return the access token as it is now, for the streaming API."""
        return str(self.logged_in()["accessToken"])

    def _objects(self) -> list[dict[str, Any]]:
        objects: list[dict[str, Any]] = self.get(f"{API}/sobjects/")["sobjects"]
        return objects

    def reason(self, body: Any) -> str:
        """Return Salesforce's own words: a list of {errorCode, message}."""
        return "; ".join(f"{error['errorCode']}: {error['message']}" for error in body)


def _without_attributes(value: Any) -> Any:
    """Drop Salesforce's ``attributes`` (type and address of a record), also from related records."""
    if isinstance(value, dict):
        return {name: _without_attributes(item) for name, item in value.items() if name != "attributes"}
    if isinstance(value, list):
        return [_without_attributes(item) for item in value]
    return value
