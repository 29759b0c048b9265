"""A secret that somebody else changes while a worker redeems the refresh token in it."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_appflow_isv.exceptions import OAuthUnavailable
from tests.stores.grants import DiedError, Grant

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.stores.base import Stored
    from tests.accounts import TenantAccount


def put_pending(grant: Grant, text: str) -> str:
    """What somebody else's rotation does; returns the version."""
    answer = grant.aws.put_secret_value(
        SecretId=grant.secret_id,
        SecretString=text,
        ClientRequestToken=str(uuid.uuid4()),
        VersionStages=["AWSPENDING"],
    )
    return str(answer["VersionId"])


@pytest.mark.parametrize("rotate", [True, False])
def test_a_change_beside_the_token_stays(tenant: TenantAccount, rotate: bool) -> None:
    grant = Grant(tenant, rotate=rotate)

    def send(stored: Stored) -> dict[str, Any]:
        answer = grant.send(stored)
        grant.edit(note="changed", more={"a": [1]})
        return answer

    stored = grant.worker(send=send).redeem()
    content = grant.content()
    assert (content["note"], content["more"]) == ("changed", {"a": [1]})
    assert grant.good_tokens() == [content["refreshToken"]]
    assert content["access_token"] == stored.members["access_token"]


@pytest.mark.parametrize("rotate", [True, False])
def test_a_reader_merges_what_a_dead_worker_had_put_with_a_change(tenant: TenantAccount, rotate: bool) -> None:
    grant = Grant(tenant, rotate=rotate)
    with pytest.raises(DiedError):
        grant.worker(dies="after AWSPENDING").redeem()
    grant.edit(note="changed")
    assert grant.opens(grant.store().read())
    assert grant.content()["note"] == "changed"
    assert grant.good_tokens() == [grant.content()["refreshToken"]]


def test_an_old_token_written_back_is_replaced_by_the_last_answer(grant: Grant) -> None:
    before = grant.content()
    stored = grant.worker().redeem()
    grant.edit(**{**before, "note": "written back"})
    content = grant.store().read().members
    assert content["refresh_token"] == stored.members["refresh_token"]
    assert grant.content()["note"] == "written back"
    assert grant.opens(grant.worker().redeem())


def test_a_token_that_is_older_than_the_last_answer_is_not_sent(grant: Grant) -> None:
    before, reused = grant.content(), grant.tenant.org.sessions.reused
    for _ in range(3):
        last = grant.worker().redeem()
    grant.edit(**{**before, "note": "written back"})
    assert grant.opens(grant.worker().redeem())
    assert grant.presented[-1] == last.members["refresh_token"]
    assert grant.tenant.org.sessions.reused == reused
    assert grant.content()["note"] == "written back"


@pytest.mark.parametrize("dies", ["after AWSPENDING", "with the answer"])
def test_a_new_grant_put_in_meanwhile_stands(grant: Grant, dies: str) -> None:
    with pytest.raises(DiedError):
        grant.worker(dies=dies).redeem()
    new = grant.consent()
    grant.edit(refreshToken=new)
    assert grant.store().read().members["refresh_token"] == new
    assert grant.opens(grant.worker().redeem())
    assert grant.presented == [grant.first, new]


def test_a_new_grant_put_in_while_a_worker_sends_the_old_one_is_redeemed_by_it(grant: Grant) -> None:
    def send(stored: Stored) -> dict[str, Any]:
        answer = grant.send(stored)
        if stored.members["refresh_token"] == grant.first:
            grant.edit(refreshToken=grant.consent())
        return answer

    stored = grant.worker(send=send).redeem()
    assert stored.members["refresh_token"] == grant.content()["refreshToken"]
    assert grant.opens(stored)


@pytest.mark.parametrize("text", ['{"refreshToken": "theirs"}', "no JSON", "[1]"])
def test_a_rotation_of_somebody_else_is_waited_for(grant: Grant, text: str) -> None:
    pending = put_pending(grant, text)
    with pytest.raises(OAuthUnavailable, match=f"version {pending} is AWSPENDING.*take the label") as caught:
        grant.worker().redeem()
    assert "theirs" not in str(caught.value)
    assert grant.presented == []
    assert grant.labels()["AWSPENDING"] == pending
    current = grant.labels()["AWSCURRENT"]
    grant.aws.update_secret_version_stage(
        SecretId=grant.secret_id, VersionStage="AWSPENDING", RemoveFromVersionId=pending
    )
    assert grant.labels()["AWSCURRENT"] == current
    assert grant.opens(grant.worker().redeem())


def test_a_rotation_that_copied_our_last_answer_is_waited_for_too(grant: Grant) -> None:
    grant.worker().redeem()
    pending = put_pending(grant, json.dumps({**grant.content(), "clientSecret": "the next one"}))
    with pytest.raises(OAuthUnavailable, match=pending):
        grant.worker().redeem()


def test_a_rotation_begun_after_the_token_was_sent_does_not_cost_the_grant(grant: Grant) -> None:
    def rotate(model: Any, **_: Any) -> None:
        if model.name == "UpdateSecretVersionStage":
            put_pending(grant, '{"refreshToken": "theirs"}')

    grant.worker(tap=rotate).redeem()
    assert grant.good_tokens() == [grant.content()["refreshToken"]]
