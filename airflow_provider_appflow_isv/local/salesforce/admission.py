"""Whom an org lets in: what is checked of an app, its secret, a user and an address before there is a token."""

from __future__ import annotations

import hmac
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from airflow_provider_appflow_isv.local.salesforce.errors import OAuthError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_provider_appflow_isv.local.salesforce.org import Org
    from airflow_provider_appflow_isv.local.salesforce.principals import ConnectedApp, GrantType, User


def same_secret(left: str, right: str) -> bool:
    """Compare two secrets in a time that tells nothing about them.

    :param left: one.
    :param right: the other.
    """
    return hmac.compare_digest(left.encode(), right.encode())


def check_secret(app: ConnectedApp, client_secret: str) -> None:
    """Check an app's secret.

    :param app: the app.
    :param client_secret: what was sent.
    :raises OAuthError: ``invalid_client`` if it is another.
    """
    if not same_secret(app.client_secret, client_secret):
        raise OAuthError("invalid_client")


def check_app(org: Org, app: ConnectedApp, flow: GrantType) -> None:
    """Check whether an org lets an app ask for tokens.

    :param org: the org.
    :param app: the app.
    :param flow: how it asks.
    :raises OAuthError: ``inactive_org``, ``app_blocked`` or ``oauth_flow_disabled``.
    """
    if not org.active:
        raise OAuthError("inactive_org")
    if app.blocked:
        raise OAuthError("app_blocked")
    if flow in app.disabled_flows:
        raise OAuthError("oauth_flow_disabled")


def check_installed(app: ConnectedApp, username: str) -> None:
    """Check whether a user may use an app that may not be installed.

    :param app: the app.
    :param username: the user.
    :raises OAuthError: ``app_not_found`` if it isn't and the user had not approved it before.
    """
    if not app.installed and username not in app.approved:
        raise OAuthError("app_not_found")


def check_user(app: ConnectedApp, user: User, address: str, *, enforce_ips: bool | None = None) -> None:
    """Check whether a user may use an app from where they ask.

    :param app: the app.
    :param user: the user.
    :param address: the caller's IP address.
    :param enforce_ips: whether the user's login IP ranges hold; default None, as the app has it.
    :raises OAuthError: ``inactive_user``, ``app_not_found``, ``invalid_app_access``, or ``invalid_grant`` for the
        address.
    """
    if not user.active:
        raise OAuthError("inactive_user")
    check_installed(app, user.username)
    if app.permitted_users == "admin_approved" and user.username not in app.approved:
        raise OAuthError("invalid_app_access")
    if app.enforce_login_ips if enforce_ips is None else enforce_ips:
        check_address(user.login_ip_ranges, address)


def check_address(ranges: Iterable[str], address: str) -> None:
    """Check the caller's address.

    :param ranges: the networks that are let in; none: all are.
    :param address: the address.
    :raises OAuthError: ``invalid_grant`` if it is in none of them.
    """
    networks = [ip_network(each) for each in ranges]
    if networks and not any(ip_address(address) in network for network in networks):
        raise OAuthError("invalid_grant", "ip restricted")


def granted_scope(app: ConnectedApp, asked: str | None, *, lasting: bool) -> str:
    """Return what a token may do.

    :param app: the app, which has the most that its tokens may do.
    :param asked: the request's ``scope``, if any: less than that.
    :param lasting: whether a refresh token stands behind it, without which the scope for one isn't granted either.
    :return: the scopes, blank separated.
    :raises OAuthError: ``invalid_scope`` if more was asked; ``invalid_grant`` if the app has none.
    """
    allowed = app.scope.split()
    if not allowed:
        raise OAuthError("invalid_grant", "no valid scopes defined")
    wanted = (asked or "").split() or allowed
    if not set(wanted) <= set(allowed):
        raise OAuthError("invalid_scope")
    return " ".join(scope for scope in wanted if lasting or scope != "refresh_token")
