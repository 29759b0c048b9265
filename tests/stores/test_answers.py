"""A token endpoint's answer as members of a login."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from airflow_provider_appflow_isv.stores.answers import answer_members

NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize(("lifetime", "end"), [(3600, 3600), ("3600", 3600), (None, None), ("soon", None), (-1, None)])
def test_the_end_follows_from_the_lifetime(lifetime: Any, end: int | None) -> None:
    members = answer_members({"access_token": "a", "expires_in": lifetime}, now=NOW)
    assert members["token_expires_at"] == (None if end is None else str(int(NOW.timestamp()) + end))


@pytest.mark.parametrize("name", ["expires_in", "issued_at"])
def test_a_number_without_end_does_not_keep_the_refresh_token_from_being_stored(name: str) -> None:
    members = answer_members({"refresh_token": "next", name: "9" * 5000}, now=NOW)
    assert members["refresh_token"] == "next"
    assert members["token_expires_at"] is None
    assert members["token_issued_at"] == str(int(NOW.timestamp() * 1000))
