"""A client of an org's Streaming API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_appflow_isv.local.salesforce import Org
    from tests.local.salesforce.conftest import Client

ACCOUNTS = "/data/AccountChangeEvent"
LONG = 30.0  # seconds; a poll of that length that isn't ended makes its request time out


class Listener:
    """A Bayeux client of an org."""

    def __init__(self, org: Org, token: str | None, version: str = "58.0") -> None:
        self.url = f"{org.my_domain_url}/cometd/{version}"
        self.http = requests.Session()
        self.client_id = ""
        if token is not None:
            self.http.headers["Authorization"] = f"Bearer {token}"

    def send(self, *messages: dict[str, Any]) -> list[dict[str, Any]]:
        answer = self.http.post(self.url, json=list(messages), timeout=LONG / 2)
        assert answer.status_code == 200, answer.text
        answers: list[dict[str, Any]] = answer.json()
        return answers

    def meta(self, kind: str, **message: Any) -> dict[str, Any]:
        """Send one message and return the answer to itself."""
        return self.send({"channel": f"/meta/{kind}", "clientId": self.client_id, "id": "7", **message})[-1]

    def handshake(self) -> dict[str, Any]:
        answer = self.meta("handshake", version="1.0", supportedConnectionTypes=["long-polling"])
        self.client_id = answer.get("clientId", "")
        return answer

    def subscribe(self, channel: str, replay: object = None) -> dict[str, Any]:
        ext = {} if replay is None else {"ext": {"replay": {channel: replay}}}
        return self.meta("subscribe", subscription=channel, **ext)

    def poll(self, **message: Any) -> list[dict[str, Any]]:
        """Connect and return the events."""
        connect = {"channel": "/meta/connect", "clientId": self.client_id, "connectionType": "long-polling", **message}
        *events, own = self.send(connect)
        assert own["successful"], own
        return events

    def poll_now(self) -> list[dict[str, Any]]:
        return self.poll(advice={"timeout": 0})


@pytest.fixture
def listener(client: Client) -> Iterator[Listener]:
    """Give a client of the org after its handshake; its polls last long."""
    client.org.streaming.poll_seconds = LONG
    opened = Listener(client.org, client.access_token())
    assert opened.handshake()["successful"]
    with opened.http:
        yield opened


def replay_ids(events: list[dict[str, Any]]) -> list[int]:
    return [event["data"]["event"]["replayId"] for event in events]


def record_ids(events: list[dict[str, Any]]) -> list[str]:
    return [record_id for event in events for record_id in event["data"]["payload"]["ChangeEventHeader"]["recordIds"]]
