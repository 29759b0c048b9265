"""What is handed over to AppFlow for Salesforce, redeemed by the local AppFlow at the tenant's org."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from airflow_provider_appflow_isv.credentials import AuthorizationCode, CredentialSource, JwtBearer, OAuth2Credentials
from airflow_provider_appflow_isv.exceptions import TenantConfigurationError
from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook
from airflow_provider_appflow_isv.operators.connector_profile import AppFlowUpdateConnectorProfileOperator
from tests.accounts import fresh
from tests.credentials.profiles import asked, create, kept
from tests.credentials.test_connectors import MODEL
from tests.operators.pushing import age
from tests.tasks import run_task

if TYPE_CHECKING:
    from tests.accounts import TenantAccount
    from tests.recording import Recording

CALLBACK = "https://isv.example.com/callback"
VERIFIER = "a-verifier-of-forty-three-characters-at-least"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
NEEDS_VERIFIER = pytest.mark.skipif(
    "codeVerifier" not in MODEL.shape_for("ConnectorOAuthRequest").members,
    reason="this botocore knows no code verifier",
)


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def private_pem(key: rsa.RSAPrivateKey) -> str:
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, form, serialization.NoEncryption()).decode()


def public_pem(key: rsa.RSAPrivateKey) -> str:
    encoding, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(encoding, form).decode()


def make_app(tenant: TenantAccount, **settings: Any) -> dict[str, str]:
    user = tenant.org.add_user(f"{fresh('user')}@example.com")
    app = tenant.org.add_connected_app(approved=(user.username,), **settings)
    return {"clientId": app.client_id, "clientSecret": app.client_secret, "username": user.username}


def connect(tenant: TenantAccount, source: CredentialSource, **more: Any) -> str:
    return create(tenant, "Salesforce", tenant.properties, source, **more)


@pytest.mark.parametrize("with_pkce", [False, pytest.param(True, marks=NEEDS_VERIFIER)])
def test_appflow_redeems_the_code_with_the_app_in_the_secret_that_the_operator_makes(
    with_pkce: bool, tenant: TenantAccount
) -> None:
    app = make_app(tenant)
    code = tenant.org.issue_authorization_code(
        app["clientId"], app["username"], CALLBACK, CHALLENGE if with_pkce else None
    )
    stored = {**app, "code": code, "redirect_uri": CALLBACK} | ({"code_verifier": VERIFIER} if with_pkce else {})
    source = AuthorizationCode(secret_id=tenant.make_secret(stored))
    profile = connect(tenant, source, client_credentials_secret=fresh("app"))
    credentials = kept(tenant, profile)
    assert set(credentials) == {"accessToken", "refreshToken", "clientCredentialsArn"}
    assert asked(tenant, profile, "Account")


def test_appflow_renews_the_tokens_that_it_was_given(tenant: TenantAccount) -> None:
    app = make_app(tenant)
    app["refreshToken"] = tenant.org.issue_refresh_token(app["clientId"], app["username"])
    source = OAuth2Credentials(secret_id=tenant.make_secret(app), redeemer="appflow")
    profile = connect(tenant, source, client_credentials_secret=fresh("app"))
    tenant.org.expire_tokens()
    assert asked(tenant, profile, "Account")


def test_a_spent_code_is_told_as_a_consent_that_is_needed(tenant: TenantAccount) -> None:
    app = make_app(tenant)
    code = tenant.org.issue_authorization_code(app["clientId"], app["username"], CALLBACK)
    secret_id = tenant.make_secret({**app, "code": code, "redirect_uri": CALLBACK})
    profile = connect(tenant, AuthorizationCode(secret_id=secret_id), client_credentials_secret=fresh("app"))
    arn = kept(tenant, profile)["clientCredentialsArn"]
    source = AuthorizationCode(secret_id=secret_id, client_credentials_arn=arn)
    given: dict[str, Any] = {"connector_profile_name": profile, "credentials": source, **tenant.aws}
    update = AppFlowUpdateConnectorProfileOperator(task_id="update", on_consent_required="report", **given)
    assert run_task(update)["action"] == "unchanged"
    tenant.org.sessions.revoke(kept(tenant, profile)["refreshToken"])
    tenant.org.expire_tokens()
    told = run_task(update)
    assert told["action"] == "consent_required"
    assert "send the user through the authorization again" in told["message"]
    assert code not in told["message"]


@pytest.mark.parametrize(("is_new", "calls"), [(False, 0), (True, 1)])
def test_a_refresh_token_that_appflow_redeems_is_not_handed_over_again(
    is_new: bool, calls: int, tenant: TenantAccount, recording: Recording
) -> None:
    app = make_app(tenant)
    app["refreshToken"] = tenant.org.issue_refresh_token(app["clientId"], app["username"])
    secret_id = tenant.make_secret(app)
    handed_over = OAuth2Credentials(secret_id=secret_id, redeemer="appflow")
    profile = connect(tenant, handed_over, client_credentials_secret=fresh("app"))
    arn = kept(tenant, profile)["clientCredentialsArn"]
    source = OAuth2Credentials(secret_id=secret_id, redeemer="appflow", client_credentials_arn=arn)
    if is_new:
        age(tenant, profile, 60)
    given: dict[str, Any] = {"connector_profile_name": profile, "credentials": source, **tenant.aws}
    run_task(AppFlowUpdateConnectorProfileOperator(task_id="update", **given))
    assert len(recording.appflow("UpdateConnectorProfile")) == calls


def test_appflow_redeems_an_assertion(tenant: TenantAccount, key: rsa.RSAPrivateKey) -> None:
    app = make_app(tenant, certificate=public_pem(key))
    source = JwtBearer(secret_id=tenant.make_secret({**app, "privateKey": private_pem(key)}))
    profile = connect(tenant, source)
    assert kept(tenant, profile)["oAuth2GrantType"] == "JWT_BEARER"
    assert asked(tenant, profile, "Account")


@pytest.mark.parametrize(
    ("properties", "arguments", "audience"),
    [
        ({}, {}, "https://login.salesforce.com"),
        ({"isSandboxEnvironment": True}, {}, "https://test.salesforce.com"),
        ({"instanceUrl": "https://a--uat.sandbox.my.salesforce.com"}, {}, "https://test.salesforce.com"),
        ({"isSandboxEnvironment": True}, {"audience": "https://login.salesforce.com"}, "https://login.salesforce.com"),
    ],
)
def test_the_assertion_is_for_the_profiles_own_login_host(
    properties: dict[str, Any],
    arguments: dict[str, Any],
    audience: str,
    tenant: TenantAccount,
    key: rsa.RSAPrivateKey,
) -> None:
    secret_id = tenant.make_secret({"clientId": "app", "username": "user", "privateKey": private_pem(key)})
    fetched = JwtBearer(secret_id=secret_id, **arguments).fetch(AppFlowHook(**tenant.aws), {"Salesforce": properties})
    claims = jwt.decode(fetched["Salesforce"]["jwtToken"], options={"verify_signature": False})
    assert (claims["iss"], claims["sub"], claims["aud"]) == ("app", "user", audience)


def test_what_an_assertion_lacks_is_named(tenant: TenantAccount) -> None:
    source = JwtBearer(secret_id=tenant.make_secret({"clientId": "app"}))
    with pytest.raises(TenantConfigurationError, match="lacks username, private_key for an assertion"):
        source.fetch(AppFlowHook(**tenant.aws), tenant.properties)


def test_a_user_name_that_no_jwt_of_appflows_can_hold_is_refused_before_the_call(
    tenant: TenantAccount, key: rsa.RSAPrivateKey
) -> None:
    stored = {"clientId": "app", "username": "~~~~~~>>>>>>", "privateKey": private_pem(key)}
    with pytest.raises(TenantConfigurationError, match=r"Salesforce\.jwtToken must be like"):
        JwtBearer(secret_id=tenant.make_secret(stored)).fetch(AppFlowHook(**tenant.aws), tenant.properties)
