"""The search of ``make leak-search`` finds a secret however it is written, and nothing else."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proofs.leak_search.plan import awkward
from proofs.leak_search.search import Hit, Planted, Search, where

SHORT = 'pa"ss\\w/ö+rd'  # without a stretch of letters and digits
WRITTEN: dict[str, Callable[[str], str]] = {
    "raw": str,
    "JSON": json.dumps,
    "JSON in JSON": lambda text: json.dumps(json.dumps(text)),
    "URL": quote,
    "URL, all": lambda text: quote(text, safe=""),
    "form": quote_plus,
    "repr": repr,
    "repr of bytes": lambda text: repr(text.encode()),
}


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
@pytest.mark.parametrize("secret", [SHORT, awkward("awkward")], ids=["short", "long"])
def test_a_secret_is_found_in_every_notation(secret: str, written: Callable[[str], str]) -> None:
    assert where(secret, {"log": f"said {written(secret)}, then went on".encode(), "other": b"nothing"}) == ["log"]


@pytest.mark.parametrize("secret", [SHORT, awkward("awkward")], ids=["short", "long"])
@given(before=st.binary(max_size=40), after=st.binary(max_size=40))
def test_a_secret_is_found_anywhere_in_base64(secret: str, before: bytes, after: bytes) -> None:
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        assert where(secret, {"log": b"Basic " + encode(before + secret.encode() + after)}) == ["log"]


def test_each_line_of_a_key_is_looked_for() -> None:
    lines = ["AAAABBBBCCCCDDDDEEEE", "FFFFGGGGHHHHIIIIJJJJ"]
    key = "\n".join(["-----BEGIN PRIVATE KEY-----", *lines, "-----END PRIVATE KEY-----"])
    for line in lines:
        assert where(key, {"log": f"line {line}".encode()}) == ["log"]
    assert where(key, {"log": b"-----BEGIN PRIVATE KEY-----"}) == []


def test_a_part_of_a_token_is_found() -> None:
    token = "00D000000000001!AQabcdefghijklmnopqrstuvwxyz012345"
    for part in (token[:40], token[16:], token[25:]):
        assert where(token, {"log": part.encode()}) == ["log"]
    assert where(token, {"log": b"org 00D000000000001"}) == []


def test_a_hit_names_secret_place_and_form_and_no_value() -> None:
    secret = Planted("the password", "abcdefgh12345678ijkl")
    hits = Search([secret]).hits({"xcom": b"abcdefgh12345678ijkl"})
    assert hits == [Hit("xcom", "the password", "plain")]
    assert "abcdefgh12345678ijkl" not in f"{secret!r}{hits!r}"
