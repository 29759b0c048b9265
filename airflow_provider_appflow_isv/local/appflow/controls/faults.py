"""Faults that tests and demos inject into the local AppFlow."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

from airflow_provider_appflow_isv.local.appflow.controls import checks
from airflow_provider_appflow_isv.local.appflow.controls.checks import checked
from airflow_provider_appflow_isv.local.appflow.controls.effects import (
    KINDS,
    ConnectionEffect,
    Effect,
    Error,
    RateLimit,
    RunFails,
    StuckInCancelStarted,
    StuckInProgress,
    TokenRevoked,
    parse_effect,
)
from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from airflow_provider_appflow_isv.local.appflow.wire.service_model import service_model

E = TypeVar("E", bound=Effect)


@dataclass(frozen=True)
class Call:
    """What decides whether a fault hits a call or a run.

    :param account_id: the caller's account.
    :param operation: e.g. ``StartFlow``; None for a run.
    :param flow: name of the flow that it is about, None if it is about none.
    """

    account_id: str
    operation: str | None = None
    flow: str | None = None


@dataclass(eq=False)
class Fault(Generic[E]):
    """One injected fault.

    :param number: its id.
    :param effect: what it does.
    :param operation: the only operation that it hits, None for any.
    :param flow: the only flow that it hits, None for any.
    :param account: the only account that it hits, None for any.
    :param remaining: how many more calls or runs it hits, None for all until it is cleared.
    """

    number: int
    effect: E
    operation: str | None
    flow: str | None
    account: str | None
    remaining: int | None
    cleared: Future[None] = field(default_factory=Future)
    buckets: dict[tuple[str, str | None], tuple[float, float]] = field(default_factory=dict)

    def hits(self, call: Call) -> bool:
        """Say whether the fault is for such a call or run and not used up."""
        return (
            self.remaining != 0
            and self.account in (None, call.account_id)
            and self.operation in (None, call.operation)
            and self.flow in (None, call.flow)
        )

    def describe(self) -> dict[str, Any]:
        """Return the fault as JSON has it."""
        return {
            "id": self.number,
            **self.effect.describe(),
            "operation": self.operation,
            "flow": self.flow,
            "account": self.account,
            "remaining": self.remaining,
        }


@dataclass(frozen=True)
class RunFaults:
    """What is wrong with one run: a message if it fails, the faults that keep it from ending."""

    failure: str | None = None
    in_progress: Fault[Any] | None = None
    in_cancel: Fault[Any] | None = None

    def hold(self, *, canceled: bool) -> bool:
        """Say whether a run must stay as it is, given whether it is being cancelled."""
        fault = self.in_cancel if canceled else self.in_progress
        return fault is not None and not fault.cleared.done()


class Faults:
    """The faults of all accounts and Regions of the process. Thread-safe. Of two faults the one injected first hits."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._faults: list[Fault[Any]] = []
        self.connections_are_served = False  # by the local stack's own server while one runs
        settings.on_reset(self.clear)

    def inject(
        self,
        effect: Effect,
        *,
        operation: str | None = None,
        flow: str | None = None,
        account: str | None = None,
        times: int | None = 1,
    ) -> int:
        """Let something go wrong.

        :param effect: what, e.g. ``Error("ThrottlingException")``.
        :param operation: the only operation that it hits; default None, any. Only for effects on calls.
        :param flow: name of the only flow that it hits; default None, any.
        :param account: id of the only account that it hits; default None, any.
        :param times: how many calls (for effects on runs: runs; for LaterPage: walks) it hits; None: all until it is
            cleared. Default 1. A RateLimit always stays until it is cleared.
        :return: the fault's id, for :meth:`clear`.
        :raises ValueError: naming the parameter that makes no sense.
        """
        for name, value in {"operation": operation, "flow": flow, "account": account}.items():
            if value is not None:
                checked(name, checks.account if name == "account" else checks.text, value)
                if name not in effect.narrowed_by | {"account"}:
                    raise ValueError(f"{name}: leave it out, {type(effect).__name__} is not about a single {name}")
        if operation is not None and operation not in service_model().operation_names:
            raise ValueError(f"operation: AppFlow has no {operation!r}; name one such as 'StartFlow'")
        if times is not None:
            checked("times", checks.whole_number(1), times)
        if isinstance(effect, ConnectionEffect) and not self.connections_are_served:
            raise ValueError(f"effect: {type(effect).__name__} needs the server of a running LocalStack")
        remaining = None if isinstance(effect, RateLimit) else times
        with self._lock:
            fault: Fault[Any] = Fault(next(self._numbers), effect, operation, flow, account, remaining)
            self._faults = [*self._faults, fault]
        return fault.number

    def inject_json(self, members: dict[str, Any]) -> int:
        """Inject a fault that is given as JSON: ``effect``, its members, and the parameters of :meth:`inject`.

        :param members: the JSON object.
        :return: the fault's id.
        :raises ValueError: naming the member that is wrong, missing or unknown.
        """
        rest = dict(members)
        effect = parse_effect(rest.pop("effect", None), rest, KINDS)
        unknown = sorted(set(rest) - {"operation", "flow", "account", "times"})
        if unknown:
            raise ValueError(f"{unknown[0]}: {type(effect).__name__} has no such member")
        return self.inject(effect, **rest)

    def clear(self, number: int | None = None) -> None:
        """Take faults back: calls that wait for an answer go on, runs that are stuck end.

        :param number: the fault's id; default None, all of them.
        :raises ValueError: if there is no fault of that id.
        """
        with self._lock:
            cleared = [fault for fault in self._faults if number in (None, fault.number)]
            self._faults = [fault for fault in self._faults if fault not in cleared]
        if number is not None and not cleared:
            raise ValueError(f"id: there is no fault {number}")
        for fault in cleared:
            fault.cleared.set_result(None)
        settings.tell()

    def injected(self) -> list[Fault[Any]]:
        """Return the faults that are not used up, and those that still keep a call or a run."""
        return list(self._faults)

    def have(self, kind: type[Effect]) -> bool:
        """Say whether there is any fault of a kind, which costs less than asking whether it hits."""
        return any(isinstance(fault.effect, kind) for fault in self._faults)

    def take(self, kind: type[E], call: Call, where: Callable[[E], bool] = lambda _: True) -> Fault[E] | None:
        """Return the next fault of a kind that hits a call or run, used up by one.

        :param kind: class of the effect.
        :param call: the call or run.
        :param where: says which effects of the kind are meant; default all.
        :return: the fault, None if there is none.
        """
        if not self.have(kind):
            return None
        with self._lock:
            for fault in self._faults:
                if isinstance(fault.effect, kind) and fault.hits(call) and where(fault.effect):
                    if fault.remaining is not None:
                        fault.remaining -= 1
                    if fault.remaining == 0 and not fault.effect.lingers:
                        self._faults = [other for other in self._faults if other is not fault]
                    return cast("Fault[E]", fault)
        return None

    def error_of(self, call: Call) -> Error | None:
        """Return the error that a call is answered with, None if it may go on."""
        fault = self.take(Error, call)
        if fault is not None:
            return fault.effect
        return Error("ThrottlingException", "Too Many Requests") if self._is_throttled(call) else None

    def of_new_run(self, account_id: str, flow_name: str) -> RunFaults:
        """Return what goes wrong in a run that starts now.

        :param account_id: account of the flow.
        :param flow_name: the flow.
        """
        call = Call(account_id, flow=flow_name)
        failing = self.take(RunFails, call)
        return RunFaults(
            failure=failing.effect.message if failing is not None else None,
            in_progress=self.take(StuckInProgress, call),
            in_cancel=self.take(StuckInCancelStarted, call),
        )

    def between_pages(self, account_id: str, flow_name: str, pages_read: int, revoke: Callable[[], None]) -> None:
        """Revoke the token of a run whose time has come; a run calls this before its first page and after each.

        :param account_id: account of the flow.
        :param flow_name: the flow.
        :param pages_read: how many pages the run has read.
        :param revoke: makes the vendor refuse the run's access token from now on.
        """
        call = Call(account_id, flow=flow_name)
        if self.take(TokenRevoked, call, lambda effect: effect.after_page == pages_read) is not None:
            revoke()

    def _is_throttled(self, call: Call) -> bool:
        if not self.have(RateLimit):
            return False
        with self._lock:
            refusals = [_take_token(fault, call) for fault in self._faults if fault.hits(call)]
        return any(refusals)


def _take_token(fault: Fault[Any], call: Call) -> bool:
    """Take a token out of a rate limit's bucket; True if there is none."""
    if not isinstance(fault.effect, RateLimit):
        return False
    now = settings.now()
    tokens, filled_at = fault.buckets.get((call.account_id, call.operation), (float(fault.effect.burst), now))
    tokens = min(float(fault.effect.burst), tokens + (now - filled_at) * fault.effect.rate)
    fault.buckets[call.account_id, call.operation] = (tokens - 1 if tokens >= 1 else tokens, now)
    return tokens < 1


faults = Faults()
