"""When a poll of the Streaming API ends."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from tests.local.salesforce.listening import ACCOUNTS, LONG, Listener, listener, record_ids, replay_ids

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.salesforce import Org
    from tests.local.salesforce.conftest import Client

__all__ = ["listener"]  # a fixture


def _waiting(org: Org, listener: Listener) -> bool:
    client = org.streaming.find(listener.client_id)
    return client is not None and client.seen_at == float("inf")


def _until_waiting(org: Org, listener: Listener) -> None:
    """Return once the client's poll waits."""
    with org.streaming.bus.changed:
        assert org.streaming.bus.changed.wait_for(lambda: _waiting(org, listener), LONG / 2)


def test_a_poll_ends_at_once_when_something_happens(client: Client, listener: Listener) -> None:
    listener.subscribe(ACCOUNTS)
    with ThreadPoolExecutor() as pool:
        poll = pool.submit(listener.poll)
        _until_waiting(client.org, listener)
        record_id = client.org.insert("Account", Name="x")
        assert record_ids(poll.result()) == [record_id]


def test_a_poll_ends_at_once_when_the_server_stops(client: Client, listener: Listener) -> None:
    with ThreadPoolExecutor() as pool:
        poll = pool.submit(listener.poll)
        _until_waiting(client.org, listener)
        client.orgs.close()
        assert poll.result() == []
    assert listener.poll() == []


def test_a_newer_poll_ends_an_older_one(client: Client, listener: Listener) -> None:
    listener.subscribe(ACCOUNTS)
    with ThreadPoolExecutor() as pool:
        older = pool.submit(listener.poll)
        _until_waiting(client.org, listener)
        newer = pool.submit(listener.poll)
        assert older.result() == []
        client.org.insert("Account", Name="x")
        assert len(newer.result()) == 1


def test_a_disconnect_ends_the_poll_and_the_client(client: Client, listener: Listener) -> None:
    with ThreadPoolExecutor() as pool:
        poll = pool.submit(listener.poll)
        _until_waiting(client.org, listener)
        assert listener.meta("disconnect")["successful"]
        assert poll.result() == []
    assert listener.subscribe(ACCOUNTS)["error"] == "403::Unknown client"


def test_a_poll_without_events_ends_after_its_time(client: Client, listener: Listener) -> None:
    client.org.streaming.poll_seconds = 0.01
    answer = listener.meta("connect", connectionType="long-polling")
    assert answer["successful"]
    assert answer["advice"] == {"interval": 0, "timeout": 10, "reconnect": "retry"}


def test_a_connect_among_other_messages_does_not_wait(listener: Listener) -> None:
    connect = {"channel": "/meta/connect", "clientId": listener.client_id, "connectionType": "long-polling"}
    subscribe = {"channel": "/meta/subscribe", "clientId": listener.client_id, "subscription": ACCOUNTS}
    assert [answer["successful"] for answer in listener.send(subscribe, connect)] == [True, True]


def test_a_token_that_dies_during_a_poll_gets_no_events(client: Client, listener: Listener) -> None:
    listener.subscribe(ACCOUNTS)
    with ThreadPoolExecutor() as pool:
        poll = pool.submit(listener.meta, "connect", connectionType="long-polling")
        _until_waiting(client.org, listener)
        client.org.expire_tokens()
        client.org.insert("Account", Name="x")
        answer = poll.result()
    assert answer["error"] == "401::Authentication invalid"
    assert answer["advice"] == {"reconnect": "none", "interval": 0}
    listener.http.headers["Authorization"] = f"Bearer {client.access_token()}"
    assert len(listener.poll()) == 1


def test_writers_at_the_same_time_lose_no_event(client: Client, listener: Listener) -> None:
    listener.subscribe(ACCOUNTS)
    start = threading.Barrier(4)

    def write(_: int) -> list[str]:
        start.wait()
        return [client.org.insert("Account", Name="x") for _ in range(10)]

    with ThreadPoolExecutor(4) as pool:
        written = [record_id for ids in pool.map(write, range(4)) for record_id in ids]
    events = listener.poll()
    assert sorted(record_ids(events)) == sorted(written)
    assert replay_ids(events) == list(range(1, 41))
