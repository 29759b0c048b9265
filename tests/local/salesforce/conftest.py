"""A local Salesforce served over HTTP, with a clock that a test can move."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import requests

from airflow_provider_appflow_isv.local.salesforce import ConnectedApp, Org, Orgs, User, create_app
from tests.local.saas import Clock, served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_appflow_isv.local.salesforce.records import Record


DATA = "/services/data/v58.0"


@dataclass
class Client:
    """An org with a user and an app, and how to talk to it over HTTP."""

    orgs: Orgs
    org: Org
    user: User
    app: ConnectedApp
    clock: Clock

    @property
    def login_url(self) -> str:
        return self.orgs.login_url

    @property
    def password_form(self) -> dict[str, str]:
        return {
            "grant_type": "password",
            "client_id": self.app.client_id,
            "client_secret": self.app.client_secret,
            "username": self.user.username,
            "password": self.user.password + self.user.security_token,
        }

    def token(self, form: dict[str, str], base: str | None = None, **kwargs: tuple[str, str]) -> requests.Response:
        """Ask the token endpoint of the login host, or of another base URL."""
        return self.post("token", form, base, **kwargs)

    def post(
        self, endpoint: str, form: dict[str, str], base: str | None = None, **kwargs: tuple[str, str]
    ) -> requests.Response:
        """Post a form to an OAuth endpoint."""
        url = f"{base or self.login_url}/services/oauth2/{endpoint}"
        return requests.post(url, data=form, timeout=10, auth=kwargs.get("auth"))

    def access_token(self) -> str:
        """Ask for an access token by the password grant."""
        answer = self.token(self.password_form)
        answer.raise_for_status()
        return str(answer.json()["access_token"])

    def get(
        self, path: str, token: str | None, *, headers: dict[str, str] | None = None, **params: str
    ) -> requests.Response:
        """Get a path below the org's own base URL."""
        sent = dict(headers or {})
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        return requests.get(self.org.my_domain_url + path, params=params, headers=sent, timeout=10)

    def write(self, method: str, path: str, body: object = None, **headers: str) -> requests.Response:
        """Send a JSON body to the data API with a fresh access token."""
        sent = {"Authorization": f"Bearer {self.access_token()}", **headers}
        return requests.request(method, self.org.my_domain_url + DATA + path, json=body, headers=sent, timeout=10)

    def record(self, object_name: str, record_id: str) -> Record:
        """Return a record of the org, also a deleted one."""
        return next(record for record in self.org.records(object_name) if record["Id"] == record_id)


@pytest.fixture
def clock() -> Clock:
    """Give a clock that stands at the present."""
    return Clock()


@pytest.fixture
def orgs(clock: Clock) -> Iterator[Orgs]:
    """Serve a local Salesforce without orgs."""
    made = Orgs("", clock)
    with served(create_app(made)) as made.login_url:
        yield made
        made.close()


@pytest.fixture
def client(orgs: Orgs, clock: Clock) -> Client:
    """Give an org with one user and one app."""
    org = orgs.create("tenant-a", accounts=25)
    return Client(orgs, org, org.add_user("loader@tenant-a.example"), org.add_connected_app(), clock)
