"""An access token for a Salesforce org."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv._compat import BaseHook, mask_secret
from airflow_provider_appflow_isv.exceptions import (
    AppFlowIsvError,
    OAuthConsentRequired,
    TenantConfigurationError,
)
from airflow_provider_appflow_isv.hooks.salesforce_consent import connect, keep
from airflow_provider_appflow_isv.hooks.salesforce_endpoints import SalesforceEndpoints
from airflow_provider_appflow_isv.hooks.salesforce_login import SalesforceLogin
from airflow_provider_appflow_isv.hooks.salesforce_token import SalesforceToken
from airflow_provider_appflow_isv.oauth.grants import GRANTS
from airflow_provider_appflow_isv.oauth.hosts import host_names, loopback_places
from airflow_provider_appflow_isv.stores.codes import redeem_code
from airflow_provider_appflow_isv.stores.connection import ConnectionStore
from airflow_provider_appflow_isv.stores.redemption import Redeemer
from airflow_provider_appflow_isv.stores.secret import SecretStore

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.hooks.tenant import TenantHook
    from airflow_provider_appflow_isv.stores.base import Stored

__all__ = ["SalesforceToken", "SalesforceTokenHook"]

_ENDING_GRANT = (
    "The OAuth password grant is off by default in orgs made since Summer '23 and ends with Winter '27; move to "
    "jwt_bearer or client_credentials."
)


class SalesforceTokenHook(BaseHook):
    """Mints access tokens by the password, client-credentials, JWT-bearer, refresh-token or authorization-code grant.

    The login comes from an Airflow connection laid out like type ``salesforce`` or from a secret in AWS Secrets
    Manager; :data:`~airflow_provider_appflow_isv.stores.members.NAMES` has the names of its members. A refresh token
    that rotates must stand in a secret, where the next one is written before the access token is used.

    :param salesforce_conn_id: the Airflow connection; default ``salesforce_default`` unless ``secret_id`` is given.
    :param secret_id: name or ARN of the secret.
    :param aws_hook: reads and writes the secret, in the account that it acts in.
    :param grant: ``password``, ``client_credentials``, ``jwt_bearer``, ``refresh_token`` or ``authorization_code``;
        default is what connection or secret say, else the only grant that their members allow. With either of the
        last two a code in the secret is redeemed once, and from then on the refresh token that it gave.
    :param login_url: host to ask for tokens; default is what connection or secret say (``login_url`` or ``domain``),
        else ``instance_url`` if it is a My Domain, else ``https://login.salesforce.com``, or that of sandboxes.
    :param instance_url: base URL of the org that the token must be for; a connection or secret for another org, and an
        answer of another, are refused. Default is what connection or secret say.
    :param organization_id: id of that org, of 15 or 18 characters; an answer of another is refused. Default is what
        connection or secret say.
    :param sandbox: whether the org is known to be a sandbox; default False: unless its My Domain says so.
    :param allowed_hosts: hosts that credentials may be sent to besides Salesforce's own; loopback must be named with
        its port, unless ``login_url`` or ``instance_url`` name it here.
    :param retries: how often a request is repeated that did not reach Salesforce or, for grants that may be replayed,
        met its own trouble; default 2.
    :param clock: seconds since the epoch; default :func:`time.time`.
    :raises TenantConfigurationError: both or neither of connection and secret, or an unknown grant.
    """

    conn_name_attr = "salesforce_conn_id"
    default_conn_name = "salesforce_default"
    hook_name = "Salesforce token"

    def __init__(
        self,
        salesforce_conn_id: str | None = None,
        *,
        secret_id: str | None = None,
        aws_hook: TenantHook | None = None,
        grant: str | None = None,
        login_url: str | None = None,
        instance_url: str | None = None,
        organization_id: str | None = None,
        sandbox: bool = False,
        allowed_hosts: Iterable[str] = (),
        retries: int = 2,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__()
        if secret_id and salesforce_conn_id:
            raise TenantConfigurationError("Give salesforce_conn_id or secret_id, not both.")
        if secret_id and aws_hook is None:
            raise TenantConfigurationError("secret_id needs aws_hook, which reads the secret.")
        if grant and grant not in GRANTS:
            raise TenantConfigurationError(f"grant {grant!r} is not known.", hint=f"Possible are {', '.join(GRANTS)}.")
        if "" in (salesforce_conn_id, secret_id):
            raise TenantConfigurationError("salesforce_conn_id or secret_id is empty.", hint="Name the one to use.")
        if salesforce_conn_id is None and secret_id is None:
            salesforce_conn_id = self.default_conn_name
        self.salesforce_conn_id = salesforce_conn_id
        self.secret_id = secret_id
        self.aws_hook = aws_hook
        self.grant = grant
        self.login_url = login_url
        self.instance_url = instance_url
        self.organization_id = organization_id
        self.sandbox = sandbox
        self.allowed_hosts = (*host_names(allowed_hosts), *loopback_places(login_url, instance_url))
        self.clock = clock
        self._endpoints = SalesforceEndpoints(self.allowed_hosts, retries, clock)

    def get_conn(self) -> SalesforceToken:
        """Same as :meth:`get_token`."""
        return self.get_token()

    def get_token(self, min_validity: float | None = None) -> SalesforceToken:
        """An access token of the org, masked in logs from here on.

        :param min_validity: seconds for which a token that the secret holds must still be good to be returned instead
            of a new one; default None: always a new one. Only tokens that a refresh token gave are held anywhere.
        :raises TenantConfigurationError: connection or secret are missing, incomplete or name a host not allowed.
        :raises OAuthTokenError: Salesforce refused, was not reachable, or answered for another org.
        :raises AppFlowRequestError: AWS refused to read or write the secret.
        """
        store = self._store()
        stored = store.read()
        login = self._login(stored)
        if login.grant == "authorization_code":
            token = self._redeem_stored_code(login, min_validity)
        elif login.grant == "refresh_token":
            token = self._refresh(store, login, min_validity)
        else:
            if login.grant == "password":
                self.log.warning(_ENDING_GRANT)
            token = self._endpoints.checked(self._endpoints.ask(login), login)
        self.log.info(
            "Got an access token for org %s (%s) by the %s grant",
            token.organization_id,
            token.instance_url,
            login.grant,
        )
        return token

    def exchange_code(self, code: str, redirect_uri: str, code_verifier: str | None = None) -> SalesforceToken:
        """Redeem the authorization code that a user's consent gave, and store the refresh token in the secret.

        An answer of another org than the login's is not stored but revoked. Afterwards the grant that the secret held
        before is revoked: an org keeps but few per user and app.

        :param code: the code, good once and for 15 minutes.
        :param redirect_uri: the redirect URI that it was asked for with, character for character.
        :param code_verifier: the PKCE verifier whose challenge it was asked for with; default None: without PKCE.
        :return: the access token that came with it.
        :raises TenantConfigurationError: there is no secret to store it in, or the secret lacks client_id.
        :raises OAuthTokenError: Salesforce refused, was not reachable, answered for another org, or gave no refresh
            token.
        :raises AppFlowRequestError: AWS refused to read or write the secret.
        """
        given = {"code": code, "redirect_uri": redirect_uri, "code_verifier": code_verifier or ""}
        for name in ("code", "code_verifier"):
            if given[name]:
                mask_secret(given[name])
        stored = self._secret_store().read()
        members = {**stored.members, **given}
        login = self._login(replace(stored, members=members), grant="authorization_code")
        return connect(self._endpoints, self._redeemer([]), login)

    def introspect(self, token: str, token_type_hint: str | None = None) -> dict[str, Any]:
        """What the org says of a token: ``active`` and, if it is, ``scope``, ``username``, ``exp`` and others.

        Tokens of the password grant can't be asked about (help.salesforce.com,
        remoteaccess_oidc_token_introspection_endpoint).

        :param token: access or refresh token.
        :param token_type_hint: ``access_token`` or ``refresh_token``; default None, the org finds out.
        :raises TenantConfigurationError: connection or secret are missing, incomplete or name a host not allowed.
        :raises OAuthTokenError: Salesforce refused or was not reachable.
        """
        mask_secret(token)
        return self._endpoints.introspect(self._login(self._store().read()), token, token_type_hint)

    def revoke(self, token: str) -> bool:
        """Revoke a token, with a refresh token all access tokens that came from it.

        :param token: access or refresh token.
        :return: False if the org did not know it, or not any more.
        :raises TenantConfigurationError: connection or secret are missing, incomplete or name a host not allowed.
        :raises OAuthTokenError: Salesforce refused or was not reachable.
        """
        mask_secret(token)
        return self._endpoints.revoke(self._login(self._store().read()), token)

    def test_connection(self) -> tuple[bool, str]:
        """Whether a token can be had, and for which org or why not."""
        try:
            token = self.get_token()
        except Exception as error:  # whatever went wrong is the answer
            return False, str(error)
        return True, f"Got an access token for org {token.organization_id} at {token.instance_url}"

    def _store(self) -> SecretStore | ConnectionStore:
        if self.secret_id:
            return self._secret_store()
        return ConnectionStore(str(self.salesforce_conn_id), self.get_connection)

    def _secret_store(self) -> SecretStore:
        if not self.secret_id or self.aws_hook is None:
            raise TenantConfigurationError(
                f"The refresh token of a consent can't be stored in connection {self.salesforce_conn_id}.",
                hint="Use a secret in AWS Secrets Manager: secret_id and aws_hook.",
            )
        return SecretStore(self.aws_hook, self.secret_id)

    def _login(self, stored: Stored, grant: str | None = None) -> SalesforceLogin:
        login = SalesforceLogin.from_stored(
            stored,
            grant=self.grant,
            step=grant,
            login_url=self.login_url,
            instance_url=self.instance_url,
            organization_id=self.organization_id,
            sandbox=self.sandbox,
        )
        for what, url in (("login_url", login.login_url), ("instance_url", login.instance_url)):
            if url:
                self._endpoints.check_host(url, what)
        return login

    def _refresh(
        self, store: SecretStore | ConnectionStore, login: SalesforceLogin, min_validity: float | None
    ) -> SalesforceToken:
        if store.writable:
            return self._redeem(login, min_validity)
        if login.members.get("refresh_token_rotation") != "false":
            raise TenantConfigurationError(
                f"The {store.source} can't keep the next refresh token, should the app rotate them.",
                hint="Use a secret in AWS Secrets Manager (secret_id), or, if the app does not rotate refresh tokens, "
                "set refresh_token_rotation to false in the connection's extra.",
            )
        answer = self._endpoints.ask(login)
        if answer.get("refresh_token", login.members["refresh_token"]) != login.members["refresh_token"]:
            raise OAuthConsentRequired(
                f"The app rotates refresh tokens, so that the one in {store.source} is spent, and the next one can't "
                "be stored there.",
                hint="A user has to consent again; put the new refresh token in a secret and use secret_id.",
            )
        return self._endpoints.checked(answer, login)

    def _redeem(self, login: SalesforceLogin, min_validity: float | None) -> SalesforceToken:
        """The access token that this worker or another gets by the secret's refresh token."""
        problems: list[AppFlowIsvError] = []
        ends: dict[str, float | None] = {}

        def enough(stored: Stored) -> bool:
            access_token = stored.members.get("access_token")
            if min_validity is None or not access_token:
                return False
            if access_token not in ends:
                ends[access_token] = self._endpoints.end_of(stored.members, login)
            return (ends[access_token] or 0.0) - self.clock() >= min_validity

        stored = self._redeemer(problems).redeem(enough=enough)
        if problems:
            raise problems[-1]
        token = self._endpoints.token(stored.members, login)
        return replace(token, expires_at=ends.get(token.access_token) or token.expires_at)

    def _redeem_stored_code(self, login: SalesforceLogin, min_validity: float | None) -> SalesforceToken:
        """What the secret's authorization code gives, or else its refresh token."""
        return redeem_code(
            self._secret_store(),
            login.members["code"],
            ask=lambda: self._endpoints.ask(login),
            keep=lambda answer: keep(self._endpoints, self._redeemer([]), login, answer),
            refresh=lambda stored: self._redeem(self._login(stored, grant="refresh_token"), min_validity),
        )

    def _redeemer(self, problems: list[AppFlowIsvError]) -> Redeemer:
        """Redeems the secret's refresh token; adds what is wrong with an answer that had to be stored all the same."""

        def send(stored: Stored) -> dict[str, Any]:
            login = self._login(stored, grant="refresh_token")
            answer = self._endpoints.ask(login)
            try:
                self._endpoints.checked(answer, login)
            except AppFlowIsvError as problem:
                if "refresh_token" not in answer:
                    raise
                problems.append(problem)
                return answer | {"access_token": None}
            return answer

        def is_active(stored: Stored) -> bool:
            login = self._login(stored, grant="refresh_token")
            told = self._endpoints.introspect(login, login.members["refresh_token"], "refresh_token")
            return told.get("active") is True

        return Redeemer(self._secret_store(), send=send, is_active=is_active)
