from __future__ import annotations

from collections.abc import Mapping

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from airflow_provider_appflow_isv.exceptions import TenantConfigurationError
from airflow_provider_appflow_isv.oauth.grants import GRANTS, grant_form

MEMBERS = {
    "client_id": "app",
    "client_secret": "secret",
    "username": "user",
    "password": "pass",
    "refresh_token": "refresh",
    "code": "code",
    "redirect_uri": "https://isv.example/callback",
    "code_verifier": "verifier",
}
APP = {"client_id": "app", "client_secret": "secret"}
NOW = 1_700_000_000.9


@pytest.mark.parametrize(
    ("grant", "form"),
    [
        ("password", {**APP, "username": "user", "password": "pass"}),
        ("client_credentials", APP),
        ("refresh_token", {**APP, "refresh_token": "refresh"}),
        (
            "authorization_code",
            {**APP, "code": "code", "redirect_uri": "https://isv.example/callback", "code_verifier": "verifier"},
        ),
    ],
)
def test_each_grant_posts_its_own_members_and_no_others(grant: str, form: Mapping[str, str]) -> None:
    assert grant_form(grant, MEMBERS, now=NOW) == {"grant_type": grant, **form}


@pytest.mark.parametrize("absent", [None, ""])
@pytest.mark.parametrize("grant", ["refresh_token", "authorization_code"])
def test_a_public_client_sends_no_secret(grant: str, absent: str | None) -> None:
    members = {name: value for name, value in MEMBERS.items() if name not in ("client_secret", "code_verifier")}
    if absent is not None:
        members |= {"client_secret": absent, "code_verifier": absent}
    assert set(grant_form(grant, members, now=NOW)) == {"grant_type", *GRANTS[grant]}


def test_an_assertion_is_signed_for_less_than_three_minutes() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    form = grant_form("jwt_bearer", {**MEMBERS, "private_key": pem}, now=NOW, audience="https://login.salesforce.com")
    assert set(form) == {"grant_type", "assertion"}
    assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    claims = jwt.decode(
        form["assertion"],
        key.public_key(),
        algorithms=["RS256"],
        options={"verify_exp": False},
        audience="https://login.salesforce.com",
    )
    assert claims == {"iss": "app", "sub": "user", "aud": "https://login.salesforce.com", "exp": 1_700_000_170}


def test_a_key_that_is_none_is_refused_without_quoting_it() -> None:
    with pytest.raises(TenantConfigurationError, match="private_key is not the PEM of an RSA key") as caught:
        grant_form("jwt_bearer", {**MEMBERS, "private_key": "planted-key"}, now=NOW)
    assert "planted" not in f"{caught.value}{caught.value.__cause__}"
    assert caught.value.__suppress_context__
