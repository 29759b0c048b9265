"""Answers that hold a secret of the request where they name a host or an org: the failures of the leak search."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

from airflow_provider_appflow_isv.exceptions import OAuthConfigurationError, TenantConfigurationError
from airflow_provider_appflow_isv.hooks.salesforce_token import SalesforceToken
from proofs.leak_search.plan import awkward
from proofs.leak_search.search import where
from proofs.leak_search.trouble import TROUBLES
from tests.hooks.tokens import Consent

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.accounts import TenantAccount

BY_SECRET = {
    "redirects by a secret": (OAuthConfigurationError, r"a redirect to '\*\*\*\.example\.com'"),
    "answers for a host by a secret": (TenantConfigurationError, r"answer '\*\*\*\.example\.com' is not a host"),
    "answers for an org by a secret": (OAuthConfigurationError, r"org, at \*\*\*\.my\.salesforce\.com, but the login"),
    "answers for a path by a secret": (OAuthConfigurationError, r"at elsewhere\.my\.salesforce\.com[, ]"),
    "answers for an id by a secret": (OAuthConfigurationError, "answered for org without id, but the login is for org"),
}


@pytest.fixture
def secret() -> str:
    return awkward("client")


@pytest.fixture
def consent(tenant: TenantAccount, secret: str) -> Consent:
    """A consent to an app whose secret is looked for."""
    app = tenant.org.add_connected_app(client_secret=secret)
    return Consent(tenant, app, tenant.org.issue_refresh_token(app.client_id, tenant.username))


@pytest.mark.parametrize("org_is_known", [True, False])
@pytest.mark.parametrize("trouble", BY_SECRET)
def test_no_secret_is_quoted_as_a_host_or_an_org(
    trouble: str, org_is_known: bool, consent: Consent, secret: str, logged: Callable[[], str]
) -> None:
    org = consent.tenant.org
    org.fail_next_token_requests(1, TROUBLES[trouble])
    known = {"organization_id": org.org_id} if org_is_known else {"instance_url": None}
    if trouble.endswith("id by a secret") and not org_is_known:
        told = repr(consent.hook(consent.store(), **known).get_token())
    else:
        kind, says = BY_SECRET[trouble]
        with pytest.raises(kind, match=says if org_is_known else None) as caught:
            consent.hook(consent.store(), **known).get_token()
        told = str(caught.value)
    assert where(secret, {"told": told.encode(), "logged": logged().encode()}) == []


@pytest.mark.parametrize("trouble", BY_SECRET)
def test_the_search_finds_what_such_an_answer_holds(trouble: str, consent: Consent, secret: str) -> None:
    consent.tenant.org.fail_next_token_requests(1, TROUBLES[trouble])
    form = {
        "grant_type": "refresh_token",
        "client_id": consent.app.client_id,
        "client_secret": secret,
        "refresh_token": consent.refresh_token,
    }
    url = f"{consent.tenant.tenant.login_url}/services/oauth2/token"
    answer = requests.post(url, form, allow_redirects=False, timeout=10)
    assert where(secret, {"answer": f"{answer.text} {answer.headers}".encode()}) == ["answer"]


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("00D000000000001", "00D000000000001"),
        ("00D000000000001EAA", "00D000000000001EAA"),
        ("00D0000000000012", ""),
        ("planted00000secret", ""),
        ("00D00000000000!", ""),
    ],
)
def test_an_org_id_is_one_only_in_its_form(told: str, shown: str) -> None:
    token = SalesforceToken("t", "https://a.my.salesforce.com", f"https://login.salesforce.com/id/{told}/005", 0, told)
    assert token.organization_id == shown
    assert told not in repr(token)
