"""The names of a login's members."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_appflow_isv.exceptions import TenantConfigurationError
from airflow_provider_appflow_isv.stores.base import Stored
from airflow_provider_appflow_isv.stores.history import hash_of
from airflow_provider_appflow_isv.stores.members import (
    NAMES,
    SECRET_MEMBERS,
    read_members,
    secret_texts,
    write_members,
)

EVERY_NAME = [(member, name) for member, names in NAMES.items() for name in names]
TEXTS = st.text(min_size=1)
MEMBERS = st.sampled_from(sorted(NAMES))


@pytest.mark.parametrize(("member", "name"), EVERY_NAME)
def test_a_member_is_found_under_each_of_its_names(member: str, name: str) -> None:
    assert read_members({name: "value", "unknown": "other"}, source="secret") == {member: "value"}


def test_no_name_stands_for_two_members() -> None:
    names = [name for _, name in EVERY_NAME]
    assert len(names) == len(set(names))


def test_the_names_of_the_blog_of_appflow_and_of_managed_rotation_are_known() -> None:
    blog = {"clientId": "a", "clientSecret": "b", "SFLoginEmail": "c", "SFPassword+SeurityToken": "d"}
    managed = {"consumerKey": "a", "consumerSecret": "b", "baseUri": "https://tenant-a.my.salesforce.com"}
    assert read_members(blog, source="secret") == {
        "client_id": "a",
        "client_secret": "b",
        "username": "c",
        "password": "d",
    }
    assert read_members(managed, source="secret").keys() == {"client_id", "client_secret", "instance_url"}


@pytest.mark.parametrize("empty", [None, ""])
def test_an_empty_member_is_not_there(empty: str | None) -> None:
    assert read_members({"clientId": empty, "consumerKey": "a"}, source="secret") == {"client_id": "a"}


@pytest.mark.parametrize(("value", "text"), [(True, "true"), (False, "false"), (1700000000, "1700000000")])
def test_other_plain_values_become_text(value: object, text: str) -> None:
    assert read_members({"refresh_token_rotation": value}, source="secret") == {"refresh_token_rotation": text}


@pytest.mark.parametrize("value", [["a-secret"], {"a": "a-secret"}])
def test_a_member_that_is_no_text_is_refused_without_its_value(value: object) -> None:
    with pytest.raises(TenantConfigurationError, match="clientSecret of the secret x is a") as caught:
        read_members({"clientSecret": value}, source="secret x")
    assert "a-secret" not in str(caught.value)


@given(
    found=st.dictionaries(st.sampled_from([name for _, name in EVERY_NAME]) | TEXTS, st.just("value")),
    member=MEMBERS,
    new=TEXTS,
)
def test_what_is_written_is_read_and_all_else_stays(found: dict[str, str], member: str, new: str) -> None:
    written = write_members(found, {member: new})
    before = read_members(found, source="secret")
    assert read_members(written, source="secret") == {**before, member: new}
    changed = {name for name in found.keys() | written.keys() if found.get(name) != written.get(name)}
    assert changed <= set(NAMES[member])
    assert member not in before or written.keys() == found.keys()


def test_a_new_member_gets_its_plain_name() -> None:
    assert write_members({"clientId": "a"}, {"access_token": "b"}) == {"clientId": "a", "access_token": "b"}


@pytest.mark.parametrize(("app", "name"), [("clientId", "refreshToken"), ("client_id", "refresh_token")])
def test_a_new_refresh_token_gets_the_name_that_goes_with_the_others(app: str, name: str) -> None:
    assert write_members({app: "a"}, {"refresh_token": "b"}) == {app: "a", name: "b"}


def test_a_member_with_two_values_under_two_names_is_refused_without_them() -> None:
    with pytest.raises(
        TenantConfigurationError, match=r"secret x has .* under client_secret and clientSecret"
    ) as caught:
        read_members({"clientSecret": "one-secret", "client_secret": "two-secret"}, source="secret x")
    assert "-secret" not in str(caught.value)


def test_one_value_under_two_names_is_one_member_and_is_written_under_both() -> None:
    both = {"refreshToken": "old", "refresh_token": "old"}
    assert read_members(both, source="secret") == {"refresh_token": "old"}
    assert write_members(both, {"refresh_token": "new"}) == {"refreshToken": "new", "refresh_token": "new"}
    assert write_members(both, {"refresh_token": None}) == {}


@pytest.mark.parametrize("last", ["refreshToken", "refresh_token"])
def test_of_two_refresh_tokens_the_one_that_no_answer_gave_counts(last: str) -> None:
    both = {"refreshToken": "new", "refresh_token": "new", last: "old"}
    with pytest.raises(TenantConfigurationError, match="refresh_token and refreshToken"):
        read_members(both, source="secret")
    found = read_members({**both, "token_answered": hash_of("old")}, source="secret")
    assert found["refresh_token"] == "new"


def test_a_member_can_be_taken_out() -> None:
    assert write_members({"authCode": "a", "note": "b"}, {"code": None, "refresh_token": None}) == {"note": "b"}


@given(member=st.sampled_from(SECRET_MEMBERS), value=st.text(st.characters(codec="utf-8"), min_size=1))
def test_a_secret_is_kept_out_of_logs_also_as_json_writes_it(member: str, value: str) -> None:
    texts = set(secret_texts({member: value, "client_id": "public"}))
    inner = json.dumps({member: value})
    assert {value, json.dumps(value)[1:-1]} <= texts
    assert any(text in json.dumps(inner) for text in texts)
    assert "public" not in texts


def test_each_line_of_a_key_is_kept_out_of_logs() -> None:
    key = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADAN\nBgkqhkiG9w0B\n-----END PRIVATE KEY-----\n"
    assert {"MIIEvQIBADAN", "BgkqhkiG9w0B"} <= set(secret_texts({"private_key": key}))


def test_what_is_stored_shows_names_and_no_values() -> None:
    shown = repr(Stored({"client_secret": "hidden-value", "client_id": "an-id"}, "secret x", "v1"))
    assert shown == "Stored(secret x, version=v1, members: client_id, client_secret)"
