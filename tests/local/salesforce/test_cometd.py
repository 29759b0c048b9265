from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_appflow_isv.local.salesforce import Orgs, create_app
from tests.local.salesforce.listening import ACCOUNTS, Listener, listener, record_ids, replay_ids

if TYPE_CHECKING:
    from tests.local.salesforce.conftest import Client

__all__ = ["listener"]  # a fixture

SAMPLE = "/event/Example_Event__e"


def test_a_handshake_gives_a_client_id_and_a_cookie(client: Client) -> None:
    listener = Listener(client.org, client.access_token())
    answer = listener.handshake()
    assert answer == {
        "ext": {"replay": True, "payload.format": True},
        "minimumVersion": "1.0",
        "clientId": listener.client_id,
        "supportedConnectionTypes": ["long-polling"],
        "version": "1.0",
        "successful": True,
        "channel": "/meta/handshake",
        "id": "7",
    }
    assert listener.client_id
    assert listener.http.cookies["BAYEUX_BROWSER"]


@pytest.mark.parametrize(
    ("token", "reason"), [(None, "401::Request requires authentication"), ("dead", "401::Authentication invalid")]
)
def test_a_handshake_without_a_live_token_is_denied(client: Client, token: str | None, reason: str) -> None:
    answer = Listener(client.org, token).handshake()
    assert answer["successful"] is False
    assert answer["error"] == "403::Handshake denied"
    assert answer["ext"]["sfdc"] == {"failureReason": reason}
    assert answer["advice"]["reconnect"] == "none"


def test_a_subscriber_is_told_changes_that_come_after(client: Client, listener: Listener) -> None:
    client.org.insert("Account", Name="Before")
    assert listener.subscribe(ACCOUNTS)["successful"]
    record_id = client.org.insert("Account", Name="After")
    client.org.insert("Contact", LastName="Another object")
    (event,) = listener.poll()
    assert event["channel"] == ACCOUNTS
    assert set(event["data"]) == {"schema", "payload", "event"}
    assert event["data"]["event"] == {"replayId": 2}
    assert event["data"]["payload"]["Name"] == "After"
    assert record_ids([event]) == [record_id]
    assert listener.poll_now() == []


def test_the_channel_for_all_changes_has_those_of_every_object_and_no_platform_event(
    client: Client, listener: Listener
) -> None:
    listener.subscribe("/data/ChangeEvents")
    client.org.insert("Account", Name="x")
    client.org.publish("Example_Event__e", Message__c="x")
    client.org.insert("Contact", LastName="x")
    events = listener.poll()
    assert {event["channel"] for event in events} == {"/data/ChangeEvents"}
    entities = [event["data"]["payload"]["ChangeEventHeader"]["entityName"] for event in events]
    assert entities == ["Account", "Contact"]


def test_a_platform_event_is_delivered(client: Client, listener: Listener) -> None:
    listener.subscribe(SAMPLE)
    client.write("POST", "/sobjects/Example_Event__e", {"Message__c": "hello", "Count__c": 2})
    (event,) = listener.poll()
    assert (event["channel"], event["data"]["event"]["EventApiName"]) == (SAMPLE, "Example_Event__e")
    assert event["data"]["payload"]["Message__c"] == "hello"


@pytest.mark.parametrize(
    ("replay", "expected"), [(-1, []), (-2, [1, 2, 3]), (0, [1, 2, 3]), (1, [2, 3]), (3, []), (None, [])]
)
def test_past_events_are_replayed(client: Client, listener: Listener, replay: int | None, expected: list[int]) -> None:
    for number in range(3):
        client.org.insert("Account", Name=f"Account {number}")
    listener.subscribe(ACCOUNTS, replay)
    assert replay_ids(listener.poll_now()) == expected


@pytest.mark.parametrize("replay", [99, -3, "1", True])
def test_a_replay_id_that_never_was_is_refused(listener: Listener, replay: object) -> None:
    answer = listener.subscribe(ACCOUNTS, replay)
    assert answer["successful"] is False
    assert answer["error"].startswith(f"400::The replayId {{{replay}}} you provided was invalid.")


@pytest.mark.parametrize("channel", ["/data/NothingChangeEvent", "/data/Account", "/event/Nothing__e", "/topic/x"])
def test_a_channel_that_is_not_there_is_refused(listener: Listener, channel: str) -> None:
    answer = listener.subscribe(channel)
    assert answer["error"] == f"400::The channel you requested to subscribe to does not exist {{{channel}}}"


@pytest.mark.parametrize(
    ("channel", "error"),
    [
        ("", "400::Channel name not specified"),
        ("data/AccountChangeEvent", "400::Channel subscriptions must start with a leading '/'"),
    ],
)
def test_a_channel_without_a_proper_name_is_refused(listener: Listener, channel: str, error: str) -> None:
    assert listener.subscribe(channel)["error"] == error


def test_several_channels_are_subscribed_to_at_once(client: Client, listener: Listener) -> None:
    listener.meta("subscribe", subscription=[ACCOUNTS, SAMPLE])
    client.org.publish("Example_Event__e", Message__c="x")
    client.org.insert("Account", Name="x")
    assert [event["channel"] for event in listener.poll()] == [SAMPLE, ACCOUNTS]


def test_an_unsubscribed_channel_is_silent(client: Client, listener: Listener) -> None:
    listener.subscribe(ACCOUNTS)
    assert listener.meta("unsubscribe", subscription=ACCOUNTS)["successful"]
    client.org.insert("Account", Name="x")
    assert listener.poll_now() == []


def test_a_client_that_stays_away_is_forgotten(client: Client, listener: Listener) -> None:
    client.org.streaming.reconnect_seconds = -1
    answer = listener.meta("connect", connectionType="long-polling")
    assert answer["error"] == "403::Unknown client"
    assert answer["advice"] == {"reconnect": "handshake", "interval": 0}


def test_a_client_without_its_cookie_is_refused(listener: Listener) -> None:
    listener.http.cookies.clear()
    assert listener.subscribe(ACCOUNTS)["error"] == (
        f"400::Client {listener.client_id} has established a session, but no BAYEUX_BROWSER cookie present"
    )


@pytest.mark.parametrize("kind", ["connect", "handshake"])
def test_other_transports_are_refused(listener: Listener, kind: str) -> None:
    answer = listener.meta(kind, connectionType="websocket", supportedConnectionTypes=["websocket"])
    assert answer["error"].startswith("400::Invalid connection type")


@pytest.mark.parametrize(
    ("version", "error"),
    [
        ("", "400::API version in the URI is mandatory. URI format: '/cometd/68.0'"),
        ("36.0", "400::Unsupported API version. Only API versions '37.0' and later are supported."),
        ("v58.0", "400::Unsupported API version."),
    ],
)
def test_the_address_names_the_version(client: Client, version: str, error: str) -> None:
    answer = Listener(client.org, client.access_token(), version).handshake()
    assert (answer["successful"], answer["error"].startswith(error)) == (False, True)


def test_the_address_may_name_the_kind_of_message(client: Client) -> None:
    assert Listener(client.org, client.access_token(), "58.0/handshake").handshake()["successful"]


def test_the_events_of_one_org_are_not_anothers(client: Client, listener: Listener) -> None:
    listener.subscribe(ACCOUNTS)
    client.orgs.create("tenant-b", accounts=1).insert("Account", Name="x")
    assert listener.poll_now() == []


ORGS = Orgs("http://login.example")
ORG = ORGS.create("tenant-a", accounts=1)
USER, APP = ORG.add_user("loader@tenant-a.example"), ORG.add_connected_app()
ORG.close()
WSGI = create_app(ORGS).test_client()
CLIENT = ORG.streaming.open()
WSGI.set_cookie("BAYEUX_BROWSER", CLIENT.cookie, path="/")
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from([ACCOUNTS, "long-polling"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["replay", "timeout", ACCOUNTS]) | st.text(), inner, max_size=2)
    ),
    max_leaves=4,
)
messages = st.builds(
    lambda kind, message: {"channel": f"/meta/{kind}", "clientId": CLIENT.client_id, **message},
    st.sampled_from(["handshake", "connect", "subscribe", "unsubscribe"]),
    st.dictionaries(
        st.sampled_from(["subscription", "connectionType", "supportedConnectionTypes", "ext", "advice", "channel"]),
        json_values,
    ),
)


@given(messages | json_values)
def test_no_message_makes_the_endpoint_fail(message: object) -> None:
    session = ORG.sessions.issue(APP.client_id, USER.username, APP.scope)
    headers = {"Authorization": f"Bearer {session.access_token}"}
    answer = WSGI.post("/orgs/tenant-a/cometd/58.0", json=message, headers=headers)
    assert answer.status_code in (200, 400)
