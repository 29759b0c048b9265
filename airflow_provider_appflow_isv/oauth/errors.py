"""OAuth's errors, sorted by who can mend them."""

from __future__ import annotations

from dataclasses import dataclass

from airflow_provider_appflow_isv.exceptions import (
    OAuthConfigurationError,
    OAuthConsentRequired,
    OAuthTokenError,
    OAuthUnavailable,
)

OUTCOME_UNKNOWN = "outcome_unknown"
UNREACHABLE = "unreachable"
INTROSPECTION = "introspection"
REVOCATION = "revocation"

_RETRY, _CONFIGURE, _CONSENT = OAuthUnavailable, OAuthConfigurationError, OAuthConsentRequired

_RECONNECT = (
    "a user of the org has to consent again; put the new refresh token, or the authorization code, in the store."
)


@dataclass(frozen=True)
class ErrorRow:
    """What one error, or several alike, ask for.

    :param codes: values of ``error``.
    :param kind: class of exception: try again later, change the configuration, or ask for consent again.
    :param hint: the next step.
    :param grants: grants that the row is for; empty for all.
    :param said: what the description must contain, in lower case; empty for any. A description is for people, so it
        chooses words and who has to act, never whether a request is repeated.
    """

    codes: tuple[str, ...]
    kind: type[OAuthTokenError]
    hint: str
    grants: tuple[str, ...] = ()
    said: str = ""

    def fits(self, error: str, description: str, grant: str) -> bool:
        """Whether the row is for this error of this grant."""
        return error in self.codes and (not self.grants or grant in self.grants) and self.said in description.lower()


# The codes are Salesforce's (help.salesforce.com, remoteaccess_oauth_flow_errors, and OAuthErrorCode.kt of its mobile
# SDK) and those of RFC 6749, 7009 and OpenID Connect. The first row that fits counts.
ERRORS = (
    ErrorRow(
        ("invalid_grant",),
        _CONFIGURE,
        "An admin of the org must let the worker's address in and the user log in at this hour.",
        said="ip restricted",
    ),
    ErrorRow(
        ("invalid_grant",),
        _CONFIGURE,
        "Set login_url or instance_url to the org's My Domain, e.g. https://example.my.salesforce.com.",
        said="not supported on this domain",
    ),
    ErrorRow(("invalid_grant",), _CONFIGURE, "Give the app at least the scope api.", said="no valid scopes"),
    ErrorRow(
        ("invalid_grant",),
        _CONFIGURE,
        "An admin of the org must pre-authorize the user for the app, or the user approve the app once.",
        said="approved this consumer",
    ),
    ErrorRow(
        ("invalid_grant",),
        _CONFIGURE,
        "Set audience to https://login.salesforce.com, or https://test.salesforce.com for a sandbox.",
        grants=("jwt_bearer",),
        said="audience",
    ),
    ErrorRow(
        ("invalid_grant",),
        _CONFIGURE,
        "Check user name, password and security token, the user's IP and login-hour limits, and whether the org allows "
        "the password grant: it is off by default in orgs made since Summer '23 and ends with Winter '27.",
        grants=("password",),
    ),
    ErrorRow(
        ("invalid_grant",),
        _CONFIGURE,
        "Post to the org's My Domain (instance_url) and give the app a run-as user.",
        grants=("client_credentials",),
    ),
    ErrorRow(
        ("invalid_grant",),
        _CONFIGURE,
        "Check that the app has this key's certificate, that the user is pre-authorized for the app, the audience "
        "(login or test host) and the clock of this machine.",
        grants=("jwt_bearer",),
    ),
    ErrorRow(
        ("invalid_grant",),
        _CONSENT,
        "A code is good once and for minutes, and only with its own redirect URI and code verifier: send the user "
        "through the authorization again and redeem the new code.",
        grants=("authorization_code",),
    ),
    ErrorRow(
        ("invalid_grant", "invalid_token", "invalid_refresh_token"),
        _CONSENT,
        f"The refresh token was revoked, rotated away or idle for too long: {_RECONNECT}",
        grants=("refresh_token",),
    ),
    ErrorRow(
        ("access_denied", "consent_required", "interaction_required", "login_required", "immediate_unsuccessful"),
        _CONSENT,
        "The user, or a rule of the org, has not consented: send the user through the authorization again.",
    ),
    ErrorRow(
        ("server_error", "service_unavailable", "temporarily_unavailable", "system_down", "unknown_error"),
        _RETRY,
        "The host's own trouble; try again later.",
    ),
    ErrorRow(
        ("rate_limit_exceeded",), _RETRY, "Too many logins; try again later, and mint fewer tokens (set min_validity)."
    ),
    ErrorRow(
        ("authorization_pending", "slow_down"), _RETRY, "The user has not answered yet; try again later, more slowly."
    ),
    ErrorRow(("app_attest_failed_retry",), _RETRY, "The host could not attest the app; try again later."),
    ErrorRow(
        ("invalid_client_id",), _CONFIGURE, "Check the consumer key (client_id); a new app takes minutes to be known."
    ),
    ErrorRow(
        ("invalid_client", "invalid_client_credentials", "invalid_basic_auth_header"),
        _CONFIGURE,
        "Check the consumer secret (client_secret); it may have been rotated.",
    ),
    ErrorRow(("invalid_app_access",), _CONFIGURE, "An admin of the org must allow the user in the app's policy."),
    ErrorRow(("inactive_user",), _CONFIGURE, "The user is deactivated in the org; have it activated or use another."),
    ErrorRow(
        ("inactive_org",), _CONFIGURE, "The org is locked or suspended; the customer must clear that with Salesforce."
    ),
    ErrorRow(
        ("login_error", "invalid_session_level", "invalid_otp", "otp_error"),
        _CONFIGURE,
        "The user can't log in without a person, as for a second factor; use an integration user with jwt_bearer.",
    ),
    ErrorRow(
        ("oauth_flow_disabled", "unsupported_grant_type", "unsupported_response_type", "unauthorized_client"),
        _CONFIGURE,
        "App or org do not offer this grant: have an admin of the org enable it for the app, or choose another grant.",
    ),
    ErrorRow(("app_blocked", "fail_close_app_blocked"), _CONFIGURE, "An admin of the org must unblock the app."),
    ErrorRow(
        (
            "app_not_found",
            "ecapp_policy_not_found",
            "oauth_policy_not_found",
            "invalid_distribution_state",
            "installation_error",
        ),
        _CONFIGURE,
        "An admin of the org must install the app, with its OAuth policy.",
    ),
    ErrorRow(
        ("exceeded_registration_limit", "failed_registration", "registration_error"),
        _CONFIGURE,
        "The app can't be registered in the org; an admin of the org must register it or remove unused ones.",
    ),
    ErrorRow(
        ("redirect_uri_mismatch", "redirect_uri_missing"),
        _CONFIGURE,
        "redirect_uri must equal the app's, character for character.",
    ),
    ErrorRow(("invalid_scope",), _CONFIGURE, "Ask for scopes that the app has."),
    ErrorRow(
        ("bad_jti_claim", "invalid_assertion_type"),
        _CONFIGURE,
        "The app asks for another kind of assertion; check its JWT settings, or choose another grant.",
    ),
    ErrorRow(
        ("app_attest_failed", "invalid_dpop_proof", "use_dpop_nonce", "invalid_expid", "unsupported_expid"),
        _CONFIGURE,
        "The app demands a proof that only its own client can give; have its owner switch that off for this app.",
    ),
    ErrorRow(
        ("invalid_token", "unsupported_token_type"),
        _CONFIGURE,
        "The token is unknown, ended, or of a kind that can't be asked about; mint a new one.",
    ),
    ErrorRow(
        ("invalid_request",),
        _CONFIGURE,
        "Compare the members of the login with what the grant needs; the description names what is missing or wrong.",
    ),
)


def token_error(error: str, description: str, *, grant: str, host: str, status: int = 400) -> OAuthTokenError:
    """The typed error for an endpoint's ``error`` and ``error_description``.

    :param error: the code.
    :param description: what the host says of it; must be free of secrets.
    :param grant: the grant that was tried, or ``introspection`` or ``revocation``.
    :param host: host that was asked.
    :param status: HTTP status of the answer, which decides for a code that is not known; default 400.
    """
    row = next((row for row in ERRORS if row.fits(error, description, grant)), None)
    if row is None:
        busy = status >= 500 or status == 429
        unknown = "The host's own trouble; try again later." if busy else "Check the app, its user and its org."
        row = ErrorRow((error,), _RETRY if busy else _CONFIGURE, unknown)
    what = grant if grant in (INTROSPECTION, REVOCATION) else f"{grant} grant"
    said = f": {description.rstrip('.')}" if description else ""
    return row.kind(f"{host} refused the {what} with {error}{said}.", code=error, hint=row.hint)
