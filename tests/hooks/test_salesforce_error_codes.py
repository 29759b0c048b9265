"""Each error code that Salesforce documents, from the local org's answer to the message that a user sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_provider_appflow_isv.exceptions import (
    OAuthConfigurationError,
    OAuthConsentRequired,
    OAuthTokenError,
    OAuthUnavailable,
)
from airflow_provider_appflow_isv.local.oauth_errors import ERRORS
from airflow_provider_appflow_isv.local.oauth_faults import Refusal
from tests.hooks.tokens import Consent, hook_of

if TYPE_CHECKING:
    from tests.accounts import TenantAccount

CODES: dict[str, tuple[type[OAuthTokenError], str]] = {
    "access_denied": (OAuthConsentRequired, "send the user through the authorization again"),
    "app_attest_failed": (OAuthConfigurationError, "have its owner switch that off"),
    "app_attest_failed_retry": (OAuthUnavailable, "try again later"),
    "app_blocked": (OAuthConfigurationError, "admin of the org must unblock the app"),
    "app_not_found": (OAuthConfigurationError, "admin of the org must install the app"),
    "authorization_pending": (OAuthUnavailable, "try again later"),
    "bad_jti_claim": (OAuthConfigurationError, "check its JWT settings"),
    "ecapp_policy_not_found": (OAuthConfigurationError, "install the app, with its OAuth policy"),
    "exceeded_registration_limit": (OAuthConfigurationError, "remove unused ones"),
    "fail_close_app_blocked": (OAuthConfigurationError, "admin of the org must unblock the app"),
    "failed_registration": (OAuthConfigurationError, "must register it"),
    "immediate_unsuccessful": (OAuthConsentRequired, "send the user through the authorization again"),
    "inactive_org": (OAuthConfigurationError, "customer must clear that with Salesforce"),
    "inactive_user": (OAuthConfigurationError, "have it activated"),
    "installation_error": (OAuthConfigurationError, "admin of the org must install the app"),
    "invalid_app_access": (OAuthConfigurationError, "must allow the user in the app's policy"),
    "invalid_assertion_type": (OAuthConfigurationError, "check its JWT settings"),
    "invalid_basic_auth_header": (OAuthConfigurationError, "Check the consumer secret"),
    "invalid_client": (OAuthConfigurationError, "Check the consumer secret"),
    "invalid_client_credentials": (OAuthConfigurationError, "Check the consumer secret"),
    "invalid_client_id": (OAuthConfigurationError, "Check the consumer key"),
    "invalid_distribution_state": (OAuthConfigurationError, "admin of the org must install the app"),
    "invalid_dpop_proof": (OAuthConfigurationError, "have its owner switch that off"),
    "invalid_expid": (OAuthConfigurationError, "have its owner switch that off"),
    "invalid_grant": (OAuthConfigurationError, "Check user name, password and security token"),
    "invalid_otp": (OAuthConfigurationError, "use an integration user"),
    "invalid_request": (OAuthConfigurationError, "the description names what is missing"),
    "invalid_scope": (OAuthConfigurationError, "Ask for scopes that the app has"),
    "invalid_session_level": (OAuthConfigurationError, "use an integration user"),
    "invalid_token": (OAuthConfigurationError, "mint a new one"),
    "login_error": (OAuthConfigurationError, "use an integration user"),
    "oauth_flow_disabled": (OAuthConfigurationError, "enable it for the app"),
    "oauth_policy_not_found": (OAuthConfigurationError, "install the app, with its OAuth policy"),
    "otp_error": (OAuthConfigurationError, "use an integration user"),
    "rate_limit_exceeded": (OAuthUnavailable, "try again later, and mint fewer tokens"),
    "redirect_uri_mismatch": (OAuthConfigurationError, "character for character"),
    "redirect_uri_missing": (OAuthConfigurationError, "character for character"),
    "registration_error": (OAuthConfigurationError, "must register it"),
    "server_error": (OAuthUnavailable, "try again later"),
    "service_unavailable": (OAuthUnavailable, "try again later"),
    "slow_down": (OAuthUnavailable, "try again later"),
    "system_down": (OAuthUnavailable, "try again later"),
    "unknown_error": (OAuthUnavailable, "try again later"),
    "unsupported_expid": (OAuthConfigurationError, "have its owner switch that off"),
    "unsupported_grant_type": (OAuthConfigurationError, "choose another grant"),
    "unsupported_response_type": (OAuthConfigurationError, "choose another grant"),
    "unsupported_token_type": (OAuthConfigurationError, "mint a new one"),
    "use_dpop_nonce": (OAuthConfigurationError, "have its owner switch that off"),
}


MAY_BE_SERVED = ("server_error", "unknown_error")  # they don't say that the request was not


def test_no_code_that_the_local_org_knows_is_left_out() -> None:
    assert CODES.keys() == ERRORS.keys()


@pytest.mark.parametrize("code", CODES)
def test_an_error_says_what_salesforce_said_and_what_to_do(code: str, tenant: TenantAccount) -> None:
    kind, next_step = CODES[code]
    tenant.org.fail_next_token_requests(1, Refusal(code))
    with pytest.raises(OAuthTokenError) as caught:
        hook_of(tenant, retries=0).get_token()
    refused, told = f"refused the password grant with {code}", code
    if code in MAY_BE_SERVED:
        refused, told = f"but answered with HTTP {ERRORS[code].status} and {code}", "outcome_unknown"
    assert (type(caught.value), caught.value.code) == (kind, told)
    assert f"{refused}: {ERRORS[code].description.rstrip('.')}. " in str(caught.value)
    assert next_step in str(caught.value)


@pytest.mark.parametrize(
    ("description", "grant", "kind", "next_step"),
    [
        ("authentication failure", "password", OAuthConfigurationError, "Check user name, password"),
        ("expired access/refresh token", "refresh_token", OAuthConsentRequired, "has to consent again"),
        ("user hasn't approved this consumer", "jwt_bearer", OAuthConfigurationError, "must pre-authorize the user"),
        ("invalid authorization code", "authorization_code", OAuthConsentRequired, "redeem the new code"),
        ("expired authorization code", "authorization_code", OAuthConsentRequired, "redeem the new code"),
        ("expired authorization code", "jwt_bearer", OAuthConfigurationError, "clock of this machine"),
        ("token validity expired", "jwt_bearer", OAuthConfigurationError, "clock of this machine"),
        ("invalid assertion", "jwt_bearer", OAuthConfigurationError, "app has this key's certificate"),
        ("Audience validation failed", "jwt_bearer", OAuthConfigurationError, "Set audience to"),
        ("ip restricted", "password", OAuthConfigurationError, "let the worker's address in"),
        ("IP restricted or invalid login hours", "refresh_token", OAuthConfigurationError, "log in at this hour"),
        ("request not supported on this domain", "client_credentials", OAuthConfigurationError, "org's My Domain"),
        ("no valid scopes defined", "client_credentials", OAuthConfigurationError, "at least the scope api"),
        ("no client credentials user enabled", "client_credentials", OAuthConfigurationError, "run-as user"),
    ],
)
def test_a_grant_that_is_refused_is_sorted_by_what_it_was(
    description: str, grant: str, kind: type[OAuthTokenError], next_step: str, tenants: dict[str, TenantAccount]
) -> None:
    of_grant = {"password": "tenant-a", "client_credentials": "tenant-b", "jwt_bearer": "tenant-c"}
    tenant = tenants[of_grant.get(grant, "tenant-a")]
    tenant.org.fail_next_token_requests(1, Refusal("invalid_grant", description, 400))
    if grant in of_grant:
        hook = hook_of(tenant)
    else:
        consent = Consent.given(tenant)
        code = {"code": "planted-code", "redirectUri": "https://isv.example/callback", "refreshToken": None}
        hook = consent.hook(consent.store(**(code if grant == "authorization_code" else {})))
    with pytest.raises(OAuthTokenError) as caught:
        hook.get_token()
    assert (type(caught.value), caught.value.code) == (kind, "invalid_grant")
    assert f"refused the {grant} grant with invalid_grant: {description}. " in str(caught.value)
    assert next_step in str(caught.value)
