"""An access token for a Salesforce org."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import jwt
import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError
from urllib3.util.retry import Retry

from airflow_provider_appflow_isv._compat import AirflowNotFoundException, BaseHook, mask_secret
from airflow_provider_appflow_isv.exceptions import (
    SalesforceConfigurationError,
    SalesforceUnavailable,
    TenantConfigurationError,
)
from airflow_provider_appflow_isv.hooks.salesforce_errors import token_error
from airflow_provider_appflow_isv.hooks.salesforce_login import GRANTS, SalesforceLogin, check_host, host_names

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook

_TIMEOUT = (10, 30)  # seconds to connect and to wait for an answer
_ASSERTION_SECONDS = 170  # Salesforce allows 180 (help.salesforce.com, remoteaccess_oauth_jwt_flow)
_REPLAYABLE = ("client_credentials", "jwt_bearer")
_LONGEST_ANSWER = 64 * 1024


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
        answer = self._post(login)
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

    def _post(self, login: SalesforceLogin) -> dict[str, Any]:
        host = urlsplit(login.token_host).netloc
        retry = Retry(
            total=self.retries,
            redirect=0,
            # a request that did not get through is repeated in any case, one that may have been served only if harmless
            allowed_methods=["POST"] if login.grant in _REPLAYABLE else ["HEAD"],
            respect_retry_after_header=False,
            status_forcelist=(429, 500, 502, 503, 504),
            backoff_factor=0.5,
            raise_on_status=False,
        )
        with requests.Session() as session:
            # proxies of the environment count, but a .netrc must not replace what we send
            proxies = requests.utils.get_environ_proxies(login.token_host)
            session.trust_env = False
            for scheme in ("https://", "http://"):
                session.mount(scheme, HTTPAdapter(max_retries=retry))
            try:
                response = session.post(
                    f"{login.token_host}/services/oauth2/token",
                    data=self._form(login),
                    headers={"Accept": "application/json"},
                    timeout=_TIMEOUT,
                    allow_redirects=False,
                    proxies=dict(proxies),
                    stream=True,
                )
                body = response.raw.read(_LONGEST_ANSWER, decode_content=True)
            except (requests.RequestException, HTTPError) as error:
                raise SalesforceUnavailable(
                    f"{host} could not be asked for a token: {type(error).__name__}.",
                    hint="Check login_url and the worker's network, then try again.",
                ) from None
        return _answer(body, response.status_code, login, host)

    def _form(self, login: SalesforceLogin) -> dict[str, str | None]:
        if login.grant == "jwt_bearer":
            return {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": self._assertion(login)}
        form = {"grant_type": login.grant, "client_id": login.client_id, "client_secret": login.client_secret}
        if login.grant == "password":
            form |= {"username": login.username, "password": login.password}
        return form

    def _assertion(self, login: SalesforceLogin) -> str:
        claims = {
            "iss": login.client_id,
            "sub": login.username,
            "aud": login.jwt_audience,
            "exp": int(self.clock()) + _ASSERTION_SECONDS,
        }
        try:
            assertion = jwt.encode(claims, login.private_key or "", algorithm="RS256")
        except (ValueError, TypeError, jwt.PyJWTError):
            # the parser's own text may quote the key
            raise TenantConfigurationError(
                "private_key is not the PEM of an RSA key.",
                hint="It begins with -----BEGIN PRIVATE KEY----- and its line breaks must be kept.",
            ) from None
        mask_secret(assertion)
        return assertion

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


def _answer(body: bytes, status: int, login: SalesforceLogin, host: str) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        kind = SalesforceUnavailable if status >= 500 or status == 429 else SalesforceConfigurationError
        raise kind(
            f"{host} answered the token request with HTTP {status} and no JSON object.",
            hint="Check login_url; if it is right, try again later.",
        )
    if status != 200 or "error" in answer:
        default = "server_error" if status >= 500 else "unexpected_answer"
        error, description = (
            _without_secrets(str(answer.get(name, otherwise)), login)[:256]
            for name, otherwise in (("error", default), ("error_description", ""))
        )
        raise token_error(error, description, grant=login.grant, host=host)
    if missing := [name for name in ("access_token", "instance_url") if not _is_text(answer.get(name))]:
        raise SalesforceConfigurationError(
            f"{host} answered without {' and '.join(missing)}.", hint="Check login_url: is it a Salesforce host?"
        )
    return answer


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _without_secrets(text: str, login: SalesforceLogin) -> str:
    for secret in login.secrets:
        text = text.replace(secret, "***")
    return text
