"""Listens to an org for one event flow: a daemon thread with a subscription, from the flow's activation to its end.

Inferred, since AppFlow documents none of it: only events from the activation on count; what happens while the org
cannot be reached is made up for when it is back; a token that is refused again and again deactivates the flow, a
channel that the org does not have does so at once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv.local.appflow.connections.base import VendorAuthenticationError, VendorError
from airflow_provider_appflow_isv.local.appflow.connections.salesforce_streaming import (
    Subscription,
    SubscriptionLostError,
    UnknownChannelError,
)
from airflow_provider_appflow_isv.local.appflow.exceptions import AppFlowError

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.appflow.connections.salesforce import SalesforceConnection

_PATIENCE = 10.0  # seconds that StartFlow waits for the subscription
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.02, 0.3  # seconds between two attempts

Events = list[dict[str, Any]]


class ChangeListener:
    """The subscription of one event flow.

    :param channel: the channel of the flow's source object.
    :param connect: returns the connection of the flow's profile as it is now.
    :param deliver: takes the payloads of events that came together, in the listener's thread.
    :param refusals: how many refused tokens in a row it bears.
    :param give_up: called after those, or when the org has no such channel, with the org's words, in the listener's
        thread.
    """

    def __init__(
        self,
        channel: str,
        connect: Callable[[], SalesforceConnection],
        deliver: Callable[[Events], None],
        refusals: int,
        give_up: Callable[[str], None],
    ) -> None:
        self._channel = channel
        self._connect = connect
        self._deliver = deliver
        self._refusals_left = self._refusals = refusals
        self._give_up = give_up
        self._tried = threading.Event()
        self._stopped = threading.Event()
        self._subscription: Subscription | None = None
        self._replay_id: int | None = None

    @property
    def is_live(self) -> bool:
        """False once it was stopped."""
        return not self._stopped.is_set()

    def start(self) -> None:
        """Begin to listen."""
        threading.Thread(target=self._run, name=f"local-appflow-listener {self._channel}", daemon=True).start()

    def wait_until_tried(self) -> None:
        """Block until the first attempt to subscribe has come to something, so that no later change is missed."""
        self._tried.wait(_PATIENCE)

    def stop(self) -> None:
        """Stop listening; nothing is delivered any more. Can be called again."""
        if self._stopped.is_set():
            return
        self._stopped.set()
        subscription = self._subscription
        if subscription is not None:
            subscription.close()

    def _run(self) -> None:
        pause = _SHORTEST_PAUSE
        while not self._stopped.is_set():
            try:
                self._listen()
                pause = _SHORTEST_PAUSE
                continue
            except (VendorAuthenticationError, AppFlowError) as error:
                self._refused(str(error))
            except UnknownChannelError as error:
                self._give_up(str(error))
            except VendorError as error:
                self._end_subscription()
                pause = 0.0 if isinstance(error, SubscriptionLostError) else pause
            self._tried.set()
            self._stopped.wait(pause)
            pause = min(max(2 * pause, _SHORTEST_PAUSE), _LONGEST_PAUSE)
        self._end_subscription()

    def _listen(self) -> None:
        if self._subscription is None:
            self._subscription = Subscription(self._connect(), self._channel, self._replay_id)
            self._tried.set()
            if self._stopped.is_set():  # stop() may have found no subscription to end
                return
        events = self._subscription.events()
        self._refusals_left = self._refusals
        if events and not self._stopped.is_set():
            self._deliver(events)

    def _refused(self, reason: str) -> None:
        self._refusals_left -= 1
        if self._refusals_left <= 0:
            self._give_up(reason)
            return
        try:
            self._connect().check()  # gets a new token if the profile's credentials allow it
        except (VendorError, AppFlowError):
            return  # the next attempt will tell

    def _end_subscription(self) -> None:
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            self._replay_id = subscription.replay_id
            if self._stopped.is_set():
                subscription.close()
