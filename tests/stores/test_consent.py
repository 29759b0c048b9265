"""A new consent stored in place of what a secret has."""

from __future__ import annotations

import pytest

from airflow_provider_appflow_isv.exceptions import AppFlowRequestError, OAuthConfigurationError, OAuthConsentRequired
from tests.stores.grants import DiedError, Grant
from tests.stores.test_waiting import Trouble

SPENT = ("code", "code_verifier")


def answer_to_a_code(grant: Grant) -> dict[str, str]:
    token = grant.consent()
    return {"access_token": f"access token beside {token}", "refresh_token": token}


def test_a_new_consent_takes_the_place_of_what_was_there(grant: Grant) -> None:
    grant.edit(code="spent", codeVerifier="spent")
    answer = answer_to_a_code(grant)
    stored = grant.worker().connect(answer, spent=SPENT)
    assert {name: stored.members[name] for name in answer} == answer
    assert not {"code", "codeVerifier"} & grant.content().keys()
    assert grant.opens(grant.worker().redeem())


def test_a_new_consent_without_refresh_token_is_refused(grant: Grant) -> None:
    with pytest.raises(OAuthConfigurationError, match="has no refresh_token"):
        grant.worker().connect({"access_token": "an access token"})


@pytest.mark.parametrize("first", [True, False])
def test_a_consent_that_a_dead_worker_had_put_is_current_for_any_reader(grant: Grant, first: bool) -> None:
    grant.edit(code="spent", codeVerifier="spent", refreshToken="" if first else grant.first)
    answer = answer_to_a_code(grant)
    with pytest.raises(DiedError):
        grant.worker(dies="after its claim").connect(answer, spent=SPENT)  # its first put is the answer
    stored = grant.store().read()
    assert {name: stored.members[name] for name in answer} == answer
    assert "code" not in stored.members


def test_a_code_that_came_meanwhile_stays(grant: Grant) -> None:
    grant.edit(code="spent")
    with pytest.raises(DiedError):
        grant.worker(dies="after its claim").connect(answer_to_a_code(grant), spent=SPENT)
    grant.edit(code="new")
    assert grant.store().read().members["code"] == "new"


def test_a_consent_wins_over_a_redemption_of_the_old_token_that_is_under_way(grant: Grant) -> None:
    answer = answer_to_a_code(grant)

    def send(stored: object) -> dict[str, str]:
        grant.worker().connect(answer)
        return {"access_token": "of the old grant", "refresh_token": "of the old grant"}

    calls = iter([send, grant.send])
    stored = grant.worker(send=lambda now: next(calls)(now)).redeem()
    assert stored.members["access_token"] == answer["access_token"]
    assert grant.content()["refreshToken"] == answer["refresh_token"]


def test_a_new_consent_is_told_as_lost_where_aws_does_not_show_the_secret(grant: Grant) -> None:
    refuse = Trouble("GetSecretValue", 10**6, code="AccessDeniedException")
    with pytest.raises(
        OAuthConsentRequired, match=r"new refresh token could not be stored.*GetSecretValue.*Connect the tenant's org"
    ) as caught:
        grant.worker(tap=refuse).connect(answer_to_a_code(grant))
    assert caught.value.code == "AccessDeniedException"
    assert grant.now > 0


def test_a_new_consent_that_aws_has_taken_is_not_told_as_lost(grant: Grant) -> None:
    answer = answer_to_a_code(grant)
    refuse = Trouble("UpdateSecretVersionStage", 10**6, code="AccessDeniedException")
    with pytest.raises(AppFlowRequestError):
        grant.worker(tap=refuse).connect(answer)
    assert grant.store().read().members["refresh_token"] == answer["refresh_token"]
