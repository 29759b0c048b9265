"""Bringing a flow to what is wanted of it, by as little as that takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv.exceptions import AppFlowIsvError, TenantConfigurationError
from airflow_provider_appflow_isv.hooks.flow_definition import Outcome, Wanted, wait_for_flow
from airflow_provider_appflow_isv.hooks.flow_replacement import replace_flow

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook


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
            "with the records of its runs, and created anew; if it is incremental, its first run pulls all over again.",
        )
    if fixed:
        return replace_flow(hook, wanted, found, changes, timeout)
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

    shown = wait_for_flow(hook, wanted.name, is_shown, timeout)
    if shown is None:
        raise AppFlowIsvError(
            "The flow was updated, and then deleted by somebody else.",
            account=_account(found),
            flow_name=wanted.name,
            hint="Find out who deletes it; AppFlowCreateFlowOperator creates it again.",
        )
    if not is_shown(shown):
        raise AppFlowIsvError(
            f"The flow was updated, but DescribeFlow still shows it as it was after {timeout:g} s.",
            account=_account(found),
            flow_name=wanted.name,
            hint="A run that started now would use the old definition: retry the task, or raise update_timeout.",
        )


def _account(found: Mapping[str, Any]) -> str:
    return str(found["flowArn"]).split(":")[4]
