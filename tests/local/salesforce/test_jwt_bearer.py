from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from tests.local.salesforce.signing import KEY, PUBLIC_KEY, claims_of, jwt_form

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.salesforce import ConnectedApp
    from tests.local.salesforce.conftest import Client

INVALID = {"error": "invalid_grant", "error_description": "invalid assertion"}


def _certificate() -> str:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "tenant-a.example")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(KEY.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
    )
    return built.sign(KEY, SHA256()).public_bytes(Encoding.PEM).decode()


@pytest.fixture
def app(client: Client) -> ConnectedApp:
    """Give an app that checks assertions with the public key and that the user has approved."""
    return client.org.add_connected_app(certificate=PUBLIC_KEY, approved=(client.user.username,))


def test_a_signed_assertion_gives_a_token(client: Client, app: ConnectedApp) -> None:
    answer = client.token(jwt_form(claims_of(client, app)))
    assert answer.status_code == 200
    assert client.get("/services/data/v58.0/limits", answer.json()["access_token"]).status_code == 200


def test_the_key_may_come_as_a_certificate(client: Client, app: ConnectedApp) -> None:
    app.certificate = _certificate()
    assert client.token(jwt_form(claims_of(client, app))).status_code == 200


def test_an_assertion_may_be_used_again(client: Client, app: ConnectedApp) -> None:
    form = jwt_form(claims_of(client, app))
    assert [client.token(form).status_code for _ in range(2)] == [200, 200]


def test_an_assertion_may_be_posted_to_my_domain(client: Client, app: ConnectedApp) -> None:
    assert client.token(jwt_form(claims_of(client, app)), client.org.my_domain_url).status_code == 200


@pytest.mark.parametrize("audience", ["https://login.salesforce.com", "https://test.salesforce.com"])
def test_the_audience_may_be_a_real_login_host(client: Client, app: ConnectedApp, audience: str) -> None:
    assert client.token(jwt_form(claims_of(client, app, aud=audience))).status_code == 200


@pytest.mark.parametrize("audience", ["https://elsewhere.example", None, ["https://login.salesforce.com"]])
def test_another_audience_is_refused(client: Client, app: ConnectedApp, audience: object) -> None:
    answer = client.token(jwt_form(claims_of(client, app, aud=audience)))
    assert answer.json() == {"error": "invalid_grant", "error_description": "Audience validation failed"}


def test_my_domain_as_audience_is_refused(client: Client, app: ConnectedApp) -> None:
    answer = client.token(jwt_form(claims_of(client, app, aud=client.org.my_domain_url)))
    assert answer.json()["error_description"] == "Audience validation failed"


def test_an_expired_assertion_is_refused(client: Client, app: ConnectedApp) -> None:
    form = jwt_form(claims_of(client, app))
    client.clock.now += 171
    assert client.token(form).json() == {
        "error": "invalid_grant",
        "error_description": "expired authorization code",
    }


@pytest.mark.parametrize("expires", [None, "soon", 10**12, float("nan"), True])
def test_an_assertion_that_does_not_expire_within_three_minutes_is_refused(
    client: Client, app: ConnectedApp, expires: object
) -> None:
    answer = client.token(jwt_form(claims_of(client, app, exp=expires)))
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_grant"


def test_three_minutes_is_the_most(client: Client, app: ConnectedApp) -> None:
    now = int(client.clock.now)
    assert client.token(jwt_form(claims_of(client, app, exp=now + 180))).status_code == 200
    assert client.token(jwt_form(claims_of(client, app, exp=now + 182))).json() == INVALID


def test_another_key_is_refused(client: Client, app: ConnectedApp) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert client.token(jwt_form(claims_of(client, app), other)).json() == INVALID


@pytest.mark.parametrize(("key", "algorithm"), [("a-secret-of-enough-length-for-hmac!!", "HS256"), ("", "none")])
def test_another_algorithm_is_refused(client: Client, app: ConnectedApp, key: str, algorithm: str) -> None:
    assert client.token(jwt_form(claims_of(client, app), key, algorithm)).json() == INVALID


@pytest.mark.parametrize("changed", [{"iss": None}, {"sub": None}, {"sub": 5}, {"iss": ["x"]}])
def test_an_assertion_without_issuer_or_subject_is_refused(
    client: Client, app: ConnectedApp, changed: dict[str, object]
) -> None:
    claims = {**claims_of(client, app), **changed}
    token = jwt.api_jws.encode(json.dumps(claims).encode(), KEY, algorithm="RS256")
    form = {**jwt_form(claims_of(client, app)), "assertion": token}
    assert client.token(form).json() == INVALID


@pytest.mark.parametrize("assertion", ["nonsense", "a.b.c", "e30.e30."])
def test_what_is_no_assertion_is_refused(client: Client, app: ConnectedApp, assertion: str) -> None:
    assert client.token({**jwt_form(claims_of(client, app)), "assertion": assertion}).json() == INVALID


def test_an_unknown_issuer_is_refused(client: Client, app: ConnectedApp) -> None:
    assert client.token(jwt_form(claims_of(client, app, iss="unknown"))).json()["error"] == "invalid_client_id"


@pytest.mark.parametrize("username", ["loader@tenant-a.example", "nobody@tenant-a.example"])
def test_a_user_who_has_not_approved_the_app_gets_no_token(client: Client, app: ConnectedApp, username: str) -> None:
    app.approved.clear()
    assert client.token(jwt_form(claims_of(client, app, sub=username))).json() == {
        "error": "invalid_grant",
        "error_description": "user hasn't approved this consumer",
    }


def test_a_user_whom_the_administrator_must_approve_gets_no_token(client: Client, app: ConnectedApp) -> None:
    app.approved.clear()
    app.permitted_users = "admin_approved"
    assert client.token(jwt_form(claims_of(client, app))).json()["error"] == "invalid_app_access"


def test_an_app_without_a_certificate_takes_no_assertion(client: Client, app: ConnectedApp) -> None:
    app.certificate = None
    assert client.token(jwt_form(claims_of(client, app))).json() == INVALID
