"""An old refresh token that comes back, and labels that others move."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, NoReturn

import pytest

from airflow_provider_appflow_isv.exceptions import OAuthConfigurationError, OAuthTokenError, OAuthUnavailable
from airflow_provider_appflow_isv.stores.history import has_spent, hash_of, told
from tests.stores.grants import DiedError, Grant
from tests.stores.test_edits import put_pending

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.stores.base import Stored


def no_introspection(_: Stored) -> NoReturn:
    raise OAuthUnavailable("no introspection_url is named to ask at.")


def finish_rotation(grant: Grant, pending: str) -> None:
    """What somebody else's rotation does at its end."""
    grant.aws.update_secret_version_stage(
        SecretId=grant.secret_id,
        VersionStage="AWSCURRENT",
        MoveToVersionId=pending,
        RemoveFromVersionId=grant.labels()["AWSCURRENT"],
    )


@pytest.mark.parametrize("redemptions", [1, 3, 60])
def test_a_copy_of_the_secret_applied_long_after_does_not_end_the_grant(grant: Grant, redemptions: int) -> None:
    before, reused = grant.content(), grant.tenant.org.sessions.reused
    for _ in range(redemptions):
        last = grant.worker().redeem()
        grant.wait(3600)
    grant.forget()
    grant.overwrite({**before, "note": "applied"})
    stored = grant.worker(is_active=no_introspection).redeem()
    assert grant.opens(stored)
    assert grant.presented[-1] == last.members["refresh_token"]
    assert grant.tenant.org.sessions.reused == reused
    assert grant.content()["note"] == "applied"


def test_a_copy_applied_again_and_again_does_not_end_the_grant(grant: Grant) -> None:
    before = grant.content()
    for _ in range(4):
        assert grant.opens(grant.worker(is_active=no_introspection).redeem())
        grant.forget()
        grant.overwrite(before)
    assert len(set(grant.presented)) == 4


def test_a_rotation_that_copied_the_secret_before_and_ends_after_a_redemption_takes_nothing_away(grant: Grant) -> None:
    copied = {**grant.content(), "rotated": True}
    last = grant.worker().redeem()
    finish_rotation(grant, put_pending(grant, json.dumps(copied)))
    assert grant.opens(grant.worker(is_active=no_introspection).redeem())
    assert grant.presented == [grant.first, last.members["refresh_token"]]
    assert grant.content()["rotated"] is True


def test_an_edit_after_a_rotation_that_left_its_label_does_not_end_redeeming(grant: Grant) -> None:
    pending = put_pending(grant, json.dumps(grant.content()))
    finish_rotation(grant, pending)
    grant.edit(note="edited")
    assert grant.labels()["AWSPENDING"] == grant.labels()["AWSPREVIOUS"] == pending
    assert grant.opens(grant.worker().redeem())


@pytest.mark.parametrize("dies", ["after AWSPENDING", "after the swap", None])
def test_no_pending_label_of_ours_is_left_for_a_rotation_to_stumble_over(grant: Grant, dies: str | None) -> None:
    if dies:
        with pytest.raises(DiedError):
            grant.worker(dies=dies).redeem()
    else:
        grant.worker().redeem()
    grant.edit(note="edited")
    grant.store().read()
    assert "AWSPENDING" not in grant.labels()


@pytest.mark.parametrize("code", ["invalid_client", None])
def test_a_new_grant_counts_where_the_org_does_not_let_itself_be_asked(grant: Grant, code: str | None) -> None:
    def refuse(_: Stored) -> NoReturn:
        raise OAuthConfigurationError("The org refused the introspection.", code=code)

    grant.worker().redeem()
    new = grant.consent()
    grant.edit(refreshToken=new)
    assert grant.opens(grant.worker(is_active=refuse).redeem())
    assert grant.presented == [grant.first, new]


def test_after_a_death_an_org_that_does_not_let_itself_be_asked_is_named(grant: Grant) -> None:
    def refuse(_: Stored) -> NoReturn:
        raise OAuthConfigurationError("The org refused the introspection.", code="invalid_client")

    with pytest.raises(DiedError):
        grant.worker(dies="after its claim").redeem()
    with pytest.raises(OAuthTokenError, match=r"can't be told: The org refused.*Connect the tenant's org again"):
        grant.worker(is_active=refuse).redeem()
    assert grant.presented == []


def test_a_new_token_put_beside_the_old_one_under_another_name_is_redeemed(grant: Grant) -> None:
    content = grant.content()
    grant.overwrite({**content, "refresh_token": content.pop("refreshToken")})
    grant.worker().redeem()
    new = grant.consent()
    grant.edit(refreshToken=new)
    stored = grant.worker().redeem()
    assert grant.presented == [grant.first, new]
    content = grant.content()
    assert content["refreshToken"] == content["refresh_token"] == stored.members["refresh_token"]


def test_the_tokens_that_people_put_in_are_remembered_longer_than_those_of_answers(grant: Grant) -> None:
    now = grant.store().current().answered
    members = {"refresh_token": "put in"}
    for number in range(200):
        given = f"answer {number} {uuid.uuid4()}"
        changes = {"token_replaces": hash_of(members["refresh_token"]), **told(members, given, now=now)}
        members = {**members, "refresh_token": given, **{name: value for name, value in changes.items() if value}}
        assert has_spent(members, "put in")
        assert not has_spent(members, given)
    assert sum(map(len, members.values())) < 10_000
