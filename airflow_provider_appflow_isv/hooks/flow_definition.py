"""What is wanted of a flow, what became of it, and waiting until AppFlow shows it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any, Protocol

from airflow_provider_appflow_isv.specs.changes import Difference, differences
from airflow_provider_appflow_isv.specs.completion import completed

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook

log = logging.getLogger(__name__)

_UNREADABLE = (AttributeError, IndexError, KeyError, TypeError, ValueError)
_PAUSES = (0.1, 0.2, 0.4, 0.8, 1.6)  # seconds between looks; the last one again and again


class Wanted(Protocol):
    """What is wanted of a flow: a :class:`~airflow_provider_appflow_isv.specs.FlowSpec`, or :class:`Members`."""

    @property
    def name(self) -> str:
        """The flow's name."""

    @property
    def tags(self) -> Mapping[str, str]:
        """Tags that it is to have; others stay."""

    def create_request(self) -> dict[str, Any]:
        """Members of CreateFlow."""

    def update_request(self, found: Mapping[str, Any]) -> dict[str, Any]:
        """Members of UpdateFlow, for the flow that DescribeFlow tells of."""

    def differences(self, found: Mapping[str, Any]) -> list[Difference]:
        """What an update would change of the flow that DescribeFlow tells of."""


@dataclass(frozen=True)
class Members:
    """A flow by the plain members of CreateFlow.

    :param request: the members.
    """

    request: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The flow's name."""
        return str(self.request["flowName"])

    @property
    def tags(self) -> Mapping[str, str]:
        """Tags that it is to have; others stay."""
        return self.request.get("tags") or {}

    def create_request(self) -> dict[str, Any]:
        """Members of CreateFlow."""
        return dict(self.request)

    def update_request(self, found: Mapping[str, Any]) -> dict[str, Any]:
        """The same with what it leaves to the flow, but for what UpdateFlow doesn't take."""
        try:
            request = completed(self.request, found)
        except _UNREADABLE:
            request = dict(self.request)
        return {name: value for name, value in request.items() if name not in ("kmsArn", "tags")}

    def differences(self, found: Mapping[str, Any]) -> list[Difference]:
        """What an update would change; members that can't be read are a difference, for AppFlow to judge."""
        try:
            return differences(self.request, found)
        except _UNREADABLE as error:
            log.warning("The flow can't be compared with what is wanted, so it is updated: %r", error)
            return [Difference("definition", "as given", "not compared")]


@dataclass(frozen=True)
class Outcome:
    """What became of a flow.

    :param arn: its ARN.
    :param status: its status.
    :param action: ``created``, ``updated``, ``replaced`` or ``unchanged``.
    :param changes: what was changed, in words.
    """

    arn: str
    status: str
    action: str
    changes: tuple[str, ...] = ()


def wait_for_flow(
    hook: AppFlowHook, name: str, is_so: Callable[[dict[str, Any] | None], bool], timeout: float
) -> dict[str, Any] | None:
    """Look at a flow until something is so, or the time is over.

    :param hook: hook for its account.
    :param name: the flow.
    :param is_so: takes DescribeFlow's answer, None if there is no such flow.
    :param timeout: seconds to look for.
    :return: what was seen last.
    """
    deadline = time.monotonic() + timeout
    for pause in chain(_PAUSES, repeat(_PAUSES[-1])):
        seen = hook.get_flow(name)
        if is_so(seen) or time.monotonic() >= deadline:
            break
        time.sleep(pause)
    return seen
