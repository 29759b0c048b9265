"""How AppFlow renews a Salesforce access token: with the refresh token and the connected app's clientCredentialsArn.

Facts: AppFlow user guide, "Salesforce": the secret behind clientCredentialsArn holds clientId and clientSecret, and its
resource policy must let AppFlow read it.
"""

from __future__ import annotations

import json
from typing import Any

import requests
from moto.secretsmanager.models import secretsmanager_backends

from airflow_provider_appflow_isv.local.policies import Principal, is_allowed

from .salesforce import TIMEOUT, SalesforceAuthenticationError, SalesforceUnreachableError, loopback_url

_APPFLOW = Principal(service="appflow.amazonaws.com")
_UNREADABLE = (  # worded as AppFlow words it
    "Please validate the ClientCredentialsArn provided and please make sure Appflow has required permissions to access "
    "the credentials"
)


def can_renew(credentials: dict[str, Any]) -> bool:
    """Say whether a Salesforce profile's credentials are enough to renew its access token."""
    return "refreshToken" in credentials and "clientCredentialsArn" in credentials


def renewed(instance_url: str, credentials: dict[str, Any], account_id: str) -> dict[str, Any]:
    """Redeem the refresh token.

    :param instance_url: the org, which serves the token endpoint as well.
    :param credentials: a Salesforce profile's credentials, for which ``can_renew`` holds.
    :param account_id: the profile's account.
    :return: the credentials with a new access token, and the new refresh token if the org rotates them.
    :raises SalesforceAuthenticationError: if the org refuses or AppFlow may not read the connected app's secret.
    :raises SalesforceUnreachableError: if there is no answer.
    """
    app = _connected_app(credentials["clientCredentialsArn"], account_id)
    form = {"grant_type": "refresh_token", "refresh_token": credentials["refreshToken"], **app}
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
            raise SalesforceUnreachableError(f"No answer from {url}: {type(error).__name__}.") from None
    if not isinstance(body, dict):
        body = {}
    if response.status_code == 200 and isinstance(body.get("access_token"), str):
        return body
    raise SalesforceAuthenticationError(
        f"Request failed with Salesforce Status Code {response.status_code}: authentication failed, "
        f"{body.get('error')}: {body.get('error_description')}"
    )


def _connected_app(secret_arn: str, account_id: str) -> dict[str, str]:
    """The secret's client id and secret, read as AppFlow, under the secret's own policy."""
    _, _, _, region, owner, *_ = secret_arn.split(":")
    backend: Any = secretsmanager_backends[owner][region]
    if secret_arn not in backend.secrets:
        raise SalesforceAuthenticationError(_UNREADABLE)
    policy = json.loads(backend.secrets[secret_arn].policy or "{}")
    if not is_allowed(
        policy,
        principal=_APPFLOW,
        action="secretsmanager:GetSecretValue",
        resource=secret_arn,
        context={"aws:SourceAccount": account_id},
    ):
        raise SalesforceAuthenticationError(_UNREADABLE)
    try:
        secret = json.loads(backend.get_secret_value(secret_arn, None, None)["SecretString"])
        return {"client_id": secret["clientId"], "client_secret": secret["clientSecret"]}
    except (ValueError, KeyError, TypeError):
        raise SalesforceAuthenticationError(
            "The secret of the ClientCredentialsArn must be JSON with clientId and clientSecret."
        ) from None
