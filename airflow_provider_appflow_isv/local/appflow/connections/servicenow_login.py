"""How AppFlow logs in to ServiceNow: with user name and password, or by OAuth with tokens or an authorization code.

Facts: AppFlow API reference, ServiceNowConnectorProfileCredentials and OAuth2Credentials; ServiceNow documentation,
"OAuth API request parameters". Inferred: where there are both, OAuth counts; which member is missing is said in the
words that are known of Salesforce.
"""

from __future__ import annotations

from base64 import b64encode

from airflow_provider_appflow_isv.local.appflow.exceptions import ValidationException

from .base import Credentials, loopback_url
from .http import code_grant, redeem, tokens_of

_OAUTH = "oAuth2Credentials"


def check_credentials(credentials: Credentials) -> None:
    """Check that a ServiceNow profile's OAuth credentials are a way in.

    :param credentials: the credentials; that there are some is checked already.
    :raises ValidationException: naming what is missing.
    """
    oauth = credentials.get(_OAUTH)
    if oauth is None or oauth.get("accessToken"):
        return
    if not (_has_code(oauth) or oauth.get("refreshToken")):
        raise ValidationException("Validation exception: AuthCode cannot be blank for connector: SERVICENOW")
    if not _has_client(oauth):
        raise ValidationException(
            "Validation exception: ClientId and ClientSecret cannot be blank for connector: SERVICENOW"
        )


class ServiceNowLogin:
    """How an instance lets a connector profile in.

    :param instance_url: the instance, which serves the token endpoint as well.
    """

    def __init__(self, instance_url: str) -> None:
        self._instance_url = instance_url

    def authorization(self, credentials: Credentials) -> str | None:
        """Return the header with user name and password, or with the access token; None if there is none yet."""
        oauth = credentials.get(_OAUTH)
        if oauth is None:
            pair = f"{credentials['username']}:{credentials['password']}"
            return f"Basic {b64encode(pair.encode()).decode()}"
        token = oauth.get("accessToken")
        return f"Bearer {token}" if token else None

    def log_in(self, credentials: Credentials) -> Credentials:
        """Get the first access token.

        :param credentials: OAuth credentials, checked.
        :return: the credentials to keep: with an access token, without the code, which can be redeemed only once.
        :raises VendorAuthenticationError: if the instance refuses.
        :raises VendorError: if there is no answer, or the instance is in trouble.
        """
        oauth = credentials[_OAUTH]
        if not _has_code(oauth):
            return self.renewed(credentials)
        kept = {name: value for name, value in oauth.items() if name != "oAuthRequest"}
        return self._redeemed(credentials | {_OAUTH: kept}, code_grant(oauth["oAuthRequest"]))

    def can_renew(self, credentials: Credentials) -> bool:
        """Say whether the credentials are enough to get an access token without a person."""
        oauth = credentials.get(_OAUTH, {})
        return bool(oauth.get("refreshToken")) and _has_client(oauth)

    def renewed(self, credentials: Credentials) -> Credentials:
        """Redeem the refresh token.

        :param credentials: OAuth credentials, for which ``can_renew`` holds.
        :return: the credentials with a new access token.
        :raises VendorAuthenticationError: if the instance refuses.
        :raises VendorError: if there is no answer, or the instance is in trouble.
        """
        grant = {"grant_type": "refresh_token", "refresh_token": credentials[_OAUTH]["refreshToken"]}
        return self._redeemed(credentials, grant)

    def _redeemed(self, credentials: Credentials, grant: dict[str, str]) -> Credentials:
        oauth = credentials[_OAUTH]
        client = {"client_id": oauth["clientId"], "client_secret": oauth["clientSecret"]}
        answer = redeem("ServiceNow", f"{loopback_url(self._instance_url)}/oauth_token.do", grant | client)
        return credentials | {_OAUTH: oauth | tokens_of(answer)}


def _has_code(oauth: Credentials) -> bool:
    return bool(oauth.get("oAuthRequest", {}).get("authCode"))


def _has_client(oauth: Credentials) -> bool:
    return bool(oauth.get("clientId") and oauth.get("clientSecret"))
