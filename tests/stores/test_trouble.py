"""AWS in trouble, or a worker interrupted, between a claim and the answer in the secret."""

from __future__ import annotations

import json
import logging
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from airflow_provider_appflow_isv.exceptions import AppFlowRequestError
from airflow_provider_appflow_isv.stores.claims import Claims
from airflow_provider_appflow_isv.stores.codes import redeem_code
from airflow_provider_appflow_isv.stores.history import hash_of
from airflow_provider_appflow_isv.stores.uninterrupted import uninterrupted
from tests.stores.grants import LEASE, DiedError, Grant
from tests.stores.test_old_tokens import no_introspection
from tests.stores.test_waiting import Trouble

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.stores.base import Stored
    from tests.accounts import TenantAccount


def never_asked(*_: Any) -> NoReturn:
    raise AssertionError


class InterruptedByAlarmError(BaseException):
    """What Airflow's execution_timeout raises is no Exception either."""


@pytest.fixture
def alarm() -> Iterator[None]:
    def handle(*_: Any) -> None:
        raise InterruptedByAlarmError

    before = signal.signal(signal.SIGALRM, handle)
    yield
    signal.signal(signal.SIGALRM, before)


class TroubleAfterClaim(Trouble):
    """AWS refuses calls of an operation once a claim is there."""

    claimed = False

    def __call__(self, model: Any, **params: Any) -> Any:
        self.claimed |= model.name == "PutSecretValue"
        return super().__call__(model, **params) if self.claimed else None


@pytest.mark.parametrize("skip", range(3))
def test_a_refusal_of_aws_between_claim_and_request_gives_the_claim_back(grant: Grant, skip: int) -> None:
    with pytest.raises(AppFlowRequestError, match="GetSecretValue"):
        grant.worker(tap=TroubleAfterClaim("GetSecretValue", 1, skip=skip)).redeem()
    assert grant.presented == []
    assert grant.opens(grant.worker(is_active=no_introspection).redeem())
    assert grant.now == 0


@pytest.mark.parametrize("times", [1, 2])
def test_a_claim_that_came_through_though_aws_seemed_to_refuse_is_used_or_given_back(grant: Grant, times: int) -> None:
    refuse = Trouble("PutSecretValue", times)

    def lose_the_answer(model: Any, params: Any, **_: Any) -> Any:
        if model.name == "PutSecretValue" and refuse.left:
            grant.aws.put_secret_value(**json.loads(params["body"]))
        return refuse(model)

    if times == 1:
        assert grant.opens(grant.worker(tap=lose_the_answer).redeem())
    else:
        with pytest.raises(AppFlowRequestError, match="PutSecretValue"):
            grant.worker(tap=lose_the_answer).redeem()
        assert grant.opens(grant.worker(is_active=no_introspection).redeem())
    assert (len(grant.presented), grant.now) == (1, 0)


def test_the_claim_of_another_is_not_given_back_by_who_could_not_claim(grant: Grant) -> None:
    with pytest.raises(DiedError):
        grant.worker(dies="after its claim").redeem()
    current, refuse = grant.store().current(), Trouble("PutSecretValue", 2)
    mine = Claims(grant.store(tap=refuse), current, hash_of(grant.first))
    with pytest.raises(AppFlowRequestError):
        mine.take(0)
    assert refuse.left == 0
    assert "AppFlowIsvReleased" not in grant.labels()


def test_who_still_holds_an_answer_that_aws_does_not_take_is_waited_for(grant: Grant) -> None:
    refuse, puts = Trouble("PutSecretValue", 10**6), iter(range(1000))
    holding, late = threading.Event(), LEASE + 100

    def trouble(model: Any, **params: Any) -> Any:
        if model.name != "PutSecretValue" or not next(puts):
            return None  # the claim
        holding.set()
        return refuse(model, **params) if grant.now < late else None

    def nap(seconds: float) -> None:
        grant.wait(min(seconds, 1.0))
        threading.Event().wait(0.02)

    with ThreadPoolExecutor(1) as pool:
        owner = pool.submit(grant.worker(tap=trouble, sleep=nap).redeem)
        assert holding.wait(30)
        grant.wait(LEASE)
        stored = grant.worker(sleep=nap).redeem()
    assert stored.members["access_token"] == owner.result(30).members["access_token"]
    assert grant.presented == [grant.first]


@pytest.mark.parametrize("said", [True, False])
def test_an_alarm_while_the_org_answers_comes_after_the_answer_is_stored(
    tenant: TenantAccount, alarm: None, said: bool
) -> None:
    grant = Grant(tenant, members={"refresh_token_rotation": said})

    def send(stored: Stored) -> dict[str, Any]:
        signal.raise_signal(signal.SIGALRM)
        return grant.send(stored)

    with pytest.raises(InterruptedByAlarmError):
        grant.worker(send=send).redeem()
    assert grant.opens(grant.store().read())
    assert grant.good_tokens() == [grant.content()["refreshToken"]]


def test_an_alarm_while_a_code_is_redeemed_comes_after_the_answer_is_stored(grant: Grant, alarm: None) -> None:
    def ask() -> dict[str, Any]:
        signal.raise_signal(signal.SIGALRM)
        return {"access_token": "new", "refresh_token": grant.consent()}

    with pytest.raises(InterruptedByAlarmError):
        redeem_code(grant.store(), "a code", ask=ask, keep=grant.worker().connect, refresh=never_asked)
    assert grant.store().read().members["access_token"] == "new"


@pytest.mark.parametrize("number", [signal.SIGALRM, signal.SIGTERM])
def test_a_signal_that_came_is_handled_once_and_as_before(number: signal.Signals) -> None:
    came: list[int] = []
    before = signal.signal(number, lambda caught, _: came.append(caught))
    try:
        with uninterrupted(), uninterrupted():
            signal.raise_signal(number)
            signal.raise_signal(number)
            assert came == []
        assert came == [number]
        signal.raise_signal(number)
        assert came == [number, number]
    finally:
        signal.signal(number, before)


def test_a_thread_leaves_signals_as_they_are() -> None:
    def handlers() -> list[Any]:
        with uninterrupted():
            return [signal.getsignal(number) for number in (signal.SIGALRM, signal.SIGTERM)]

    before = [signal.getsignal(number) for number in (signal.SIGALRM, signal.SIGTERM)]
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(handlers).result() == before


def test_a_role_that_may_not_move_labels_is_told_at_once_and_the_answer_is_kept(grant: Grant) -> None:
    refuse = Trouble("UpdateSecretVersionStage", 10**6, code="AccessDeniedException")
    with pytest.raises(AppFlowRequestError, match=r"UpdateSecretVersionStage .* AccessDeniedException"):
        grant.worker(tap=refuse).redeem()
    assert grant.now == 0
    assert grant.opens(grant.store().read())


def test_an_answer_that_aws_does_not_take_is_in_the_log_from_the_first_time_on(
    grant: Grant, caplog: pytest.LogCaptureFixture
) -> None:
    lines: list[list[str]] = []

    def nap(seconds: float) -> None:
        lines.append([record.getMessage() for record in caplog.records if record.levelno == logging.WARNING])
        grant.wait(seconds)

    grant.worker(tap=Trouble("PutSecretValue", 1, skip=1), sleep=nap).redeem()
    assert "can't be stored yet" in lines[0][-1]
    assert "PutSecretValue" in lines[0][-1]
