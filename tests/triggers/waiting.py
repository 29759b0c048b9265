"""The wait with the real asynchronous client and a clock that only moves when the wait sleeps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook
from airflow_provider_appflow_isv.triggers.wait import Patience, WantedRun, wait_for_run
from tests.accounts import ONE_TRY, TenantAccount

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.flow_run import FlowRun

START = 1_000_000.0


@dataclass
class FakeTime:
    """A clock that sleeping moves.

    :param on_sleep: what happens in the world during the first, second, ... sleep.
    """

    on_sleep: list[Callable[[], Any]] = field(default_factory=list)
    now: float = START
    slept: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        if self.on_sleep:
            await asyncio.to_thread(self.on_sleep.pop(0))


@dataclass
class Log:
    """Keeps what is logged."""

    lines: list[str] = field(default_factory=list)

    def info(self, message: str, *values: object) -> None:
        self.lines.append(message % values)

    warning = info


def wait(
    tenant: TenantAccount,
    wanted: WantedRun,
    time: FakeTime,
    *,
    hook: AppFlowHook | None = None,
    log: Log | None = None,
    spread: Callable[[], float] = lambda: 0.0,
    must_connect: bool = False,
    **patience: Any,
) -> FlowRun:
    """Wait through the hook, by default the tenant's, until 1000 s from the start unless told otherwise."""
    asked = hook or AppFlowHook(**tenant.aws, botocore_config=ONE_TRY)
    waiting = wait_for_run(
        asked.get_async_conn,
        wanted,
        Patience(**{"deadline": START + 1000, **patience}),
        log=log or Log(),
        must_connect=must_connect,
        clock=time.clock,
        sleep=time.sleep,
        spread=spread,
    )
    return asyncio.run(waiting)


def wanted_run(tenant: TenantAccount, flow: str, execution_id: str | None = None, **more: Any) -> WantedRun:
    return WantedRun(flow_name=flow, flow_arn=tenant.flow_arn(flow), execution_id=execution_id, **more)
