"""A tenant's Salesforce org, and the credentials by which a loader gets tokens: another grant for each tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from airflow_provider_appflow_isv.local.salesforce import THIRTY_DAYS

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_appflow_isv.local.salesforce import Org
    from airflow_provider_appflow_isv.local.seed.made import Grant


def make_login(org: Org, grant: Grant) -> dict[str, str]:
    """Let a user of the ISV's into an org.

    :param org: the org.
    :param grant: how the user gets tokens.
    :return: the credentials, by the names that they have in a secret.
    """
    user = org.add_user(f"isv-loader@{org.name}.example")
    return _MAKERS[grant](org, user.username)


def copy_of(org: Org, login: dict[str, str]) -> dict[str, str]:
    """Return credentials for a second secret: a refresh token has one redeemer, so that a copy has one of its own.

    :param org: the org.
    :param login: of :func:`make_login`.
    """
    if "refreshToken" not in login:
        return login
    (username,) = org.users
    return {**login, "refreshToken": org.issue_refresh_token(login["clientId"], username)}


def _password_credentials(org: Org, username: str) -> dict[str, str]:
    user, app = org.users[username], org.add_connected_app()
    return {
        "clientId": app.client_id,
        "clientSecret": app.client_secret,
        "SFLoginEmail": username,
        "SFPassword+SeurityToken": user.password + user.security_token,  # spelt as the AWS blog spells it
    }


def _client_credentials(org: Org, username: str) -> dict[str, str]:
    app = org.add_connected_app(run_as=username)
    return {"clientId": app.client_id, "clientSecret": app.client_secret}


def _jwt_bearer_credentials(org: Org, username: str) -> dict[str, str]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public_key = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    app = org.add_connected_app(certificate=public_key.decode(), permitted_users="admin_approved", approved=(username,))
    private_key = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return {"clientId": app.client_id, "username": username, "privateKey": private_key.decode()}


def _refresh_token_credentials(org: Org, username: str) -> dict[str, str]:
    app = org.add_connected_app(rotate_refresh_tokens=True)
    # with rotation, what Salesforce asks of apps that several customers use
    app.refresh_token_idle_limit, app.require_pkce = THIRTY_DAYS, True
    return {
        "clientId": app.client_id,
        "clientSecret": app.client_secret,
        "refreshToken": org.issue_refresh_token(app.client_id, username),
    }


_MAKERS: dict[Grant, Callable[[Org, str], dict[str, str]]] = {
    "password": _password_credentials,
    "client_credentials": _client_credentials,
    "jwt_bearer": _jwt_bearer_credentials,
    "refresh_token": _refresh_token_credentials,
}
