"""How AppFlow logs in to Salesforce: with a token, a JWT or an authorization code, and how it renews the token.

Facts: AppFlow API reference, SalesforceConnectorProfileCredentials; AppFlow user guide, "Salesforce": the secret behind
clientCredentialsArn holds clientId and clientSecret, and its resource policy must let AppFlow read it.
"""

from __future__ import annotations

import json
from typing import Any

import requests
from moto.secretsmanager.models import secretsmanager_backends

from airflow_provider_appflow_isv.local.appflow.exceptions import ValidationException
from airflow_provider_appflow_isv.local.policies import Principal, is_allowed

from .base import TIMEOUT, Credentials, VendorAuthenticationError, VendorUnreachableError, loopback_url

_APPFLOW = Principal(service="appflow.amazonaws.com")
_JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_UNREADABLE = (  # worded as AppFlow words it
    "Please validate the ClientCredentialsArn provided and please make sure Appflow has required permissions to access "
    "the credentials"
)


def check_credentials(credentials: Credentials) -> None:
    """Check that a Salesforce profile's credentials are a way in.

    :raises ValidationException: if they are none, in AppFlow's own words, which speak of another way in.
    """
    code = credentials.get("oAuthRequest", {}).get("authCode")
    if credentials.get("oAuth2GrantType") == "CLIENT_CREDENTIALS" or not (
        credentials.get("accessToken") or credentials.get("jwtToken") or code
    ):
        raise ValidationException("Validation exception: AuthCode cannot be blank for connector: SALESFORCE")
    if code and not credentials.get("accessToken") and "clientCredentialsArn" not in credentials:
        raise ValidationException(
            "Validation exception: ClientCredentialsArn cannot be blank for connector: SALESFORCE. "
            "Only the console can redeem a code of AppFlow's own connected app."
        )


def can_renew(credentials: Credentials) -> bool:
    """Say whether a Salesforce profile's credentials are enough to get an access token without a person."""
    return "jwtToken" in credentials or ("refreshToken" in credentials and "clientCredentialsArn" in credentials)


def log_in(instance_url: str, credentials: Credentials, account_id: str) -> Credentials:
    """Get the first access token.

    :param instance_url: the org, which serves the token endpoint as well.
    :param credentials: a Salesforce profile's credentials, checked.
    :param account_id: the profile's account.
    :return: the credentials to keep: with an access token, without the code, which can be redeemed only once.
    :raises VendorAuthenticationError: if the org refuses or AppFlow may not read the connected app's secret.
    :raises VendorUnreachableError: if there is no answer.
    """
    request = credentials.get("oAuthRequest", {})
    if "authCode" not in request:
        return renewed(instance_url, credentials, account_id)
    form = {"grant_type": "authorization_code", "code": request["authCode"]}
    for parameter, member in (("redirect_uri", "redirectUri"), ("code_verifier", "codeVerifier")):
        if member in request:
            form[parameter] = request[member]
    kept = {name: value for name, value in credentials.items() if name != "oAuthRequest"}
    return _redeemed(instance_url, kept, form | _connected_app(credentials["clientCredentialsArn"], account_id))


def renewed(instance_url: str, credentials: Credentials, account_id: str) -> Credentials:
    """Redeem the refresh token, or the JWT once more.

    :param instance_url: the org, which serves the token endpoint as well.
    :param credentials: a Salesforce profile's credentials, for which ``can_renew`` holds.
    :param account_id: the profile's account.
    :return: the credentials with a new access token, and the new refresh token if the org rotates them.
    :raises VendorAuthenticationError: if the org refuses or AppFlow may not read the connected app's secret.
    :raises VendorUnreachableError: if there is no answer.
    """
    if "jwtToken" in credentials:
        form = {"grant_type": _JWT_GRANT, "assertion": credentials["jwtToken"]}
    else:
        app = _connected_app(credentials["clientCredentialsArn"], account_id)
        form = {"grant_type": "refresh_token", "refresh_token": credentials["refreshToken"], **app}
    return _redeemed(instance_url, credentials, form)


def _redeemed(instance_url: str, credentials: Credentials, form: dict[str, str]) -> Credentials:
    answer = _token_answer(f"{loopback_url(instance_url)}/services/oauth2/token", form)
    kept = {**credentials, "accessToken": answer["access_token"]}
    if "refresh_token" in answer:
        kept["refreshToken"] = answer["refresh_token"]
    return kept


def _token_answer(url: str, form: dict[str, str]) -> dict[str, str]:
    with requests.Session() as session:
        session.trust_env = False
        try:
            response = session.post(url, data=form, timeout=TIMEOUT, allow_redirects=False)
            body = response.json()
        except requests.RequestException as error:
            raise VendorUnreachableError(f"No answer from {url}: {type(error).__name__}.") from None
    if not isinstance(body, dict):
        body = {}
    if response.status_code == 200 and isinstance(body.get("access_token"), str):
        return body
    raise VendorAuthenticationError(
        f"Request failed with Salesforce Status Code {response.status_code}: authentication failed, "
        f"{body.get('error')}: {body.get('error_description')}"
    )


def _connected_app(secret_arn: str, account_id: str) -> dict[str, str]:
    """The secret's client id and secret, read as AppFlow, under the secret's own policy."""
    _, _, _, region, owner, *_ = secret_arn.split(":")
    backend: Any = secretsmanager_backends[owner][region]
    if secret_arn not in backend.secrets:
        raise VendorAuthenticationError(_UNREADABLE)
    policy = json.loads(backend.secrets[secret_arn].policy or "{}")
    if not is_allowed(
        policy,
        principal=_APPFLOW,
        action="secretsmanager:GetSecretValue",
        resource=secret_arn,
        context={"aws:SourceAccount": account_id},
    ):
        raise VendorAuthenticationError(_UNREADABLE)
    try:
        secret = json.loads(backend.get_secret_value(secret_arn, None, None)["SecretString"])
        return {"client_id": secret["clientId"], "client_secret": secret["clientSecret"]}
    except (ValueError, KeyError, TypeError):
        raise VendorAuthenticationError(
            "The secret of the ClientCredentialsArn must be JSON with clientId and clientSecret."
        ) from None
