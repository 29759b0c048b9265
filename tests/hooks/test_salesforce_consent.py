from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_provider_appflow_isv.exceptions import (
    AppFlowIsvError,
    OAuthConfigurationError,
    OAuthConsentRequired,
    OAuthUnavailable,
    TenantConfigurationError,
)
from airflow_provider_appflow_isv.hooks.salesforce import SalesforceTokenHook
from airflow_provider_appflow_isv.local.oauth_faults import Altered, Lost
from tests.hooks.tokens import Consent, connection_of, opens
from tests.stores.grants import TappedHook
from tests.stores.test_waiting import Trouble

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.stores.redemption import Redeemer
    from tests.accounts import TenantAccount

CALLBACK = "https://isv.example/callback"
VERIFIER = "v" * 43


@pytest.fixture
def consent(tenant: TenantAccount) -> Consent:
    """A consent to an app that rotates refresh tokens, before the one that each test gives."""
    return Consent.given(tenant)


def test_a_code_gives_a_token_and_a_grant_that_lasts(consent: Consent) -> None:
    secret = consent.store(refreshToken=None)
    hook = consent.hook(secret)
    token = hook.exchange_code(consent.code(CALLBACK, VERIFIER), CALLBACK, VERIFIER)
    assert opens(token, consent.tenant)
    assert consent.is_good(consent.stored(secret)["refreshToken"])
    assert opens(hook.get_token(), consent.tenant)


def test_the_grant_before_is_replaced_and_revoked(consent: Consent) -> None:
    secret = consent.store()
    consent.hook(secret).exchange_code(consent.code(CALLBACK), CALLBACK)
    stored = consent.stored(secret)["refreshToken"]
    assert stored != consent.refresh_token
    assert (consent.is_good(stored), consent.is_good(consent.refresh_token)) == (True, False)


def test_that_the_grant_before_cannot_be_revoked_does_not_undo_the_new_one(consent: Consent) -> None:
    secret = consent.store()
    consent.tenant.org.fail_next_token_requests(1, 503, endpoint="revoke")
    token = consent.hook(secret, retries=0).exchange_code(consent.code(CALLBACK), CALLBACK)
    assert opens(token, consent.tenant)
    assert consent.is_good(consent.stored(secret)["refreshToken"])


@pytest.mark.parametrize(
    ("verifier", "redirect_uri", "kind"),
    [
        (None, CALLBACK, OAuthConsentRequired),
        ("w" * 43, CALLBACK, OAuthConsentRequired),
        ("short", CALLBACK, OAuthConfigurationError),
        (VERIFIER, f"{CALLBACK}/", OAuthConfigurationError),
    ],
)
def test_a_code_is_good_only_with_its_verifier_and_redirect_uri(
    verifier: str | None, redirect_uri: str, kind: type[Exception], consent: Consent
) -> None:
    secret = consent.store()
    before = consent.stored(secret)
    with pytest.raises(kind):
        consent.hook(secret).exchange_code(consent.code(CALLBACK, VERIFIER), redirect_uri, verifier)
    assert consent.stored(secret) == before
    assert consent.is_good(consent.refresh_token)


@pytest.mark.parametrize("altered", [{"instance_url": "https://b.my.salesforce.com"}, {"signature": "Zm9yZ2Vk"}])
def test_what_another_org_gives_is_not_stored_but_revoked(altered: dict[str, str | None], consent: Consent) -> None:
    secret = consent.store()
    before, live = consent.stored(secret), consent.live()
    code = consent.code(CALLBACK)
    consent.tenant.org.fail_next_token_requests(1, Altered(altered))
    with pytest.raises(OAuthConfigurationError):
        consent.hook(secret).exchange_code(code, CALLBACK)
    assert (consent.stored(secret), consent.live()) == (before, live)


def test_a_consent_that_gives_nothing_lasting_is_refused(consent: Consent) -> None:
    secret = consent.store()
    before, code = consent.stored(secret), consent.code(CALLBACK)
    consent.tenant.org.fail_next_token_requests(1, Altered({"refresh_token": None}))
    with pytest.raises(OAuthConfigurationError, match=r"no refresh_token\..*offline_access"):
        consent.hook(secret).exchange_code(code, CALLBACK)
    assert consent.stored(secret) == before
    assert consent.is_good(consent.refresh_token)


def test_a_connection_cannot_keep_what_a_code_gives(tenant: TenantAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    hook = SalesforceTokenHook(connection_of(tenant, monkeypatch))
    with pytest.raises(TenantConfigurationError, match=r"can't be stored in connection.*Use a secret"):
        hook.exchange_code("code", CALLBACK)


def test_a_code_in_the_secret_is_redeemed_once_and_taken_out(consent: Consent) -> None:
    code = consent.code(CALLBACK, VERIFIER)
    secret = consent.store(refreshToken=None, code=code, redirectUri=CALLBACK, codeVerifier=VERIFIER)
    hook = consent.hook(secret, grant="authorization_code")
    assert opens(hook.get_token(), consent.tenant)
    stored = consent.stored(secret)
    assert {"code", "codeVerifier"} & stored.keys() == set()
    assert opens(hook.get_token(), consent.tenant)


def test_a_code_put_beside_a_refresh_token_reconnects(consent: Consent) -> None:
    secret = consent.store(code=consent.code(CALLBACK), redirectUri=CALLBACK)
    assert opens(consent.hook(secret).get_token(), consent.tenant)
    assert not consent.is_good(consent.refresh_token)


@pytest.mark.parametrize(("member", "argument"), [("refresh_token", None), (None, "refresh_token")])
def test_a_code_reconnects_although_the_refresh_token_is_the_grant_that_is_named(
    member: str | None, argument: str | None, consent: Consent
) -> None:
    secret = consent.store(code=consent.code(CALLBACK), redirectUri=CALLBACK, grant=member)
    consent.tenant.org.sessions.revoke(consent.refresh_token)
    hook = consent.hook(secret, grant=argument)
    assert opens(hook.get_token(), consent.tenant)
    assert opens(hook.get_token(), consent.tenant)
    assert "code" not in consent.stored(secret)


def test_a_spent_code_is_never_sent_as_a_refresh_token_is(consent: Consent) -> None:
    secret = consent.store(code="spent-code", redirectUri=CALLBACK, grant="refresh_token")
    assert opens(consent.hook(secret).get_token(), consent.tenant)
    assert consent.is_good(consent.stored(secret)["refreshToken"])


def test_a_code_that_is_spent_is_left_for_the_refresh_token_beside_it(consent: Consent) -> None:
    secret = consent.store(code="spent-code", redirectUri=CALLBACK)
    assert opens(consent.hook(secret).get_token(), consent.tenant)


def test_a_code_that_is_spent_needs_consent_where_nothing_else_is(consent: Consent) -> None:
    secret = consent.store(refreshToken=None, code="spent-code", redirectUri=CALLBACK)
    with pytest.raises(OAuthConsentRequired, match=r"invalid authorization code.*redeem the new code"):
        consent.hook(secret).get_token()


def test_a_spent_code_beside_a_good_refresh_token_makes_no_later_call_fail(consent: Consent) -> None:
    secret = consent.store(code="spent-code", redirectUri=CALLBACK)
    hook = consent.hook(secret)
    assert all(opens(hook.get_token(), consent.tenant) for _ in range(3))
    assert consent.is_good(consent.stored(secret)["refreshToken"])


def test_a_token_that_is_good_for_long_enough_is_returned_beside_a_spent_code(consent: Consent) -> None:
    hook = consent.hook(consent.store(code="spent-code", redirectUri=CALLBACK))
    first = hook.get_token()
    assert hook.get_token(min_validity=60).access_token == first.access_token


def test_a_grant_is_revoked_that_aws_does_not_let_us_store(consent: Consent) -> None:
    class ImpatientHook(SalesforceTokenHook):
        def _redeemer(self, problems: list[AppFlowIsvError]) -> Redeemer:
            redeemer = super()._redeemer(problems)
            redeemer.patience = 0.0
            return redeemer

    secret = consent.store()
    before, live, code = consent.stored(secret), consent.live(), consent.code(CALLBACK)
    aws_hook = TappedHook(**consent.tenant.aws)
    refuse = Trouble("GetSecretValue", 10**6, skip=2, code="AccessDeniedException")  # what the hook reads at first
    aws_hook.tap = ("before-call.secrets-manager", refuse)
    hook = ImpatientHook(
        secret_id=secret,
        aws_hook=aws_hook,
        login_url=consent.tenant.tenant.login_url,
        instance_url=consent.tenant.tenant.instance_url,
    )
    with pytest.raises(OAuthConsentRequired, match=r"could not be stored.*AccessDeniedException.*Connect the tenant"):
        hook.exchange_code(code, CALLBACK)
    assert (consent.stored(secret), consent.live()) == (before, live)


def test_a_code_is_not_sent_again_while_its_outcome_is_open(consent: Consent) -> None:
    secret = consent.store(refreshToken=None, code=consent.code(CALLBACK), redirectUri=CALLBACK)
    consent.tenant.org.fail_next_token_requests(1, Lost())
    with pytest.raises(OAuthUnavailable, match="may have served the request"):
        consent.hook(secret).get_token()
    with pytest.raises(OAuthUnavailable, match="Another worker has claimed the authorization code in secret"):
        consent.hook(secret).get_token()


def test_a_code_that_was_refused_for_another_reason_can_be_sent_again(consent: Consent) -> None:
    secret = consent.store(refreshToken=None, code=consent.code(CALLBACK), redirectUri=CALLBACK)
    consent.tenant.org.fail_next_token_requests(1, 503)
    with pytest.raises(OAuthUnavailable, match="service_unavailable"):
        consent.hook(secret).get_token()
    assert opens(consent.hook(secret).get_token(), consent.tenant)
