"""A refresh token redeemed by workers that live, or that die at any point."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_provider_appflow_isv.exceptions import (
    OAuthConfigurationError,
    OAuthConsentRequired,
    OAuthTokenError,
    OAuthUnavailable,
    TenantConfigurationError,
)
from tests.stores.grants import DEATHS, LEASE, SENT_AND_UNSTORED, DiedError, Grant

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.stores.base import Stored
    from tests.accounts import TenantAccount


def refuse(error: OAuthTokenError) -> object:
    """A sender to whom the org says no."""

    def send(_: Stored) -> None:
        raise error

    return send


def test_a_rotated_refresh_token_is_stored_before_the_access_token_is_returned(grant: Grant) -> None:
    stored = grant.worker().redeem()
    assert grant.opens(stored)
    assert grant.good_tokens() == [grant.content()["refreshToken"]] == [stored.members["refresh_token"]]
    assert grant.presented == [grant.first]


def test_what_else_the_secret_holds_stays_under_the_names_that_it_had(grant: Grant) -> None:
    before = grant.content()
    grant.worker().redeem()
    after = grant.content()
    assert {name: after[name] for name in before if name != "refreshToken"} == {
        name: before[name] for name in before if name != "refreshToken"
    }
    assert "refresh_token" not in after


def test_what_the_answer_says_is_among_the_members(grant: Grant) -> None:
    members = grant.worker().redeem().members
    assert members["token_instance_url"] == grant.tenant.tenant.instance_url
    assert members["token_id"].endswith(f"{grant.tenant.org.org_id}/{grant.user.user_id}")
    assert members["token_issued_at"].isdecimal()
    assert "api" in members["token_scope"]
    assert "token_expires_at" not in members


def test_the_new_version_is_current_and_the_last_answer(grant: Grant) -> None:
    stored = grant.worker().redeem()
    labels = grant.labels()
    assert labels["AWSCURRENT"] == labels["AppFlowIsvAnswer"] == stored.version
    assert "AWSPENDING" not in labels


def test_each_redemption_uses_the_token_of_the_one_before(grant: Grant) -> None:
    tokens = [grant.worker().redeem().members["refresh_token"] for _ in range(3)]
    assert grant.presented == [grant.first, *tokens[:2]]
    assert grant.tenant.org.sessions.find_refresh(tokens[-1])


def test_a_token_that_is_not_rotated_can_be_redeemed_again_and_again(lasting: Grant) -> None:
    answers = [lasting.worker().redeem() for _ in range(3)]
    assert len({stored.members["access_token"] for stored in answers}) == 3
    assert lasting.presented == [lasting.first] * 3


def test_an_access_token_that_is_enough_is_taken_as_it_is(grant: Grant) -> None:
    first = grant.worker().redeem()
    assert grant.worker().redeem(enough=lambda stored: "access_token" in stored.members) == first
    assert len(grant.presented) == 1


def test_without_rotation_said_nothing_is_written(tenant: TenantAccount) -> None:
    grant = Grant(tenant, rotate=False, members={"refresh_token_rotation": False})
    before = grant.labels()
    stored = grant.worker().redeem()
    assert grant.opens(stored)
    assert grant.labels() == before


def test_a_new_refresh_token_is_stored_also_where_none_was_expected(tenant: TenantAccount) -> None:
    grant = Grant(tenant, members={"refresh_token_rotation": False})
    stored = grant.worker().redeem()
    assert grant.good_tokens() == [grant.content()["refreshToken"]] == [stored.members["refresh_token"]]


def test_a_secret_without_refresh_token_is_refused(grant: Grant) -> None:
    grant.edit(refreshToken="")
    with pytest.raises(TenantConfigurationError, match="lacks refresh_token"):
        grant.worker().redeem()


def test_a_lease_shorter_than_a_request_may_take_is_refused(grant: Grant) -> None:
    with pytest.raises(TenantConfigurationError, match="lease"):
        grant.worker(lease=45.0, longest_send=45.0)


@pytest.mark.parametrize("dies", [point for point in DEATHS if point not in SENT_AND_UNSTORED])
@pytest.mark.parametrize("rotate", [True, False])
def test_a_worker_that_died_leaves_what_the_next_one_goes_on_with(
    tenant: TenantAccount, dies: str, rotate: bool
) -> None:
    grant = Grant(tenant, rotate=rotate)
    reused = grant.tenant.org.sessions.reused
    with pytest.raises(DiedError):
        grant.worker(dies=dies).redeem()
    assert grant.opens(grant.worker().redeem())
    assert grant.good_tokens() == [grant.content()["refreshToken"]]
    assert grant.tenant.org.sessions.reused == reused


@pytest.mark.parametrize("dies", SENT_AND_UNSTORED)
def test_where_the_answer_died_with_its_worker_the_grant_is_lost_and_the_error_says_so(grant: Grant, dies: str) -> None:
    reused = grant.tenant.org.sessions.reused
    with pytest.raises(DiedError):
        grant.worker(dies=dies).redeem()
    with pytest.raises(OAuthConsentRequired, match=r"is lost.*Connect the tenant's org again") as caught:
        grant.worker().redeem()
    assert caught.value.code == "invalid_grant"
    assert grant.presented == [grant.first]
    assert grant.tenant.org.sessions.reused == reused


@pytest.mark.parametrize("dies", SENT_AND_UNSTORED)
def test_an_answer_that_died_is_no_loss_where_the_token_stays_good(lasting: Grant, dies: str) -> None:
    with pytest.raises(DiedError):
        lasting.worker(dies=dies).redeem()
    assert lasting.opens(lasting.worker().redeem())


@pytest.mark.parametrize("dies", ["after its claim", "before its request"])
def test_the_claim_of_a_dead_worker_holds_until_its_lease_ends_by_the_clock_of_aws(grant: Grant, dies: str) -> None:
    with pytest.raises(DiedError):
        grant.worker(dies=dies).redeem()
    grant.worker(lease=3600.0, sleep=lambda _: grant.wait(100)).redeem()
    assert 3500 <= grant.now <= 3700


def test_an_answer_that_a_dead_worker_had_put_is_current_for_any_reader(grant: Grant) -> None:
    with pytest.raises(DiedError):
        grant.worker(dies="after AWSPENDING").redeem()
    stored = grant.store().read()
    assert grant.opens(stored)
    assert grant.labels()["AWSCURRENT"] == stored.version


@pytest.mark.parametrize(
    "error",
    [
        OAuthUnavailable("The org is down.", code="unreachable"),
        OAuthConfigurationError("The app is blocked.", code="app_blocked"),
        OAuthConsentRequired("The token is not good.", code="invalid_grant"),
    ],
    ids=lambda error: error.code,
)
def test_a_refusal_gives_the_claim_back(grant: Grant, error: OAuthTokenError) -> None:
    for _ in range(3):
        with pytest.raises(type(error), match=error.message):
            grant.worker(send=refuse(error)).redeem()
    asked: list[Stored] = []
    assert grant.opens(grant.worker(is_active=asked.append).redeem())
    assert (grant.now, asked) == (0, [])


def test_an_unknown_outcome_keeps_the_claim_until_its_lease_ends(grant: Grant) -> None:
    error = OAuthUnavailable("No full answer.", code="outcome_unknown")
    with pytest.raises(OAuthUnavailable):
        grant.worker(send=refuse(error)).redeem()
    assert grant.opens(grant.worker().redeem())
    assert grant.now > LEASE - 60  # the rest has passed by itself


def test_where_the_org_cannot_tell_whether_the_token_is_spent_it_is_not_sent(grant: Grant) -> None:
    with pytest.raises(DiedError):
        grant.worker(dies="after its claim").redeem()
    ask = refuse(OAuthUnavailable("the org is down.", code="unreachable"))
    with pytest.raises(OAuthUnavailable, match="can't be told: the org is down"):
        grant.worker(is_active=ask).redeem()
    assert grant.presented == []


def test_a_claim_that_took_too_long_is_given_up(grant: Grant) -> None:
    def stall(model: object, **_: object) -> None:
        if getattr(model, "name", "") == "PutSecretValue":
            grant.now += 80

    with pytest.raises(OAuthUnavailable, match="took too long"):
        grant.worker(tap=stall).redeem()
    assert grant.presented == []
    assert grant.opens(grant.worker().redeem())
