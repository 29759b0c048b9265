"""Deleting a flow and creating it anew, so that in the end one of the two is there."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv.exceptions import AppFlowIsvError, TenantConfigurationError
from airflow_provider_appflow_isv.hooks.flow_definition import Outcome, Wanted, wait_for_flow
from airflow_provider_appflow_isv.specs.completion import begin_ahead, completed

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook

log = logging.getLogger(__name__)

_DEFINITION = (
    *("flowName", "description", "kmsArn", "triggerConfig", "sourceFlowConfig", "destinationFlowConfigList", "tasks"),
    "metadataCatalogConfig",
)


def replace_flow(
    hook: AppFlowHook, wanted: Wanted, found: Mapping[str, Any], changes: tuple[str, ...], timeout: float
) -> Outcome:
    """Delete a flow and create it as it is wanted; what can't be created leaves the flow as it was.

    What the wanted flow doesn't say, such as description, key and other tags, is taken over. A flow that was active is
    activated again.

    :param hook: hook for its account.
    :param wanted: the flow as it should be.
    :param found: DescribeFlow's answer.
    :param changes: how they differ, in words.
    :param timeout: seconds to wait until the flow is gone.
    :raises TenantConfigurationError: if the flow belongs to CloudFormation.
    :raises AppFlowIsvError: if runs are in progress, or the flow could not be created; it says whether it is lost.
    """
    name, account, tags = wanted.name, str(found["flowArn"]).split(":")[4], found.get("tags") or {}
    if any(key.startswith("aws:") for key in tags):
        raise TenantConfigurationError(
            "The flow belongs to a CloudFormation stack, so it is not replaced.",
            account=account,
            flow_name=name,
            hint=f"Change it there ({tags.get('aws:cloudformation:stack-name', 'its tags name the stack')}), or take "
            "another flow name.",
        )
    running = [str(run.execution_id) for run in hook.flow_runs(name) if run.is_in_progress]
    if running:
        raise AppFlowIsvError(
            f"The flow can't be replaced while runs of it are in progress: {', '.join(running)}.",
            account=account,
            flow_name=name,
            hint="Wait for them, or cancel them with AppFlowCancelFlowRunsOperator; then retry.",
        )
    request = begin_ahead(completed(wanted.create_request(), found), datetime.now(UTC))
    before = {member: found[member] for member in _DEFINITION if found.get(member)}
    log.warning(
        "Deleting flow %s in account %s, with the records of its runs, to create it anew. It was: %s",
        name,
        account,
        json.dumps({**before, "tags": tags}, default=str),
    )
    hook.delete_flow(name, force=True)
    try:
        if wait_for_flow(hook, name, lambda flow: flow is None, timeout) is not None:
            log.warning("AppFlow still shows flow %s %g s after it was deleted", name, timeout)
        answer = hook.create_flow(**{**request, "tags": {**tags, **wanted.tags}})
    except BaseException as error:  # a task's timeout is none of the others
        _restore(hook, begin_ahead(before, datetime.now(UTC)), found, error)
        raise
    status = answer["flowStatus"]
    if _runs_by_itself(found) and _runs_by_itself({**found, "triggerConfig": request["triggerConfig"]}):
        status = hook.start_flow(name).status
    return Outcome(answer["flowArn"], status, "replaced", changes)


def _runs_by_itself(flow: Mapping[str, Any]) -> bool:
    return bool(flow["flowStatus"] == "Active" and flow["triggerConfig"]["triggerType"] != "OnDemand")


def _restore(hook: AppFlowHook, before: dict[str, Any], found: Mapping[str, Any], error: BaseException) -> None:
    """Create a deleted flow as it was.

    :raises AppFlowIsvError: if it is lost.
    """
    name = str(found["flowName"])
    try:
        hook.create_flow(**before)
    except AppFlowIsvError as refusal:
        if refusal.code == "ConflictException":
            log.warning("Flow %s is there: it was created, although the answer was lost", name)
            return
        raise AppFlowIsvError(
            f"The flow was deleted and could be created neither as wanted nor as it was: {error} Then: {refusal}",
            account=str(found["flowArn"]).split(":")[4],
            flow_name=name,
            hint="It is gone. This task's log has its old definition; correct what is refused and retry.",
        ) from error
    log.warning("Flow %s could not be created as wanted and is back as it was, without its earlier runs", name)
    try:
        if found.get("tags"):
            hook.tag_resource(found["flowArn"], dict(found["tags"]))
        if _runs_by_itself(found):
            hook.start_flow(name)
    except AppFlowIsvError:
        log.exception("Flow %s is back, but not with its tags, or not active", name)
