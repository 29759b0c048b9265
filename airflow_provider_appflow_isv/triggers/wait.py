"""The one wait for a flow run: on the worker and in the triggerer, for operators and sensors alike."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any

from airflow_provider_appflow_isv.exceptions import AppFlowIsvError, FlowRunNotFound, FlowRunTimeout
from airflow_provider_appflow_isv.flow_run import FlowRun, RunState

FIRST_INTERVAL = 5.0
WIDENING = 1.5
JITTER = 0.2
FIRST_REPORT = 60.0

# execution records show up late after StartFlow (boto3 issue 4549); a run that is missing for longer is an error
MISSING_GRACE = 300.0

_OPERATION = "DescribeFlowExecutionRecords"


@dataclass(frozen=True, kw_only=True)
class WantedRun:
    """The run to wait for: a known one, or the first that starts after a point in time.

    :param flow_name: the flow.
    :param flow_arn: its ARN, for messages and results.
    :param execution_id: the run; None for the first run since ``started_after``.
    :param started_after: earliest start of the run, where ``execution_id`` is None.
    """

    flow_name: str
    flow_arn: str | None = None
    execution_id: str | None = None
    started_after: datetime | None = None

    @property
    def where(self) -> dict[str, str | None]:
        """Account, flow and run, as the errors take them."""
        account = self.flow_arn.split(":")[4] if self.flow_arn else None
        return {"account": account, "flow_name": self.flow_name, "execution_id": self.execution_id}

    def __str__(self) -> str:
        if self.execution_id:
            return f"run {self.execution_id} of flow {self.flow_name}"
        return f"the first run of flow {self.flow_name} since {self.started_after}"


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long and how often to look.

    :param deadline: seconds since the epoch at which to give up.
    :param poll_interval: seconds between looks, reached by widening from 5.
    :param missing_until: seconds since the epoch until which a known run may be absent from the records.
    """

    deadline: float
    poll_interval: float = 60.0
    missing_until: float | None = None


def pick_run(runs: Iterable[FlowRun], wanted: WantedRun) -> FlowRun | None:
    """The wanted run among the runs in a flow's execution records, whatever their order; None if it is not there."""
    if wanted.execution_id:
        return next((run for run in runs if run.execution_id == wanted.execution_id), None)
    since = wanted.started_after
    later = [(run.started, run) for run in runs if run.started and (since is None or run.started >= since)]
    return min(later, key=itemgetter(0), default=(None, None))[1]


async def look(client: Any, wanted: WantedRun) -> FlowRun | None:
    """The wanted run as the execution records show it now, searched on every page; None if it is not there.

    :param client: an aiobotocore AppFlow client.
    """
    request: dict[str, Any] = {"flowName": wanted.flow_name, "maxResults": 100}
    found: FlowRun | None = None
    while True:
        page = await client.describe_flow_execution_records(**request)
        runs = [
            FlowRun.from_record(record, flow_name=wanted.flow_name, flow_arn=wanted.flow_arn)
            for record in page.get("flowExecutions", [])
        ]
        found = pick_run([found, *runs] if found else runs, wanted)
        if (found and wanted.execution_id) or not page.get("nextToken"):
            return found
        request["nextToken"] = page["nextToken"]


async def wait_for_run(
    open_client: Callable[[], Awaitable[AbstractAsyncContextManager[Any]]],
    wanted: WantedRun,
    patience: Patience,
    *,
    log: Any,
    must_connect: bool = False,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], Awaitable[Any]] = asyncio.sleep,
    spread: Callable[[], float] = random.random,
) -> FlowRun:
    """Look at once and then at widening, jittered intervals until the run has ended.

    Throttling and AWS's own trouble are waited out, but never past the deadline.

    :param open_client: makes the aiobotocore AppFlow client; tried again like a look.
    :param wanted: the run to wait for.
    :param patience: how long and how often to look.
    :param log: where progress goes: the start, each change of status, and then ever more rarely.
    :param must_connect: fail at once if there is no AWS at the address, rather than wait for a region that isn't one.
    :param clock: seconds since the epoch.
    :param sleep: how to pass the time.
    :param spread: random numbers in [0, 1).
    :return: the run, ended; whether well or not is the caller's to judge.
    :raises FlowRunTimeout: it had not ended at the deadline.
    :raises FlowRunNotFound: a known run was still not in the records at ``missing_until``.
    :raises AppFlowIsvError: AWS refused to tell, or the tenant's role could not be assumed.
    """
    from airflow_provider_appflow_isv.hooks.request_errors import REFUSALS, is_transient, request_error

    began = clock()
    next_report = began + FIRST_REPORT
    interval = min(FIRST_INTERVAL, patience.poll_interval)
    status = "not seen yet"
    client = None
    async with AsyncExitStack() as opened:
        while True:
            trouble: Exception | None = None
            try:
                if client is None:
                    client = await opened.enter_async_context(await open_client())
                run = await look(client, wanted)
            except (*REFUSALS, AppFlowIsvError) as error:
                if not is_transient(error, must_connect=must_connect):
                    if isinstance(error, AppFlowIsvError):
                        raise
                    raise request_error(error, operation=_OPERATION, **wanted.where) from error
                trouble = error
                log.warning("Could not look for %s, will look again: %s", wanted, error)
            else:
                if run and run.state is not RunState.PENDING:
                    return run
                check_missing(wanted, run, missing_until=patience.missing_until, now=clock())
                must_connect = False
                seen = run.status if run else "not in the execution records yet"
                if seen != status or clock() >= next_report:
                    log.info("Waiting for %s: %s after %.0f s", wanted, seen, clock() - began)
                    next_report = clock() + max(FIRST_REPORT, clock() - began)
                status = seen
            left = patience.deadline - clock()
            if left <= 0:
                raise _timeout(wanted, status, trouble)
            await sleep(min(interval * (1 - JITTER * spread()), left))
            interval = min(interval * WIDENING, patience.poll_interval)


def check_missing(wanted: WantedRun, run: FlowRun | None, *, missing_until: float | None, now: float) -> None:
    """Raise :class:`FlowRunNotFound` if a known run should have shown up by now.

    :param wanted: the run.
    :param run: what was found.
    :param missing_until: seconds since the epoch until which it may be absent; None means for ever.
    :param now: seconds since the epoch.
    """
    if run or not wanted.execution_id or missing_until is None or now < missing_until:
        return
    raise FlowRunNotFound(
        "The run did not show up in the flow's execution records.",
        hint="Check that execution id, flow, region and account belong together.",
        **wanted.where,
    )


def _timeout(wanted: WantedRun, status: str, trouble: Exception | None) -> FlowRunTimeout:
    last = f"the last look failed with {trouble}" if trouble else f"its status was: {status}"
    return FlowRunTimeout(
        f"The flow run had not ended at the deadline; {last}.",
        code=None if trouble else status,
        hint="Give it a longer timeout, or look at the run in the AppFlow console.",
        **wanted.where,
    )
