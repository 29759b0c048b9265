"""The error codes of Salesforce's OAuth endpoints, each with its description and HTTP status.

Facts: "OAuth 2.0 Authorization Errors", Salesforce Help (shape, status 400); Salesforce's mobile SDK for Android,
``OAuthErrorCode``, which mirrors the server's list of codes; the older codes are those of earlier help tables. Only the
descriptions in ``_SEEN`` are known from public texts, the others say in our words what the code's name says. That codes
of the server's own trouble come with 429, 500 or 503 is a guess.
"""

from __future__ import annotations

from dataclasses import dataclass

_SEEN = {
    "app_blocked": "this app is blocked by admin",
    "authorization_pending": "authorization is pending",
    "inactive_org": "organization is locked, closed, or suspended",
    "inactive_user": "user is inactive",
    "invalid_app_access": "user is not admin approved to access this app",
    "invalid_client": "client secret invalid",
    "invalid_client_credentials": "client secret invalid",
    "invalid_client_id": "client identifier invalid",
    "invalid_grant": "authentication failure",
    "invalid_request": "missing required code challenge",
    "rate_limit_exceeded": "number of logins exceeded",
    "redirect_uri_mismatch": "redirect_uri must match configuration",
    "unsupported_grant_type": "grant type not supported",
    "access_denied": "end-user denied authorization",
}
_NAMED = {
    "app_attest_failed": "the attestation of the app failed",
    "app_attest_failed_retry": "the attestation of the app failed, try again",
    "app_not_found": "the app is not installed in this org",
    "bad_jti_claim": "the jti claim is missing or was used before",
    "ecapp_policy_not_found": "the external client app has no policy in this org",
    "exceeded_registration_limit": "too many clients are registered",
    "fail_close_app_blocked": "the app is blocked",
    "failed_registration": "the client could not be registered",
    "immediate_unsuccessful": "the user has to log in or to approve",
    "installation_error": "the app could not be installed",
    "invalid_assertion_type": "the assertion type is not supported",
    "invalid_basic_auth_header": "invalid basic authorization header",
    "invalid_distribution_state": "the app's distribution state does not allow this",
    "invalid_dpop_proof": "the DPoP proof is invalid",
    "invalid_expid": "the experience id is invalid",
    "invalid_otp": "the one-time password is invalid",
    "invalid_scope": "the requested scope is invalid, unknown, or malformed",
    "invalid_session_level": "the session's security level is too low",
    "invalid_token": "invalid token: it is unknown, expired or already revoked",
    "login_error": "the user could not be logged in",
    "oauth_flow_disabled": "this OAuth flow is disabled for the app",
    "oauth_policy_not_found": "the app has no OAuth policy in this org",
    "otp_error": "the one-time password could not be sent",
    "redirect_uri_missing": "redirect_uri must be specified",
    "registration_error": "the client could not be registered",
    "server_error": "an unexpected error occurred",
    "service_unavailable": "the service is unavailable",
    "slow_down": "polling too fast",
    "system_down": "the system is down",
    "unknown_error": "an unknown error occurred",
    "unsupported_expid": "the experience id is not supported",
    "unsupported_response_type": "response type not supported",
    "unsupported_token_type": "this type of token is not supported",
    "use_dpop_nonce": "a DPoP nonce is needed",
}
_STATUSES = {
    "rate_limit_exceeded": 429,
    "server_error": 500,
    "service_unavailable": 503,
    "system_down": 503,
    "unknown_error": 500,
}


@dataclass(frozen=True)
class Documented:
    """What comes with an error code.

    :param description: the ``error_description``.
    :param status: the HTTP status.
    """

    description: str
    status: int


ERRORS = {code: Documented(text, _STATUSES.get(code, 400)) for code, text in sorted((_SEEN | _NAMED).items())}


def documented(error: str) -> Documented:
    """Return what comes with an error code.

    :param error: the code.
    :raises ValueError: naming the field, if Salesforce has no such code.
    """
    found = ERRORS.get(error)
    if found is None:
        raise ValueError(
            f"error: must be one of {', '.join(ERRORS)}, not {error!r}; or give a description and a status"
        )
    return found
