"""The event bus of an org: events kept for a while, each under a replay id, for whoever listens."""

from __future__ import annotations

import itertools
import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

RETENTION = 72 * 3600.0  # seconds; "Event Message Durability", Platform Events Developer Guide
NEW_EVENTS, ALL_EVENTS = -1, -2  # replay ids with a meaning of their own, "Streaming API Developer Guide"
_MAX_EVENTS = 10_000
ALL_CHANGES = "/data/ChangeEvents"


def channel_of(event_name: str) -> str:
    """Return the channel of an event object.

    :param event_name: e.g. ``AccountChangeEvent`` or ``Example_Event__e``.
    """
    return f"/event/{event_name}" if event_name.endswith("__e") else f"/data/{event_name}"


@dataclass(frozen=True)
class Event:
    """A published event.

    :param replay_id: its place among the org's events.
    :param channel: the channel of its event object.
    :param published_at: when, in seconds since the epoch.
    :param data: what subscribers are given.
    """

    replay_id: int
    channel: str
    published_at: float
    data: dict[str, object]

    def is_on(self, channel: str) -> bool:
        """Whether a subscriber of a channel is given the event.

        :param channel: the channel subscribed to.
        """
        return channel == self.channel or (channel == ALL_CHANGES and self.channel.startswith("/data/"))


class EventBus:
    """An org's events of the last 72 hours, the last 10,000 at most. Safe to use from several threads.

    :param clock: gives the time in seconds since the epoch.

    ``changed`` is the condition that is notified at each event and at the end; ``closed`` tells the end.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._events: deque[Event] = deque(maxlen=_MAX_EVENTS)
        self._numbers = itertools.count(1)
        self.changed = threading.Condition(threading.RLock())
        self.last_replay_id = 0
        self.closed = False

    def publish(self, channel: str, schema: str, payload: dict[str, object], **event: object) -> int:
        """Keep an event and wake whoever waits for one.

        :param channel: the channel of its event object.
        :param schema: the id of the payload's schema.
        :param payload: the payload.
        :param event: what stands beside the replay id.
        :return: the replay id.
        """
        with self.changed:
            replay_id = self.last_replay_id = next(self._numbers)
            data: dict[str, object] = {
                "schema": schema,
                "payload": payload,
                "event": {**event, "replayId": replay_id},
            }
            self._events.append(Event(replay_id, channel, self._clock(), data))
            self.changed.notify_all()
        return replay_id

    def position(self, replay_id: int) -> int | None:
        """Return the replay id after which a subscriber who asks to replay is given events.

        :param replay_id: that of the last event the subscriber has had, or -1 for new events only, or -2 for all.
        :return: the position, or None if the events from there on aren't kept any more or never were.
        """
        with self.changed:
            self._drop_old()
            oldest = self._events[0].replay_id if self._events else self.last_replay_id + 1
            if replay_id == NEW_EVENTS:
                return self.last_replay_id
            if replay_id == ALL_EVENTS:
                return oldest - 1
            return replay_id if oldest - 1 <= replay_id <= self.last_replay_id else None

    def after(self, position: int, channel: str) -> list[Event]:
        """Return the kept events of a channel that came after a position.

        :param position: a replay id.
        :param channel: the channel.
        """
        with self.changed:
            self._drop_old()
            newer = itertools.takewhile(lambda event: event.replay_id > position, reversed(self._events))
            return [event for event in newer if event.is_on(channel)][::-1]

    def close(self) -> None:
        """Let nobody wait any more."""
        with self.changed:
            self.closed = True
            self.changed.notify_all()

    def _drop_old(self) -> None:
        while self._events and self._events[0].published_at < self._clock() - RETENTION:
            self._events.popleft()
