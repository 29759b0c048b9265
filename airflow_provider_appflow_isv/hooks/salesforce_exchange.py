"""One token request to Salesforce, and its answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import jwt
import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError
from urllib3.util.retry import Retry

from airflow_provider_appflow_isv._compat import mask_secret
from airflow_provider_appflow_isv.exceptions import (
    SalesforceConfigurationError,
    SalesforceUnavailable,
    TenantConfigurationError,
)
from airflow_provider_appflow_isv.hooks.salesforce_errors import token_error

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.hooks.salesforce_login import SalesforceLogin

_TIMEOUT = (10, 30)  # seconds to connect and to wait for an answer
_ASSERTION_SECONDS = 170  # Salesforce allows 180 (help.salesforce.com, remoteaccess_oauth_jwt_flow)
_REPLAYABLE = ("client_credentials", "jwt_bearer")
_LONGEST_ANSWER = 64 * 1024


def request_token(login: SalesforceLogin, *, retries: int, clock: Callable[[], float]) -> dict[str, Any]:
    """Ask Salesforce once, or again where that does no harm.

    :param login: the org and the way to log in; its hosts have been checked.
    :param retries: how often to ask again.
    :param clock: seconds since the epoch.
    :return: the answer: an access token, the org's instance URL and what else Salesforce said.
    :raises SalesforceTokenError: Salesforce refused, was not reachable, or gave no such answer.
    :raises TenantConfigurationError: the private key is none.
    """
    host = urlsplit(login.token_host).netloc
    retry = Retry(
        total=retries,
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
                data=_form(login, clock),
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


def _form(login: SalesforceLogin, clock: Callable[[], float]) -> dict[str, str | None]:
    if login.grant == "jwt_bearer":
        return {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": _assertion(login, clock)}
    form = {"grant_type": login.grant, "client_id": login.client_id, "client_secret": login.client_secret}
    if login.grant == "password":
        form |= {"username": login.username, "password": login.password}
    return form


def _assertion(login: SalesforceLogin, clock: Callable[[], float]) -> str:
    claims = {
        "iss": login.client_id,
        "sub": login.username,
        "aud": login.jwt_audience,
        "exp": int(clock()) + _ASSERTION_SECONDS,
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
