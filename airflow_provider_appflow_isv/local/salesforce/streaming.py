"""The clients of an org's Streaming API: what each listens to, and how they wait for events.

Times from "How the Client Connects", Streaming API Developer Guide: a poll ends after 110 seconds without events, and
a client that doesn't poll again within 40 seconds is forgotten.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.salesforce.events import Event, EventBus


@dataclass
class StreamingClient:
    """A client between handshake and disconnect.

    :param client_id: its ``clientId``.
    :param cookie: the value of the cookie that it must send back.
    :param seen_at: monotonic time of its last request, infinite while it polls.
    :param positions: by channel subscribed to, the replay id of the last event it was given.
    :param polls: how many polls it has begun.
    """

    client_id: str
    cookie: str = field(repr=False)
    seen_at: float
    positions: dict[str, int] = field(default_factory=dict)
    polls: int = 0


class Streaming:
    """The Streaming API's clients. Safe to use from several threads.

    A test may set ``poll_seconds`` and ``reconnect_seconds``.

    :param bus: the org's events.
    """

    def __init__(self, bus: EventBus) -> None:
        self.bus = bus
        self.poll_seconds = 110.0
        self.reconnect_seconds = 40.0
        self._clients: dict[str, StreamingClient] = {}

    def open(self) -> StreamingClient:
        """Begin to know a client; those that have gone without a word are forgotten."""
        client = StreamingClient(secrets.token_hex(14), secrets.token_urlsafe(16), time.monotonic())
        with self.bus.changed:
            for known in list(self._clients):
                self.find(known)
            self._clients[client.client_id] = client
        return client

    def find(self, client_id: object) -> StreamingClient | None:
        """Return a client that is still known, or None.

        :param client_id: what the request names.
        """
        with self.bus.changed:
            client = self._clients.get(client_id) if isinstance(client_id, str) else None
            if client is not None and client.seen_at < time.monotonic() - self.reconnect_seconds:
                del self._clients[client.client_id]
                return None
            return client

    def close(self, client: StreamingClient) -> None:
        """Forget a client and end its poll.

        :param client: the client.
        """
        with self.bus.changed:
            self._clients.pop(client.client_id, None)
            self.bus.changed.notify_all()

    def wait(self, client: StreamingClient, seconds: float) -> bool:
        """Wait until there are events for a client, or no reason to wait for any.

        A client polls once at a time: a newer poll of its ends an older one.

        :param client: the client.
        :param seconds: how long to wait at most; never longer than ``poll_seconds``.
        :return: False if the client has disconnected or polls anew, so that events aren't for this poll.
        """
        bus = self.bus
        with bus.changed:
            client.polls += 1
            poll = client.polls
            client.seen_at = inf
            bus.changed.notify_all()
            bus.changed.wait_for(
                lambda: (
                    bus.closed
                    or client.polls != poll
                    or client.client_id not in self._clients
                    or any(bus.after(position, channel) for channel, position in client.positions.items())
                ),
                min(seconds, self.poll_seconds),
            )
            if client.polls != poll:
                return False
            client.seen_at = time.monotonic()
            return client.client_id in self._clients

    def take(self, client: StreamingClient) -> list[tuple[str, Event]]:
        """Return the events that a client hasn't been given yet, each with the channel it comes by.

        :param client: the client.
        """
        with self.bus.changed:
            taken = []
            for channel, position in client.positions.items():
                events = self.bus.after(position, channel)
                taken += [(channel, event) for event in events]
                if events:
                    client.positions[channel] = events[-1].replay_id
            return sorted(taken, key=lambda pair: pair[1].replay_id)
