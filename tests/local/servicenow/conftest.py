"""A local ServiceNow served over HTTP, with a clock that a test can move."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import requests

from airflow_provider_appflow_isv.local.servicenow import Instance, Instances, OAuthClient, User, create_app
from tests.local.saas import Clock, served

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Client:
    """An instance with a user and an OAuth client, and how to talk to it over HTTP."""

    instances: Instances
    instance: Instance
    user: User
    oauth_client: OAuthClient
    clock: Clock

    @property
    def password_form(self) -> dict[str, str]:
        return self.form("password", username=self.user.username, password=self.user.password)

    def form(self, grant_type: str, **fields: str) -> dict[str, str]:
        """Return the form of a grant with the client's credentials."""
        return {
            "grant_type": grant_type,
            "client_id": self.oauth_client.client_id,
            "client_secret": self.oauth_client.client_secret,
            **fields,
        }

    def token(self, form: dict[str, str]) -> requests.Response:
        """Ask the token endpoint."""
        return requests.post(f"{self.instance.url}/oauth_token.do", data=form, timeout=10)

    def access_token(self) -> str:
        """Ask for an access token by the password grant."""
        answer = self.token(self.password_form)
        answer.raise_for_status()
        return str(answer.json()["access_token"])

    def get(self, path: str, token: str, **params: str) -> requests.Response:
        """Get a path below the instance's own base URL with a bearer token."""
        headers = {"Authorization": f"Bearer {token}"}
        return requests.get(self.instance.url + path, params=params, headers=headers, timeout=10)

    def table(self, name: str, /, **params: str) -> requests.Response:
        """Get a table, or a record of one, with the user's password."""
        return requests.get(
            f"{self.instance.url}/api/now/table/{name}",
            params=params,
            auth=(self.user.username, self.user.password),
            timeout=10,
        )

    def rows(self, name: str, /, **params: str) -> list[dict[str, Any]]:
        """Get a table's records with plain values."""
        answer = self.table(name, sysparm_exclude_reference_link="true", **params)
        answer.raise_for_status()
        result: list[dict[str, Any]] = answer.json()["result"]
        return result


@pytest.fixture
def clock() -> Clock:
    """Give a clock that stands at the present."""
    return Clock()


@pytest.fixture
def instances(clock: Clock) -> Iterator[Instances]:
    """Serve a local ServiceNow without instances."""
    made = Instances("", clock)
    with served(create_app(made)) as made.base_url:
        yield made


@pytest.fixture
def client(instances: Instances, clock: Clock) -> Client:
    """Give an instance with one user and one OAuth client."""
    instance = instances.create("tenant-a")
    user = instance.add_user("loader", "example-pass:word")
    return Client(instances, instance, user, instance.add_oauth_client(), clock)
