"""How AppFlow logs in to Salesforce: with a token, a JWT or an authorization code, and how it renews the token.

Facts: AppFlow API reference, SalesforceConnectorProfileCredentials; AppFlow user guide, "Salesforce": the secret behind
clientCredentialsArn holds clientId and clientSecret, and its resource policy must let AppFlow read it.
"""

from __future__ import annotations

from airflow_provider_appflow_isv.local.appflow.exceptions import ValidationException
from airflow_provider_appflow_isv.local.service_secrets import SecretUnreadableError, read_as_appflow

from .base import Credentials, VendorAuthenticationError, loopback_url
from .http import code_grant, redeem, tokens_of

_JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_UNREADABLE = (  # worded as AppFlow words it
    "Please validate the ClientCredentialsArn provided and please make sure Appflow has required permissions to access "
    "the credentials"
)


def check_credentials(credentials: Credentials, connector: str = "SALESFORCE") -> None:
    """Check that a Salesforce profile's credentials are a way in.

    :param credentials: the credentials.
    :param connector: the connector's name in messages; default SALESFORCE.
    :raises ValidationException: if they are none, in AppFlow's own words, which speak of another way in.
    """
    code = credentials.get("oAuthRequest", {}).get("authCode")
    if credentials.get("oAuth2GrantType") == "CLIENT_CREDENTIALS" or not (
        credentials.get("accessToken") or credentials.get("jwtToken") or code
    ):
        raise ValidationException(f"Validation exception: AuthCode cannot be blank for connector: {connector}")
    if code and not credentials.get("accessToken") and "clientCredentialsArn" not in credentials:
        raise ValidationException(
            f"Validation exception: ClientCredentialsArn cannot be blank for connector: {connector}. "
            "Only the console can redeem a code of AppFlow's own connected app."
        )


class SalesforceLogin:
    """How an org lets a connector profile in.

    :param instance_url: the org, which serves the token endpoint as well.
    :param account_id: the profile's account.
    """

    def __init__(self, instance_url: str, account_id: str) -> None:
        self._instance_url = instance_url
        self._account_id = account_id

    def authorization(self, credentials: Credentials) -> str | None:
        """Return the header with the access token; None if there is none yet."""
        token = credentials.get("accessToken")
        return f"Bearer {token}" if token else None

    def log_in(self, credentials: Credentials) -> Credentials:
        """Get the first access token.

        :param credentials: a Salesforce profile's credentials, checked.
        :return: the credentials to keep: with an access token, without the code, which can be redeemed only once.
        :raises VendorAuthenticationError: if the org refuses or AppFlow may not read the connected app's secret.
        :raises VendorError: if there is no answer, or the org is in trouble.
        """
        request = credentials.get("oAuthRequest", {})
        if "authCode" not in request:
            return self.renewed(credentials)
        kept = {name: value for name, value in credentials.items() if name != "oAuthRequest"}
        app = connected_app(credentials["clientCredentialsArn"], self._account_id)
        return self._redeemed(kept, code_grant(request) | app)

    def can_renew(self, credentials: Credentials) -> bool:
        """Say whether the credentials are enough to get an access token without a person."""
        return "jwtToken" in credentials or ("refreshToken" in credentials and "clientCredentialsArn" in credentials)

    def renewed(self, credentials: Credentials) -> Credentials:
        """Redeem the refresh token, or the JWT once more.

        :param credentials: a Salesforce profile's credentials, for which ``can_renew`` holds.
        :return: the credentials with a new access token, and the new refresh token if the org rotates them.
        :raises VendorAuthenticationError: if the org refuses or AppFlow may not read the connected app's secret.
        :raises VendorError: if there is no answer, or the org is in trouble.
        """
        if "jwtToken" in credentials:
            form = {"grant_type": _JWT_GRANT, "assertion": credentials["jwtToken"]}
        else:
            app = connected_app(credentials["clientCredentialsArn"], self._account_id)
            form = {"grant_type": "refresh_token", "refresh_token": credentials["refreshToken"], **app}
        return self._redeemed(credentials, form)

    def _redeemed(self, credentials: Credentials, form: dict[str, str]) -> Credentials:
        answer = redeem("Salesforce", f"{loopback_url(self._instance_url)}/services/oauth2/token", form)
        return credentials | tokens_of(answer)


def connected_app(secret_arn: str, account_id: str) -> dict[str, str]:
    """Read the connected app's client id and secret as AppFlow does.

    :param secret_arn: the profile's clientCredentialsArn.
    :param account_id: the profile's account.
    :return: both, as parameters of a token request.
    :raises VendorAuthenticationError: if AppFlow may not read the secret, or they are not in it.
    """
    try:
        secret = read_as_appflow(secret_arn, account_id)
    except SecretUnreadableError as error:
        raise VendorAuthenticationError(f"{_UNREADABLE}: {error}") from None
    try:
        return {"client_id": secret["clientId"], "client_secret": secret["clientSecret"]}
    except KeyError:
        raise VendorAuthenticationError(
            "The secret of the ClientCredentialsArn must be JSON with clientId and clientSecret."
        ) from None
