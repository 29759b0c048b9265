"""Bringing a flow to what is wanted of it: no call for what it is already, and nothing half done."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any, Protocol

from airflow_provider_appflow_isv.exceptions import AppFlowIsvError, TenantConfigurationError
from airflow_provider_appflow_isv.specs.changes import Difference, differences

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook

log = logging.getLogger(__name__)

_DEFINITION = (
    *("flowName", "description", "kmsArn", "triggerConfig", "sourceFlowConfig", "destinationFlowConfigList", "tasks"),
    *("metadataCatalogConfig", "tags"),
)
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

    def update_request(self, _found: Mapping[str, Any]) -> dict[str, Any]:
        """The same, but for what UpdateFlow doesn't take."""
        return {name: value for name, value in self.request.items() if name not in ("kmsArn", "tags")}

    def differences(self, found: Mapping[str, Any]) -> list[Difference]:
        """What an update would change; members that can't be read are a difference, for AppFlow to judge."""
        try:
            return differences(self.request, found)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            return [Difference("definition", None, None)]


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


def create(hook: AppFlowHook, wanted: Wanted) -> Outcome:
    """Create a flow.

    :param hook: hook for its account.
    :param wanted: the flow.
    """
    answer = hook.create_flow(**wanted.create_request())
    return Outcome(answer["flowArn"], answer["flowStatus"], "created")


def upsert(hook: AppFlowHook, wanted: Wanted, found: Mapping[str, Any], *, replace: bool, timeout: float) -> Outcome:
    """Make a flow that exists the wanted one, by as little as that takes.

    :param hook: hook for its account.
    :param wanted: the flow as it should be.
    :param found: DescribeFlow's answer.
    :param replace: whether to delete and create it where UpdateFlow can't change it.
    :param timeout: seconds to wait until DescribeFlow shows the update, or the flow is gone.
    :raises TenantConfigurationError: if it can't be updated and must not be replaced.
    """
    wrong = wanted.differences(found)
    fixed = [each for each in wrong if each.fixed]
    changes = tuple(map(str, wrong))
    if fixed and not replace:
        raise TenantConfigurationError(
            f"The flow exists and can't be updated to what is wanted: {'; '.join(map(str, fixed))}.",
            account=_account(found),
            flow_name=wanted.name,
            hint="AppFlow never changes these. Take another flow name, or set replace=True: the flow is then deleted, "
            "with the records of its runs, and created anew.",
        )
    if fixed:
        return _replace(hook, wanted, found, changes, timeout)
    tags = {key: value for key, value in wanted.tags.items() if (found.get("tags") or {}).get(key) != value}
    if tags:
        hook.tag_resource(found["flowArn"], tags)
        changes = (*changes, *(f"tag {key} is {value!r} now" for key, value in tags.items()))
    status = str(found["flowStatus"])
    if wrong:
        status = hook.update_flow(**wanted.update_request(found))
        _wait_for_update(hook, wanted, found, timeout)
    return Outcome(found["flowArn"], status, "updated" if changes else "unchanged", changes)


def _wait_for_update(hook: AppFlowHook, wanted: Wanted, found: Mapping[str, Any], timeout: float) -> None:
    """AppFlow shows an update only after some seconds, and a run that starts before uses the flow as it was."""

    def is_shown(flow: dict[str, Any] | None) -> bool:
        # an account whose answers differ from what was sent in a way that we don't know still tells when they are new
        return flow is None or flow.get("lastUpdatedAt") != found.get("lastUpdatedAt") or not wanted.differences(flow)

    if not _wait(hook, wanted.name, is_shown, timeout):
        raise AppFlowIsvError(
            f"The flow was updated, but DescribeFlow still shows it as it was after {timeout:g} s.",
            account=_account(found),
            flow_name=wanted.name,
            hint="A run that started now would use the old definition: retry the task, or raise update_timeout.",
        )


def _replace(
    hook: AppFlowHook, wanted: Wanted, found: Mapping[str, Any], changes: tuple[str, ...], timeout: float
) -> Outcome:
    """Delete the flow and create it anew; what can't be created leaves the flow as it was."""
    name, account, request = wanted.name, _account(found), wanted.create_request()
    running = [run.execution_id for run in hook.flow_runs(name) if run.is_in_progress]
    if running:
        raise AppFlowIsvError(
            f"The flow can't be replaced while runs of it are in progress: {', '.join(map(str, running))}.",
            account=account,
            flow_name=name,
            hint="Wait for them, or cancel them with AppFlowCancelFlowRunsOperator; then retry.",
        )
    log.warning("Deleting flow %s in account %s, with the records of its runs, to create it anew", name, account)
    hook.delete_flow(name, force=True)
    if not _wait(hook, name, lambda flow: flow is None, timeout):
        log.warning("AppFlow still shows flow %s %g s after it was deleted", name, timeout)
    try:
        answer = hook.create_flow(**request)
    except AppFlowIsvError:
        _restore(hook, found)
        raise
    return Outcome(answer["flowArn"], answer["flowStatus"], "replaced", changes)


def _restore(hook: AppFlowHook, found: Mapping[str, Any]) -> None:
    """Create a deleted flow as it was."""
    name = found["flowName"]
    try:
        hook.create_flow(**_as_it_was(found))
        if found["flowStatus"] == "Active" and found["triggerConfig"]["triggerType"] != "OnDemand":
            hook.start_flow(name)
    except AppFlowIsvError:
        log.exception("Flow %s was deleted and could not be created, neither as wanted nor as it was", name)
    else:
        log.warning("Flow %s could not be created as wanted and is back as it was, without its earlier runs", name)


def _as_it_was(found: Mapping[str, Any]) -> dict[str, Any]:
    request = {name: found[name] for name in _DEFINITION if found.get(name)}
    scheduled = (request["triggerConfig"].get("triggerProperties") or {}).get("Scheduled")
    if scheduled and scheduled.get("scheduleStartTime", datetime.max.replace(tzinfo=UTC)) <= datetime.now(UTC):
        # AppFlow takes no start that has passed
        kept = {name: value for name, value in scheduled.items() if name != "scheduleStartTime"}
        request["triggerConfig"] = {**request["triggerConfig"], "triggerProperties": {"Scheduled": kept}}
    return request


def _wait(hook: AppFlowHook, name: str, is_so: Callable[[dict[str, Any] | None], bool], timeout: float) -> bool:
    """Look at a flow until something is so; False if it is not by the end of the timeout."""
    deadline = time.monotonic() + timeout
    for pause in chain(_PAUSES, repeat(_PAUSES[-1])):
        if is_so(hook.get_flow(name)):
            return True
        if time.monotonic() >= deadline:
            return False
        time.sleep(pause)
    return False


def _account(found: Mapping[str, Any]) -> str:
    return str(found["flowArn"]).split(":")[4]
