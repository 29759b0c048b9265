"""An access token for a Salesforce org."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv._compat import AirflowNotFoundException, BaseHook, mask_secret
from airflow_provider_appflow_isv.exceptions import (
    SalesforceConfigurationError,
    TenantConfigurationError,
)
from airflow_provider_appflow_isv.hooks.salesforce_exchange import request_token
from airflow_provider_appflow_isv.hooks.salesforce_login import GRANTS, SalesforceLogin, check_host, host_names

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook


@dataclass(frozen=True)
class SalesforceToken:
    """One OAuth answer of Salesforce, checked.

    :param access_token: the token; not part of the repr.
    :param instance_url: the org's base URL.
    :param id: identity URL; ends in org id and user id.
    :param issued_at: milliseconds since the epoch.
    :param scope: scopes that the token has, separated by blanks.
    """

    access_token: str = field(repr=False)
    instance_url: str
    id: str
    issued_at: int
    scope: str = ""

    @property
    def organization_id(self) -> str:
        """Id of the org, from the identity URL."""
        return self.id.rsplit("/", 2)[-2] if self.id.count("/") > 1 else ""


class SalesforceTokenHook(BaseHook):
    """Mints access tokens by the password, client-credentials or JWT-bearer grant.

    The login comes from an Airflow connection laid out like type ``salesforce`` or from a secret in AWS Secrets
    Manager; :class:`~airflow_provider_appflow_isv.hooks.salesforce_login.SalesforceLogin` names the members.

    :param salesforce_conn_id: the Airflow connection; default ``salesforce_default`` unless ``secret_id`` is given.
    :param secret_id: name or ARN of the secret.
    :param aws_hook: reads the secret, in the account that it acts in.
    :param grant: ``password``, ``client_credentials`` or ``jwt_bearer``; default is what connection or secret say, else
        the only grant that their members allow.
    :param login_url: host to ask for tokens; default is what connection or secret say, else
        ``https://login.salesforce.com``.
    :param instance_url: base URL of the org that the token must be for; a connection or secret for another org, and an
        answer of another, are refused. Default is what connection or secret say.
    :param allowed_hosts: hosts that credentials may be sent to besides Salesforce's own.
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
        aws_hook: AppFlowHook | None = None,
        grant: str | None = None,
        login_url: str | None = None,
        instance_url: str | None = None,
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
        self.allowed_hosts = host_names(allowed_hosts)
        self.retries = retries
        self.clock = clock

    def get_conn(self) -> SalesforceToken:
        """Same as :meth:`get_token`."""
        return self.get_token()

    def get_token(self) -> SalesforceToken:
        """Ask Salesforce for an access token.

        :return: the token, masked in logs from here on.
        :raises TenantConfigurationError: connection or secret are missing, incomplete or name a host not allowed.
        :raises SalesforceTokenError: Salesforce refused, was not reachable, or answered for another org.
        """
        login = self._login()
        for secret in login.secrets:
            mask_secret(secret)
        for what, url in (("login_url", login.login_url), ("instance_url", login.instance_url)):
            if url:
                check_host(url, allowed_hosts=self.allowed_hosts, what=what)
        if login.grant == "password":
            self.log.warning(
                "The OAuth password grant is off by default in orgs made since Summer '23 and ends with Winter '27; "
                "move to jwt_bearer or client_credentials."
            )
        answer = request_token(login, retries=self.retries, clock=self.clock)
        mask_secret(answer["access_token"])
        self._check_origin(answer, login)
        token = SalesforceToken(
            access_token=answer["access_token"],
            instance_url=answer["instance_url"].rstrip("/"),
            id=str(answer.get("id", "")),
            issued_at=self._issued_at(answer),
            scope=str(answer.get("scope", "")),
        )
        self.log.info(
            "Got an access token for org %s (%s) by the %s grant",
            token.organization_id,
            token.instance_url,
            login.grant,
        )
        return token

    def test_connection(self) -> tuple[bool, str]:
        """Whether a token can be had, and for which org or why not."""
        try:
            token = self.get_token()
        except Exception as error:  # whatever went wrong is the answer
            return False, str(error)
        return True, f"Got an access token for org {token.organization_id} at {token.instance_url}"

    def _login(self) -> SalesforceLogin:
        wanted = {"grant": self.grant, "login_url": self.login_url, "instance_url": self.instance_url}
        if self.secret_id:
            assert self.aws_hook is not None
            return SalesforceLogin.from_secret(self.aws_hook.secret_text(self.secret_id), name=self.secret_id, **wanted)
        try:
            connection = self.get_connection(str(self.salesforce_conn_id))
        except AirflowNotFoundException as error:
            raise TenantConfigurationError(
                f"Airflow connection {self.salesforce_conn_id!r} (salesforce_conn_id) does not exist.",
                hint="Create it with the layout of type salesforce, or use secret_id.",
            ) from error
        return SalesforceLogin.from_connection(connection, **wanted)

    def _issued_at(self, answer: dict[str, Any]) -> int:
        issued_at = str(answer.get("issued_at", ""))
        return int(issued_at) if issued_at.isdecimal() else int(self.clock() * 1000)

    def _check_origin(self, answer: dict[str, Any], login: SalesforceLogin) -> None:
        got = answer["instance_url"].rstrip("/")
        check_host(got, allowed_hosts=self.allowed_hosts, what="instance_url of Salesforce's answer")
        expected = login.instance_url
        if expected and got.lower() != expected.lower():
            raise SalesforceConfigurationError(
                f"Salesforce answered for {got}, but the login is for {expected}.",
                hint="Check that connection or secret belong to this tenant's org, and its instance_url.",
            )
        if login.client_secret and answer.get("signature"):
            signed = f"{answer.get('id', '')}{answer.get('issued_at', '')}".encode()
            digest = hmac.new(login.client_secret.encode(), signed, hashlib.sha256).digest()
            if not hmac.compare_digest(base64.b64encode(digest), str(answer["signature"]).encode()):
                raise SalesforceConfigurationError(
                    "The signature of Salesforce's answer does not fit the client secret.",
                    hint="Check login_url: the answer may not come from Salesforce.",
                )
