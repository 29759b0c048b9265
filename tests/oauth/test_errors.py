from __future__ import annotations

import pytest

from airflow_provider_appflow_isv.exceptions import (
    OAuthConfigurationError,
    OAuthConsentRequired,
    OAuthTokenError,
    OAuthUnavailable,
)
from airflow_provider_appflow_isv.oauth.errors import ERRORS, token_error


@pytest.mark.parametrize(
    ("status", "kind"), [(400, OAuthConfigurationError), (429, OAuthUnavailable), (503, OAuthUnavailable)]
)
def test_a_code_that_nobody_knows_is_sorted_by_its_status(status: int, kind: type[OAuthTokenError]) -> None:
    error = token_error("flux_error", "no flux.", grant="password", host="a.example", status=status)
    assert type(error) is kind
    assert str(error).startswith("a.example refused the password grant with flux_error: no flux. ")


@pytest.mark.parametrize("grant", ["introspection", "revocation"])
def test_what_is_no_grant_is_not_called_one(grant: str) -> None:
    error = token_error("invalid_client", "", grant=grant, host="a.example")
    assert error.message == f"a.example refused the {grant} with invalid_client."


@pytest.mark.parametrize(
    ("description", "kind"),
    [
        ("expired access/refresh token", OAuthConsentRequired),
        ("authentication failure", OAuthConsentRequired),
        ("ip restricted", OAuthConfigurationError),
        ("IP restricted or invalid login hours", OAuthConfigurationError),
    ],
)
def test_a_refresh_token_that_is_refused_needs_consent_unless_only_the_address_is_wrong(
    description: str, kind: type[OAuthTokenError]
) -> None:
    assert type(token_error("invalid_grant", description, grant="refresh_token", host="a.example")) is kind


def test_each_row_of_the_table_says_what_to_do() -> None:
    assert all(row.hint.endswith(".") and len(row.hint) > 20 for row in ERRORS)
    assert {row.kind for row in ERRORS} == {OAuthUnavailable, OAuthConfigurationError, OAuthConsentRequired}
