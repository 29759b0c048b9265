"""The Streaming API of an org: Bayeux 1.0 over HTTP long polling, as CometD speaks it.

Wire protocol ("Streaming API Developer Guide"; "Bayeux Protocol Specification", CometD):

``POST {instance_url}/cometd/58.0`` with ``Authorization: Bearer {access_token}`` and a JSON array of messages (a single
message is taken too); the answer is a JSON array. The path may go on with the message's kind (``/handshake``,
``/connect``), as CometD's own clients have it. Each message may have an ``id``, which the answer repeats.

1. ``{"channel": "/meta/handshake", "version": "1.0", "supportedConnectionTypes": ["long-polling"]}`` gives a
   ``clientId`` and a cookie ``BAYEUX_BROWSER``: all later messages carry both.
2. ``{"channel": "/meta/subscribe", "clientId": C, "subscription": "/data/AccountChangeEvent",
   "ext": {"replay": {"/data/AccountChangeEvent": -1}}}``. The replay id is that of the last event received, or -1 for
   new events only (the default), or -2 for all that are kept (72 hours). Channels: ``/data/{Object}ChangeEvent``,
   ``/data/ChangeEvents`` for all of these, ``/event/{Name}__e``.
3. ``{"channel": "/meta/connect", "clientId": C, "connectionType": "long-polling"}`` waits for events, at most 110
   seconds or the ``{"advice": {"timeout": milliseconds}}`` it carries; it doesn't wait if other messages come with it.
   The answer holds the events, then the answer to the connect. The client has to connect again within 40 seconds.
   An event: ``{"channel": ..., "data": {"schema": ..., "payload": {...}, "event": {"replayId": 12}}}``; the payload
   of a change event has a ``ChangeEventHeader`` beside the record's fields.
4. ``/meta/unsubscribe`` with ``subscription``, and ``/meta/disconnect``.

What fails has ``"successful": false`` and an ``error``. ``403::Unknown client``: begin again with the handshake.
``401::Authentication invalid`` (on a handshake ``403::Handshake denied`` with ``ext.sfdc.failureReason``): get a new
access token first. ``400::The replayId {...} you provided was invalid.``: subscribe with -1 or -2.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, g, jsonify, request

from airflow_provider_appflow_isv.local.salesforce.api import NEWEST_VERSION, current_org
from airflow_provider_appflow_isv.local.salesforce.events import ALL_CHANGES, NEW_EVENTS, channel_of
from airflow_provider_appflow_isv.local.salesforce.oauth import bearer_token, live_session
from airflow_provider_appflow_isv.local.salesforce.objects import ALL_OBJECTS

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.salesforce.streaming import StreamingClient

Message = dict[str, Any]
_OLDEST_VERSION = 37
_COOKIE = "BAYEUX_BROWSER"
_TRANSPORT = "long-polling"
_CHANNELS = {ALL_CHANGES, *(channel_of(sobject.name) for sobject in ALL_OBJECTS if sobject.kind != "table")}

blueprint = Blueprint("cometd", __name__)


class _BayeuxError(Exception):
    """A message that is refused, and what the client should do about it."""

    def __init__(self, error: str, reconnect: str | None = None) -> None:
        super().__init__(error)
        self.error = error
        self.reconnect = reconnect


def _check_version(version: str | None) -> None:
    form = f"URI format: '/cometd/{NEWEST_VERSION}.0'"
    if version is None:
        raise _BayeuxError(f"400::API version in the URI is mandatory. {form}")
    known = re.fullmatch(r"(\d{2})\.0", version, re.ASCII)
    if known is None or not _OLDEST_VERSION <= int(known[1]) <= NEWEST_VERSION:
        supported = f"Only API versions '{_OLDEST_VERSION}.0' and later are supported."
        raise _BayeuxError(f"400::Unsupported API version. {supported} {form}")


def _check_session() -> None:
    if bearer_token() is None:
        raise _BayeuxError("401::Request requires authentication", "none")
    if live_session(current_org()) is None:
        raise _BayeuxError("401::Authentication invalid", "none")


def _client(message: Message) -> StreamingClient:
    client = current_org().streaming.find(message.get("clientId"))
    if client is None:
        raise _BayeuxError("403::Unknown client", "handshake")
    if request.cookies.get(_COOKIE) != client.cookie:
        name = client.client_id
        raise _BayeuxError(f"400::Client {name} has established a session, but no {_COOKIE} cookie present")
    return client


def _handshake(message: Message) -> list[Message]:
    offered = message.get("supportedConnectionTypes")
    if not isinstance(offered, list) or _TRANSPORT not in offered:
        raise _BayeuxError(f"400::Invalid connection type {offered}", "none")
    client = current_org().streaming.open()
    g.cometd_cookie = client.cookie
    return [
        {
            "ext": {"replay": True, "payload.format": True},
            "minimumVersion": "1.0",
            "clientId": client.client_id,
            "supportedConnectionTypes": [_TRANSPORT],
            "version": "1.0",
        }
    ]


def _patience(message: Message) -> float:
    """Return how many seconds a connect may wait."""
    advice = message.get("advice")
    asked = advice.get("timeout") if isinstance(advice, dict) else None
    longest = current_org().streaming.poll_seconds
    return max(asked, 0) / 1000 if isinstance(asked, int | float) else longest


def _connect(message: Message) -> list[Message]:
    kind = message.get("connectionType")
    client = _client(message)
    if kind != _TRANSPORT:
        raise _BayeuxError(f"400::Invalid connection type {kind}")
    streaming = current_org().streaming
    waited = streaming.wait(client, 0 if g.cometd_batch else _patience(message))
    _check_session()  # the token may have died in the meantime
    taken = streaming.take(client) if waited else []
    events = [{"channel": channel, "data": event.data} for channel, event in taken]
    advice = {"interval": 0, "timeout": int(streaming.poll_seconds * 1000), "reconnect": "retry"}
    return [*events, {"clientId": client.client_id, "advice": advice}]


def _subscriptions(message: Message) -> list[str]:
    asked = message.get("subscription")
    channels = []
    for channel in asked if isinstance(asked, list) else [asked]:
        if not channel or not isinstance(channel, str):
            raise _BayeuxError("400::Channel name not specified")
        if not channel.startswith("/"):
            raise _BayeuxError("400::Channel subscriptions must start with a leading '/'")
        channels.append(channel)
    return channels


def _replay_position(message: Message, channel: str) -> int:
    ext = message.get("ext")
    replay = ext.get("replay") if isinstance(ext, dict) else None
    asked = replay.get(channel, NEW_EVENTS) if isinstance(replay, dict) else NEW_EVENTS
    position = current_org().streaming.bus.position(asked) if type(asked) is int else None
    if position is None:
        raise _BayeuxError(
            f"400::The replayId {{{asked}}} you provided was invalid.  Please provide a valid ID, -2 to replay all "
            "events, or -1 to replay only new events."
        )
    return position


def _subscribe(message: Message) -> list[Message]:
    client = _client(message)
    channels = _subscriptions(message)
    for channel in channels:
        if channel not in _CHANNELS:
            raise _BayeuxError(f"400::The channel you requested to subscribe to does not exist {{{channel}}}")
    client.positions |= {channel: _replay_position(message, channel) for channel in channels}
    return [{"clientId": client.client_id, "subscription": message["subscription"]}]


def _unsubscribe(message: Message) -> list[Message]:
    client = _client(message)
    for channel in _subscriptions(message):
        client.positions.pop(channel, None)
    return [{"clientId": client.client_id, "subscription": message["subscription"]}]


def _disconnect(message: Message) -> list[Message]:
    client = _client(message)
    current_org().streaming.close(client)
    return [{"clientId": client.client_id}]


_HANDLERS = {
    "/meta/handshake": _handshake,
    "/meta/connect": _connect,
    "/meta/subscribe": _subscribe,
    "/meta/unsubscribe": _unsubscribe,
    "/meta/disconnect": _disconnect,
}


def _failure(channel: object, error: _BayeuxError) -> Message:
    answer: Message = {"successful": False, "error": error.error}
    if error.reconnect is not None:
        answer["advice"] = {"reconnect": error.reconnect, "interval": 0}
    if channel == "/meta/handshake" and error.error.startswith("401::"):
        answer |= {"error": "403::Handshake denied", "ext": {"sfdc": {"failureReason": error.error}, "replay": True}}
    return answer


def _answer(version: str | None, message: Message) -> list[Message]:
    """Return what a message is answered with; the last is the answer to itself."""
    channel = message.get("channel")
    try:
        _check_version(version)
        _check_session()
        handler = _HANDLERS.get(channel) if isinstance(channel, str) else None
        if handler is None:
            raise _BayeuxError(f"400::The channel {{{channel}}} takes no messages; use /meta/handshake and the like")
        *events, own = handler(message)
        own["successful"] = True
    except _BayeuxError as error:
        events, own = [], _failure(channel, error)
    own["channel"] = channel
    if "id" in message:
        own["id"] = message["id"]
    return [*events, own]


def _messages() -> list[Message]:
    try:
        sent = json.loads(request.get_data())
    except (ValueError, RecursionError):
        sent = None
    messages = sent if isinstance(sent, list) else [sent]
    return messages if all(isinstance(message, dict) for message in messages) else []


@blueprint.post("/cometd")
@blueprint.post("/cometd/<version>")
@blueprint.post("/cometd/<version>/<kind>")
def cometd(version: str | None = None, kind: str | None = None) -> Response:  # noqa: ARG001  # told by the channel
    """Answer a batch of Bayeux messages."""
    messages = _messages()
    if not messages:
        response = jsonify({"error": "400::The body is no JSON array of Bayeux messages"})
        response.status_code = 400
        return response
    g.cometd_batch, g.cometd_cookie = len(messages) > 1, None
    response = jsonify([answer for message in messages for answer in _answer(version, message)])
    if g.cometd_cookie is not None:
        response.set_cookie(
            _COOKIE, g.cometd_cookie, path=request.path.partition("/cometd")[0] + "/cometd", httponly=True
        )
    return response
