"""DescribeFlowExecutionRecords: which runs a call shows, in which order and on which page."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import astuple, dataclass, replace
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv.local.appflow.controls.effects import EmptyRecords, LaterPage
from airflow_provider_appflow_isv.local.appflow.controls.faults import Call, faults
from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from airflow_provider_appflow_isv.local.appflow.exceptions import ValidationException
from airflow_provider_appflow_isv.local.appflow.wire.paging import (
    DEFAULT_PAGE_SIZE,
    INVALID_TOKEN,
    read_token,
    write_token,
)

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.appflow.flows.flow import Flow, FlowRun

OPERATION = "DescribeFlowExecutionRecords"


@dataclass(frozen=True)
class _Walk:
    """Where a client is in the pages; its token carries all of it, so that runs coming and going shift nothing.

    :param order: order of the runs, as the settings said when the walk began.
    :param seed: makes one shuffled order out of many.
    :param page: number of the page.
    :param late_run: id of the run that is moved to a later page, empty if none is.
    :param late_page: number of that page.
    :param last: what sorts the last run shown, empty before the first.
    """

    order: str
    seed: str
    page: int = 1
    late_run: str = ""
    late_page: int = 0
    last: str = ""

    def key(self, run: FlowRun) -> str:
        """What sorts a run, always from the least up."""
        if self.order == "shuffled":
            return hashlib.sha256(f"{self.seed} {run.execution_id}".encode()).hexdigest()
        number = run.sequence if self.order == "oldest" else 10**12 - run.sequence
        return f"{number:013d}"


def execution_records(flow: Flow, params: dict[str, Any]) -> dict[str, Any]:
    """Answer DescribeFlowExecutionRecords.

    :param flow: the flow.
    :param params: the validated request.
    :return: the answer's members, with times as AppFlow has them, in milliseconds.
    :raises ValidationException: if the nextToken is not one of this flow's.
    """
    call = Call(flow.arn.split(":")[4], OPERATION, flow.name)
    scope = f"{OPERATION}:{flow.name}"
    runs = _visible(flow)
    token = params.get("nextToken")
    walk = _begin(runs, call) if token is None else _resume(token, scope)
    if faults.take(EmptyRecords, call) is not None:
        return {"flowExecutions": []}
    shown, following = _page(runs, walk, params.get("maxResults") or DEFAULT_PAGE_SIZE)
    answer: dict[str, Any] = {"flowExecutions": [_in_milliseconds(run.record()) for run in shown if run.poll()]}
    if following is not None:
        answer["nextToken"] = write_token(scope, json.dumps(astuple(following)))
    return answer


def _visible(flow: Flow) -> list[FlowRun]:
    runs = list(flow.runs.values())
    if settings.hidden_seconds:
        until = settings.now() - settings.hidden_seconds
        return [run for run in runs if run.started_at <= until]
    return runs


def _begin(runs: list[FlowRun], call: Call) -> _Walk:
    order = settings.record_order
    walk = _Walk(order, secrets.token_hex(8) if order == "shuffled" else "")
    late = faults.take(LaterPage, call) if runs else None
    return walk if late is None else replace(walk, late_run=runs[-1].execution_id, late_page=late.effect.page)


def _resume(token: str, scope: str) -> _Walk:
    try:
        walk = _Walk(*json.loads(read_token(token, scope)))
        whole = all(type(value) is type(blank) for value, blank in zip(astuple(walk), astuple(_BLANK), strict=True))
    except (ValueError, TypeError):
        whole = False
    if not whole:
        raise ValidationException(INVALID_TOKEN)
    return walk


def _page(runs: list[FlowRun], walk: _Walk, size: int) -> tuple[list[FlowRun], _Walk | None]:
    """Return the runs of one page, and where the next page begins, None after the last."""
    late = next((run for run in runs if run.execution_id == walk.late_run), None) if walk.late_run else None
    rest = _after(runs, walk)
    if late is not None:
        rest = [run for run in rest if run is not late]
    here = late if late is not None and walk.page == walk.late_page else None
    shown = rest[: size if here is None else size - 1]
    following = None
    if len(rest) > len(shown) or (late is not None and walk.page < walk.late_page):
        following = replace(walk, page=walk.page + 1, last=walk.key(shown[-1]) if shown else walk.last)
    return shown if here is None else [here, *shown], following


def _after(runs: list[FlowRun], walk: _Walk) -> list[FlowRun]:
    """The runs in the walk's order, from where it is; ``runs`` are in the order of their start."""
    if walk.order == "shuffled":
        runs = sorted(runs, key=walk.key)
    elif walk.order == "newest":
        runs = runs[::-1]
    return [run for run in runs if walk.key(run) > walk.last] if walk.last else runs


def _in_milliseconds(record: dict[str, Any]) -> dict[str, Any]:
    return {name: int(value * 1000) / 1000 if isinstance(value, float) else value for name, value in record.items()}


_BLANK = _Walk("", "")
