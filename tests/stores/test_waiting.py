"""Workers that wait for another's answer, and take over."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_appflow_isv.exceptions import AppFlowRequestError, OAuthConsentRequired
from tests.stores.grants import DiedError, Grant

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.stores.base import Stored
    from tests.accounts import TenantAccount


def after(looks: int, act: Callable[[], object], grant: Grant) -> Callable[[float], None]:
    """A sleep during whose so-many-th call something happens."""
    calls = iter(range(1, 1000))

    def sleep(seconds: float) -> None:
        if next(calls) == looks:
            act()
        grant.wait(seconds)

    return sleep


def test_who_waits_gets_the_answer_of_who_sent(grant: Grant) -> None:
    sending, waiting = threading.Event(), threading.Event()

    def send(stored: Stored) -> dict[str, Any]:
        sending.set()
        assert waiting.wait(30)
        return grant.send(stored)

    def nap(_: float) -> None:
        waiting.set()
        threading.Event().wait(0.05)

    with ThreadPoolExecutor(2) as pool:
        owner = pool.submit(grant.worker(send=send).redeem)
        assert sending.wait(30)
        waiter = pool.submit(grant.worker(sleep=nap).redeem)
        results = [owner.result(60), waiter.result(60)]
    assert len({stored.members["access_token"] for stored in results}) == 1
    assert grant.presented == [grant.first]


@pytest.mark.parametrize("rotate", [True, False])
def test_many_at_once_send_each_token_once_and_all_get_one_that_works(tenant: TenantAccount, rotate: bool) -> None:
    grant = Grant(tenant, rotate=rotate)
    reused = tenant.org.sessions.reused
    workers = [grant.worker(sleep=lambda _: threading.Event().wait(0.05)) for _ in range(8)]
    with ThreadPoolExecutor(len(workers)) as pool:
        results = list(pool.map(lambda worker: worker.redeem(), workers))
    assert all(grant.opens(stored) for stored in results)
    assert tenant.org.sessions.reused == reused
    assert grant.good_tokens() == [grant.content()["refreshToken"]]
    assert not rotate or len(set(grant.presented)) == len(grant.presented)


def test_a_dead_workers_claim_is_taken_over_by_one_of_those_who_wait(grant: Grant) -> None:
    with pytest.raises(DiedError):
        grant.worker(dies="after its claim").redeem()
    grant.wait(1000)
    workers = [grant.worker(sleep=lambda _: threading.Event().wait(0.05)) for _ in range(4)]
    with ThreadPoolExecutor(len(workers)) as pool:
        results = list(pool.map(lambda worker: worker.redeem(), workers))
    assert all(grant.opens(stored) for stored in results)
    assert len(set(grant.presented)) == len(grant.presented)


def test_who_takes_over_and_dies_is_taken_over_in_turn(grant: Grant) -> None:
    for point in ("after its claim", "before its request", "after its claim"):
        with pytest.raises(DiedError):
            grant.worker(dies=point).redeem()
    assert grant.opens(grant.worker().redeem())
    assert grant.presented == [grant.first]


def test_an_answer_that_comes_while_the_token_is_asked_about_is_taken(grant: Grant) -> None:
    with pytest.raises(DiedError):
        grant.worker(dies="after its claim").redeem()
    other = grant.worker(lease=100.0)

    def is_active(_: Stored) -> bool:
        other.redeem()
        return False

    stored = grant.worker(is_active=is_active).redeem()
    assert grant.opens(stored)
    assert grant.presented == [grant.first]


def test_a_refused_token_is_no_loss_where_another_one_is_there_by_then(grant: Grant) -> None:
    def send(stored: Stored) -> dict[str, Any]:
        if stored.members["refresh_token"] == grant.first:
            grant.edit(refreshToken=grant.consent())
            raise OAuthConsentRequired("The token is not good.", code="invalid_grant")
        return grant.send(stored)

    assert grant.opens(grant.worker(send=send).redeem())


def test_a_new_consent_ends_the_wait_for_a_dead_workers_answer(grant: Grant) -> None:
    with pytest.raises(DiedError):
        grant.worker(dies="with the answer").redeem()
    edit = after(2, lambda: grant.edit(refreshToken=grant.consent()), grant)
    assert grant.opens(grant.worker(sleep=edit).redeem())
    assert grant.now < 60


@pytest.mark.parametrize("speed", [0.1, 10])
def test_a_workers_own_clock_does_not_end_anothers_lease(grant: Grant, speed: float) -> None:
    with pytest.raises(DiedError):
        grant.worker(dies="after its claim").redeem()
    grant.worker(lease=3600.0, sleep=lambda _: grant.wait(100), monotonic=lambda: grant.now * speed).redeem()
    assert 3500 <= grant.now <= 3700


class Trouble:
    """AWS refuses calls of an operation, so many of them."""

    def __init__(self, operation: str, times: int, *, skip: int = 0, code: str = "ThrottlingException") -> None:
        self.operation, self.left, self.skip, self.code = operation, times, skip, code

    def __call__(self, model: Any, **_: Any) -> Any:
        if model.name != self.operation:
            return None
        if self.skip:
            self.skip -= 1
            return None
        if not self.left:
            return None
        self.left -= 1
        error = {"Error": {"Code": self.code, "Message": "Refused"}, "ResponseMetadata": {}}
        return _Throttled(), error


class _Throttled:
    status_code = 400


@pytest.mark.parametrize(("operation", "skip"), [("PutSecretValue", 1), ("UpdateSecretVersionStage", 0)])
def test_an_answer_is_stored_also_where_aws_refuses_for_a_while(grant: Grant, operation: str, skip: int) -> None:
    stored = grant.worker(tap=Trouble(operation, 5, skip=skip)).redeem()
    assert grant.good_tokens() == [grant.content()["refreshToken"]] == [stored.members["refresh_token"]]


def test_a_new_refresh_token_that_aws_never_takes_is_told_as_lost(grant: Grant) -> None:
    with pytest.raises(OAuthConsentRequired, match=r"could not be stored.*Connect the tenant's org again") as caught:
        grant.worker(tap=Trouble("PutSecretValue", 10**6, skip=1)).redeem()
    assert grant.good_tokens()[0] not in str(caught.value)


def test_an_answer_put_but_not_made_current_is_no_loss(grant: Grant) -> None:
    with pytest.raises(AppFlowRequestError, match="UpdateSecretVersionStage"):
        grant.worker(tap=Trouble("UpdateSecretVersionStage", 10**6)).redeem()
    assert grant.opens(grant.store().read())


def test_who_waits_bears_that_aws_refuses_to_answer_for_a_while(grant: Grant) -> None:
    with pytest.raises(DiedError):
        grant.worker(dies="after its claim").redeem()
    assert grant.opens(grant.worker(tap=Trouble("GetSecretValue", 8, skip=5)).redeem())


def test_a_claim_that_aws_refuses_is_an_error_of_aws(grant: Grant) -> None:
    with pytest.raises(AppFlowRequestError, match=r"PutSecretValue of secret .* ThrottlingException"):
        grant.worker(tap=Trouble("PutSecretValue", 2)).redeem()
    assert grant.presented == []
