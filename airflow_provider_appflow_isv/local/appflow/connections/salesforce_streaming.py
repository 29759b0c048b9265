"""A subscription to one channel of an org's Streaming API: Bayeux over HTTP long polling.

Facts: Salesforce Streaming API Developer Guide; CometD, "The Bayeux Protocol".
"""

from __future__ import annotations

import json
import threading
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import requests

from .base import VendorAuthenticationError, VendorError, VendorUnreachableError, loopback_url

if TYPE_CHECKING:
    from .salesforce import SalesforceConnection

_PATH = "/cometd/58.0"
_NEW_EVENTS = -1
_POLL_TIMEOUT = (5.0, 150.0)  # seconds to connect, to wait: Salesforce lets a poll go on for 110
_GOODBYE_TIMEOUT = (1.0, 2.0)
_TRANSPORT = "long-polling"
_UNKNOWN_CHANNEL = "400::The channel you requested to subscribe to does not exist"

Message = dict[str, Any]


class SubscriptionLostError(VendorError):
    """The org knows the subscription no more: make a new one."""


class UnknownChannelError(VendorError):
    """The org has no such channel."""


class Subscription:
    """A channel subscribed to, from now on or from where an earlier subscription ended.

    :param org: the org.
    :param channel: e.g. ``/data/AccountChangeEvent``.
    :param replay_id: of the last event received before; default None, only new events.
    :raises VendorError: if the org does not let it be.
    """

    def __init__(self, org: SalesforceConnection, channel: str, replay_id: int | None = None) -> None:
        self._org = org
        self._channel = channel
        self._cookies: dict[str, str] = {}
        self._client_id = ""
        self._closed = threading.Event()
        self.replay_id = replay_id
        self._token = org.access_token()
        handshake = {"channel": "/meta/handshake", "version": "1.0", "supportedConnectionTypes": [_TRANSPORT]}
        self._client_id = self._own(self._send(handshake))["clientId"]
        position = {channel: _NEW_EVENTS if replay_id is None else replay_id}
        self._own(self._send({"channel": "/meta/subscribe", "subscription": channel, "ext": {"replay": position}}))

    def events(self) -> list[Message]:
        """Wait for events and return their payloads; none after about two minutes, and once :meth:`close` was called.

        It can be called again after a VendorAuthenticationError, with a new token.

        :raises SubscriptionLostError: if it cannot.
        :raises VendorError: for any other trouble.
        """
        self._token = self._org.access_token()
        answer = self._send({"channel": "/meta/connect", "connectionType": _TRANSPORT})
        if self._closed.is_set():
            return []
        self._own(answer)
        events = [message["data"] for message in answer if message.get("channel") == self._channel]
        if events:
            self.replay_id = events[-1]["event"]["replayId"]
        return [event["payload"] for event in events]

    def close(self) -> None:
        """Leave, from any thread: a poll that is going on ends, and finds nothing."""
        if self._closed.is_set():
            return
        self._closed.set()
        try:
            self._send({"channel": "/meta/disconnect"}, _GOODBYE_TIMEOUT)
        except VendorError:
            return  # an org that cannot be reached forgets its clients by itself

    def _send(self, message: Message, timeout: tuple[float, float] = _POLL_TIMEOUT) -> list[Message]:
        body = {**message, "clientId": self._client_id} if self._client_id else message
        url = loopback_url(self._org.instance_url) + _PATH
        headers = {"Authorization": f"Bearer {self._token}"}
        try:
            with requests.Session() as session:
                session.trust_env = False  # neither a proxy nor a .netrc has a say in where the token goes
                response = session.post(
                    url, json=[body], headers=headers, cookies=self._cookies, timeout=timeout, allow_redirects=False
                )
            answer = json.loads(response.content, parse_float=Decimal)  # 12.50 has to land as 12.50
        except (requests.RequestException, ValueError) as error:
            raise VendorUnreachableError(
                f"No answer from {self._org.instance_url}: {type(error).__name__}. Is the local Salesforce org running?"
            ) from None  # the original error shows the whole request
        if not isinstance(answer, list) or not answer:
            raise VendorUnreachableError(f"No valid response from {self._org.instance_url}.")
        self._cookies |= response.cookies.get_dict()
        return answer

    def _own(self, answer: list[Message]) -> Message:
        """Return the answer to the message itself, which comes last."""
        own = answer[-1]
        if own.get("successful"):
            return own
        error = str(own.get("error"))
        reason = str(own.get("ext", {}).get("sfdc", {}).get("failureReason", error))
        if reason.startswith("401::"):
            raise VendorAuthenticationError(
                f"Request failed with Salesforce Status Code 401: authentication failed, {reason}"
            )
        if error.startswith("403::Unknown client"):
            raise SubscriptionLostError(error)
        if error.startswith(_UNKNOWN_CHANNEL):
            raise UnknownChannelError(f"Salesforce refused to stream {self._channel}: {error}")
        if "replayId" in error:
            self.replay_id = None  # what was missed is not kept any more
        raise VendorError(f"Salesforce refused to stream {self._channel}: {error}")
