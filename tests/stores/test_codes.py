"""Authorization codes in a secret, beside a refresh token or alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from airflow_provider_appflow_isv.exceptions import (
    AppFlowIsvError,
    AppFlowRequestError,
    OAuthConfigurationError,
    OAuthConsentRequired,
    OAuthTokenError,
    OAuthUnavailable,
)
from airflow_provider_appflow_isv.stores.codes import redeem_code
from airflow_provider_appflow_isv.stores.keeping import PATIENCE
from tests.stores.grants import LEASE, DiedError, Grant

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.stores.base import Stored

REFUSED = OAuthConsentRequired("The vendor refused.", code="invalid_grant")


class Vendor:
    """What a code is sent to.

    :param grant: the refresh token in the secret.
    :param answers: what happens to each request: an answer, or what it raises.
    """

    def __init__(self, grant: Grant, *answers: dict[str, Any] | BaseException) -> None:
        self._grant = grant
        self._answers = list(answers)
        self.asked = 0

    def _ask(self) -> dict[str, Any]:
        self.asked += 1
        answer = self._answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def _keep(self, answer: dict[str, Any]) -> Stored:
        return self._grant.worker().connect(answer, spent=("code",))

    def redeem(self, *, code: str = "a code", keep: Callable[[dict[str, Any]], Stored] | None = None) -> Stored:
        """Redeem the code as a worker does."""
        return redeem_code(
            self._grant.store(),
            code,
            ask=self._ask,
            keep=keep or self._keep,
            refresh=lambda _: self._grant.worker().redeem(),
        )


def test_a_code_that_is_refused_is_sent_once_however_many_workers_find_it_beside_a_good_token(grant: Grant) -> None:
    grant.edit(code="a code")
    vendor = Vendor(grant, REFUSED)
    for _ in range(3):
        assert grant.opens(vendor.redeem())
        grant.wait(600)
    assert vendor.asked == 1
    assert len(grant.presented) == 3


def test_a_code_that_is_refused_is_told_as_that_where_no_token_is_beside_it(grant: Grant) -> None:
    grant.edit(code="a code", refreshToken="")
    vendor = Vendor(grant, REFUSED)
    with pytest.raises(OAuthConsentRequired, match="The vendor refused"):
        vendor.redeem()
    for _ in range(2):
        with pytest.raises(OAuthConsentRequired, match=r"has been sent before, and is not good.*Send the user"):
            vendor.redeem()
    assert vendor.asked == 1


def test_a_new_code_is_sent_after_one_that_was_refused(grant: Grant) -> None:
    grant.edit(code="a code")
    vendor = Vendor(grant, REFUSED, {"access_token": "new", "refresh_token": grant.consent()})
    vendor.redeem()
    grant.edit(code="a new code")
    assert vendor.redeem(code="a new code").members["access_token"] == "new"
    assert "code" not in grant.content()


def test_a_copy_of_the_secret_with_a_code_that_gave_its_token_does_not_send_it_again(grant: Grant) -> None:
    grant.edit(code="a code")
    before = grant.content()
    vendor = Vendor(grant, {"access_token": "new", "refresh_token": grant.consent()})
    vendor.redeem()
    grant.overwrite(before)
    assert grant.opens(vendor.redeem())
    assert vendor.asked == 1


@pytest.mark.parametrize(
    "error",
    [OAuthUnavailable("Down.", code="unreachable"), OAuthConfigurationError("Blocked.", code="app_blocked")],
    ids=lambda error: error.code,
)
def test_a_code_that_was_not_looked_at_is_sent_again(grant: Grant, error: OAuthTokenError) -> None:
    grant.edit(code="a code")
    vendor = Vendor(grant, error, {"access_token": "new", "refresh_token": grant.consent()})
    with pytest.raises(type(error)):
        vendor.redeem()
    assert vendor.redeem().members["access_token"] == "new"


@pytest.mark.parametrize(
    "error",
    [OAuthConfigurationError("Another org."), AppFlowRequestError("Refused.", code="AccessDeniedException")],
    ids=lambda error: type(error).__name__,
)
def test_a_code_whose_answer_was_of_no_use_is_not_sent_again(grant: Grant, error: AppFlowIsvError) -> None:
    def refuse(_: dict[str, Any]) -> NoReturn:
        raise error

    grant.edit(code="a code")
    vendor = Vendor(grant, {"access_token": "new", "refresh_token": "new"})
    with pytest.raises(type(error)):
        vendor.redeem(keep=refuse)
    assert grant.opens(vendor.redeem())
    assert vendor.asked == 1


def test_a_code_whose_answer_may_still_be_stored_is_waited_for_and_then_left_alone(grant: Grant) -> None:
    grant.edit(code="a code")
    vendor = Vendor(grant, DiedError())
    with pytest.raises(DiedError):
        vendor.redeem()
    grant.wait(LEASE + 100)
    with pytest.raises(OAuthUnavailable, match="Another worker has claimed"):
        vendor.redeem()
    grant.wait(2 * PATIENCE)
    for _ in range(2):
        assert grant.opens(vendor.redeem())
        grant.forget()
    grant.edit(refreshToken="")
    with pytest.raises(OAuthConsentRequired, match="has been sent before"):
        vendor.redeem()
    assert vendor.asked == 1


def test_a_worker_that_died_with_a_code_is_told_of_where_no_token_is_beside_it(grant: Grant) -> None:
    grant.edit(code="a code", refreshToken="")
    vendor = Vendor(grant, DiedError())
    with pytest.raises(DiedError):
        vendor.redeem()
    grant.wait(LEASE + 2 * PATIENCE + 100)
    with pytest.raises(OAuthConsentRequired, match=r"ended without a word"):
        vendor.redeem()
