"""How many versions a secret gets in a day, of which AWS limits the number."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from airflow_provider_appflow_isv.exceptions import OAuthConfigurationError, OAuthUnavailable
from airflow_provider_appflow_isv.local.secret_versions import quota
from airflow_provider_appflow_isv.stores.claims import Claims
from airflow_provider_appflow_isv.stores.history import hash_of, lately, told
from tests.stores.grants import DiedError, Grant
from tests.stores.test_redemption import refuse
from tests.stores.test_waiting import after

INVALID_CLIENT = OAuthConfigurationError("The org refused.", code="invalid_client")


def fail(grant: Grant, times: int, *, most_a_day: int) -> None:
    """Tries that the org refuses, a minute apart."""
    for _ in range(times):
        with pytest.raises(OAuthConfigurationError):
            grant.worker(send=refuse(INVALID_CLIENT), most_a_day=most_a_day).redeem()
        grant.wait(60)


def test_a_redemption_makes_two_versions_and_a_try_that_fails_one(grant: Grant) -> None:
    before = grant.versions()
    grant.worker().redeem()
    assert grant.versions() == before + 2
    fail(grant, 3, most_a_day=100)
    assert grant.versions() == before + 5


def test_more_redemptions_than_aws_keeps_versions_of_are_refused_before_the_token_is_sent(grant: Grant) -> None:
    for _ in range(3):
        last = grant.worker(most_a_day=6).redeem()
    with pytest.raises(
        OAuthUnavailable,
        match=r"6 versions within a day: 3 by workers .* 3 by token answers.*"
        r"room again from .* UTC on.*set token_lifetime .* session timeout, and min_validity",
    ):
        grant.worker(most_a_day=6).redeem()
    assert len(grant.presented) == 3
    assert grant.worker(most_a_day=6).redeem(enough=lambda stored: "access_token" in stored.members) == last


def test_the_grant_outlives_tries_that_fail_until_aws_takes_no_more_versions(
    grant: Grant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quota, "versions", 12)
    fail(grant, 9, most_a_day=11)
    assert grant.opens(grant.worker(most_a_day=11).redeem())
    for _ in range(4):
        with pytest.raises(OAuthUnavailable, match=r"11 versions within a day: 10 .*mend what tries fail with"):
            grant.worker(most_a_day=11).redeem()
    assert grant.presented == [grant.first]
    assert grant.good_tokens() == [grant.content()["refreshToken"]]
    grant.wait(24 * 3600)
    assert grant.opens(grant.worker(most_a_day=11).redeem())


def test_there_is_room_again_when_it_was_said(grant: Grant) -> None:
    fail(grant, 4, most_a_day=5)
    now = grant.store().current().answered
    with pytest.raises(OAuthUnavailable, match="room again from") as caught:
        grant.worker(most_a_day=5).redeem()
    said = str(caught.value.hint).partition("from ")[2].partition(" UTC")[0]
    room = datetime.strptime(said, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    grant.wait((room - now).total_seconds())
    assert grant.opens(grant.worker(most_a_day=5).redeem())


def test_the_claims_of_a_dead_worker_and_of_other_tokens_count(grant: Grant) -> None:
    assert Claims(grant.store(), grant.store().current(), hash_of("another token")).take(7)
    with pytest.raises(DiedError):
        grant.worker(dies="after its claim").redeem()
    with pytest.raises(OAuthUnavailable, match="2 versions within a day"):
        grant.worker(most_a_day=3).redeem()
    assert grant.presented == []


def test_who_waits_for_anothers_answer_needs_no_room(grant: Grant) -> None:
    with pytest.raises(DiedError):
        grant.worker(dies="after its claim").redeem()
    answer = {"access_token": "another's", "refresh_token": grant.consent()}
    sleep = after(1, lambda: grant.worker().connect(answer), grant)
    assert grant.worker(most_a_day=2, sleep=sleep).redeem().members["access_token"] == "another's"


def test_redemptions_of_the_day_before_do_not_count() -> None:
    now = datetime(2026, 1, 2, tzinfo=UTC)
    members: dict[str, str] = {}
    for hours in (30, 25, 23, 1):
        members |= {
            name: value for name, value in told(members, "a", now=now - timedelta(hours=hours)).items() if value
        }
    assert len(lately(members, now)) == 2
