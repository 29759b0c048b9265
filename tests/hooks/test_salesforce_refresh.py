from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from airflow_provider_appflow_isv.exceptions import (
    AppFlowIsvError,
    OAuthConfigurationError,
    OAuthConsentRequired,
    OAuthUnavailable,
    TenantConfigurationError,
)
from airflow_provider_appflow_isv.hooks.salesforce import SalesforceTokenHook
from airflow_provider_appflow_isv.local.oauth_faults import Altered, Answer, Redirect, Refusal
from tests.accounts import fresh
from tests.hooks.tokens import Consent, opens, saas_of
from tests.oauth.endpoints import endpoint, granting

if TYPE_CHECKING:
    from tests.accounts import TenantAccount


@pytest.fixture
def consent(tenant: TenantAccount) -> Consent:
    """A consent to an app that rotates refresh tokens."""
    return Consent.given(tenant)


@pytest.fixture
def lasting(tenant: TenantAccount) -> Consent:
    """A consent to an app that does not."""
    return Consent.given(tenant, rotates=False)


def connection_with(consent: Consent, patch: pytest.MonkeyPatch, **more: Any) -> str:
    conn_id = fresh("salesforce").replace("-", "_")
    extra = {
        "consumer_key": consent.app.client_id,
        "consumer_secret": consent.app.client_secret,
        "refresh_token": consent.refresh_token,
        "login_url": consent.tenant.tenant.login_url,
        **more,
    }
    connection = {"conn_type": "salesforce", "extra": extra}
    patch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(connection))
    return conn_id


def test_each_call_redeems_the_token_that_the_call_before_has_stored(consent: Consent) -> None:
    secret = consent.store()
    hook = consent.hook(secret)
    tokens = [hook.get_token() for _ in range(3)]
    assert len({token.access_token for token in tokens}) == 3
    assert all(opens(token, consent.tenant) for token in tokens)
    assert not consent.is_good(consent.refresh_token)
    assert consent.is_good(consent.stored(secret)["refreshToken"])


def test_a_refresh_token_that_does_not_rotate_stays(lasting: Consent) -> None:
    secret = lasting.store()
    assert all(opens(lasting.hook(secret).get_token(), lasting.tenant) for _ in range(2))
    assert lasting.stored(secret)["refreshToken"] == lasting.refresh_token


def test_a_secret_whose_token_is_said_not_to_rotate_is_not_written(lasting: Consent) -> None:
    secret = lasting.store(refreshTokenRotation="false")
    before = lasting.stored(secret)
    assert opens(lasting.hook(secret).get_token(), lasting.tenant)
    assert lasting.stored(secret) == before


def test_a_token_that_is_good_for_long_enough_is_taken_again(consent: Consent) -> None:
    secret = consent.store()
    first = consent.hook(secret).get_token()
    again = consent.hook(secret).get_token(min_validity=600)
    assert again.access_token == first.access_token
    assert again.expires_at == pytest.approx(consent.tenant.org.clock() + consent.tenant.org.sessions.lifetime, abs=60)


def test_a_token_that_ends_too_soon_is_not_taken_again(consent: Consent) -> None:
    secret = consent.store()
    first = consent.hook(secret).get_token()
    longer = consent.tenant.org.sessions.lifetime + 60
    assert consent.hook(secret).get_token(min_validity=longer).access_token != first.access_token


def test_a_token_that_the_org_has_revoked_is_not_taken_again(consent: Consent) -> None:
    secret = consent.store()
    hook = consent.hook(secret)
    first = hook.get_token()
    assert hook.revoke(first.access_token)
    again = hook.get_token(min_validity=1)
    assert again.access_token != first.access_token
    assert opens(again, consent.tenant)


@pytest.mark.parametrize("told", ["4102444800", "1600000000"])
def test_the_end_that_the_secret_tells_is_believed(told: str, consent: Consent) -> None:
    url = consent.tenant.tenant.instance_url
    secret = consent.store(access_token="planted-token", token_instance_url=url, token_expires_at=told)
    token = consent.hook(secret).get_token(min_validity=60)
    assert (token.access_token == "planted-token") == (told == "4102444800")


@pytest.mark.parametrize("members", [{"token_instance_url": "https://b.my.salesforce.com"}, {"token_id": "x/00D0/1"}])
def test_a_stored_token_of_another_org_is_not_taken(members: dict[str, str], consent: Consent) -> None:
    stored = {"access_token": "planted-token", "token_instance_url": consent.tenant.tenant.instance_url}
    secret = consent.store(**{**stored, "token_expires_at": "4102444800", **members})
    hook = consent.hook(secret, organization_id=consent.tenant.org.org_id)
    assert opens(hook.get_token(min_validity=60), consent.tenant)


@pytest.mark.parametrize(
    ("altered", "kind", "message"),
    [
        ({"instance_url": "https://b.my.salesforce.com"}, OAuthConfigurationError, "but the login is for"),
        ({"instance_url": "http://127.0.0.1/orgs/other"}, TenantConfigurationError, "is not a host that credentials"),
        ({"instance_url": "https://evil.example"}, TenantConfigurationError, "is not a host that credentials"),
        ({"instance_url": "http://a.my.salesforce.com"}, TenantConfigurationError, "is not a host that credentials"),
        ({"instance_url": "https://93.184.216.34"}, TenantConfigurationError, "is not a host that credentials"),
        ({"instance_url": "https://a.my.salesforce.com@evil.example"}, TenantConfigurationError, "is not a host that"),
        ({"signature": "Zm9yZ2Vk"}, OAuthConfigurationError, "signature of Salesforce's answer does not fit"),
        ({"id": "https://login.salesforce.com/id/00D/005"}, OAuthConfigurationError, "login is for org|does not fit"),
        ({"access_token": None}, OAuthConfigurationError, "answered without access_token"),
        ({"instance_url": None}, OAuthConfigurationError, "answered without instance_url"),
    ],
)
def test_a_lying_answer_is_refused_but_its_refresh_token_is_kept(
    altered: dict[str, str | None], kind: type[AppFlowIsvError], message: str, consent: Consent
) -> None:
    secret = consent.store()
    consent.tenant.org.fail_next_token_requests(1, Altered(altered))
    hook = consent.hook(secret, organization_id=consent.tenant.org.org_id)
    with pytest.raises(kind, match=message):
        hook.get_token()
    stored = consent.stored(secret)
    assert consent.is_good(stored["refreshToken"])
    assert "access_token" not in stored
    assert opens(hook.get_token(), consent.tenant)


def test_a_redirect_spends_nothing_and_sends_nothing(consent: Consent) -> None:
    secret = consent.store()
    with endpoint(granting) as elsewhere:
        consent.tenant.org.fail_next_token_requests(1, Redirect(f"{elsewhere.url}/services/oauth2/token"))
        with pytest.raises(OAuthConfigurationError, match=r"a redirect to '127\.0\.0\.1'; nothing was sent there"):
            consent.hook(secret).get_token()
    assert elsewhere.forms == []
    assert opens(consent.hook(secret).get_token(), consent.tenant)


def test_trouble_that_passes_spends_nothing(consent: Consent) -> None:
    secret = consent.store()
    consent.tenant.org.fail_next_token_requests(1, 503)
    with pytest.raises(OAuthUnavailable, match="service_unavailable"):
        consent.hook(secret).get_token()
    assert opens(consent.hook(secret).get_token(), consent.tenant)


@pytest.mark.parametrize("answer", [Refusal("unknown_error"), Answer('{"message": "Gateway Timeout"}', 504)])
def test_a_token_that_may_be_spent_is_not_sent_again_at_once(answer: Refusal | Answer, consent: Consent) -> None:
    secret = consent.store()
    consent.tenant.org.fail_next_token_requests(1, answer)
    with pytest.raises(OAuthUnavailable, match="may have served the request") as caught:
        consent.hook(secret).get_token()
    assert caught.value.code == "outcome_unknown"
    text = consent.tenant.client("secretsmanager")
    versions = text.list_secret_version_ids(SecretId=secret, IncludeDeprecated=True)["Versions"]
    labels = {label for version in versions for label in version.get("VersionStages", ())}
    assert ("AppFlowIsvRedeeming" in labels, "AppFlowIsvReleased" in labels) == (True, False)


def test_a_grant_that_is_gone_needs_consent(consent: Consent) -> None:
    consent.tenant.org.sessions.revoke(consent.refresh_token)
    with pytest.raises(OAuthConsentRequired, match=r"expired access/refresh token.*consent again") as caught:
        consent.hook(consent.store()).get_token()
    assert consent.refresh_token not in str(caught.value)


def test_a_connection_can_hold_a_token_that_is_said_not_to_rotate(
    lasting: Consent, monkeypatch: pytest.MonkeyPatch
) -> None:
    conn_id = connection_with(lasting, monkeypatch, refresh_token_rotation=False)
    assert opens(SalesforceTokenHook(conn_id, allowed_hosts=saas_of(lasting.tenant)).get_token(), lasting.tenant)


def test_a_connection_without_that_word_is_refused_before_anything_is_sent(
    consent: Consent, monkeypatch: pytest.MonkeyPatch
) -> None:
    conn_id = connection_with(consent, monkeypatch)
    with pytest.raises(TenantConfigurationError, match=r"can't keep the next refresh token.*secret_id"):
        SalesforceTokenHook(conn_id, allowed_hosts=saas_of(consent.tenant)).get_token()
    assert consent.is_good(consent.refresh_token)


def test_a_connection_whose_token_rotates_after_all_is_told_so(
    consent: Consent, monkeypatch: pytest.MonkeyPatch
) -> None:
    conn_id = connection_with(consent, monkeypatch, refresh_token_rotation=False)
    with pytest.raises(OAuthConsentRequired, match=r"rotates refresh tokens.*consent again; put .* in a secret"):
        SalesforceTokenHook(conn_id, allowed_hosts=saas_of(consent.tenant)).get_token()


def test_an_access_token_and_a_refresh_token_can_be_asked_about(consent: Consent) -> None:
    secret = consent.store()
    hook = consent.hook(secret)
    token = hook.get_token()
    told = hook.introspect(token.access_token)
    assert (told["active"], told["username"], told["token_type"]) == (True, consent.tenant.username, "access_token")
    told = hook.introspect(consent.stored(secret)["refreshToken"], "refresh_token")
    assert (told["active"], told["token_type"]) == (True, "refresh_token")
    assert hook.introspect(consent.refresh_token) == {"active": False}


def test_a_revoked_token_opens_nothing_and_is_not_known_any_more(consent: Consent) -> None:
    secret = consent.store()
    hook = consent.hook(secret)
    token = hook.get_token()
    refresh_token = consent.stored(secret)["refreshToken"]
    assert [hook.revoke(refresh_token), hook.revoke(refresh_token)] == [True, False]
    assert not opens(token, consent.tenant)


def test_a_revocation_that_fails_is_an_error(consent: Consent) -> None:
    hook = consent.hook(consent.store(), retries=0)
    consent.tenant.org.fail_next_token_requests(1, 503, endpoint="revoke")
    with pytest.raises(OAuthUnavailable, match="refused the revocation with service_unavailable"):
        hook.revoke(consent.refresh_token)


def test_tokens_are_in_no_repr_or_error(consent: Consent) -> None:
    secret = consent.store()
    hook = consent.hook(secret)
    token = hook.get_token()
    consent.tenant.org.fail_next_token_requests(1, 503)
    with pytest.raises(OAuthUnavailable) as caught:
        hook.get_token()
    shown = f"{token!r}{hook!r}{vars(hook)!r}{caught.value!r}{caught.value.__cause__!r}{caught.value.__context__!r}"
    for planted in (token.access_token, consent.app.client_secret, consent.stored(secret)["refreshToken"]):
        assert planted not in shown


@pytest.mark.parametrize(
    "login_url",
    [
        "http://user@127.0.0.1:{port}",
        "http://login.salesforce.com@127.0.0.1:{port}",
        "http://127.0.0.1:{port}\\@login.salesforce.com",
        "http://127.0.0.1:{port}?login.salesforce.com",
        "http://127.0.0.1:{port}#.my.salesforce.com",
        "http://127.0.0.1.:{port}",
        "http://127.0.0.2:{port}",
        "http://0.0.0.0:{port}",
        "http://127.1:{port}",
        "http://2130706433:{port}",
        "http://0x7f000001:{port}",
        "http://[::ffff:127.0.0.1]:{port}",
    ],
)
@pytest.mark.parametrize("name", ["login_url", "loginUrl"])
def test_nothing_is_sent_to_an_address_in_disguise(name: str, login_url: str, consent: Consent) -> None:
    with endpoint(granting) as elsewhere:
        url = login_url.format(port=elsewhere.server_port)
        of_secret, of_hook = ({name: url}, None) if name == "loginUrl" else ({}, url)
        with pytest.raises(TenantConfigurationError, match=r"login_url .* is not a host that credentials are sent to"):
            consent.hook(consent.store(**of_secret), login_url=of_hook).get_token()
    assert elsewhere.headers == []


def test_nothing_is_sent_to_the_org_that_a_lying_answer_names(consent: Consent) -> None:
    secret = consent.store()
    with endpoint(granting) as elsewhere:
        hook = consent.hook(secret, allowed_hosts=[urlsplit(elsewhere.url).netloc])
        consent.tenant.org.fail_next_token_requests(1, Altered({"instance_url": elsewhere.url}))
        with pytest.raises(OAuthConfigurationError, match=r"answered for another org, at 127\.0\.0\.1, but the login"):
            hook.get_token()
        code = consent.code("https://isv.example/callback")
        consent.tenant.org.fail_next_token_requests(1, Altered({"instance_url": elsewhere.url}))
        with pytest.raises(OAuthConfigurationError, match=r"answered for another org, at 127\.0\.0\.1, but the login"):
            hook.exchange_code(code, "https://isv.example/callback")
    assert elsewhere.headers == []
