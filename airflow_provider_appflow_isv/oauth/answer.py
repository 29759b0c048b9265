"""What an OAuth endpoint's answer says: a JSON object to use, or a typed error that quotes no secret."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from airflow_provider_appflow_isv.exceptions import OAuthConfigurationError, OAuthTokenError, OAuthUnavailable
from airflow_provider_appflow_isv.oauth.errors import INTROSPECTION, OUTCOME_UNKNOWN, REVOCATION, token_error
from airflow_provider_appflow_isv.oauth.scrubbing import host_in, without

LONGEST_ANSWER = 64 * 1024

_LONGEST_TEXT = 256  # of what a host says in an error
_TOKENS = ("access_token", "refresh_token")
_SEE_OTHER = 303  # the answer to a request that was served
_NOT_SERVED = ("service_unavailable", "temporarily_unavailable", "system_down", "rate_limit_exceeded")  # with HTTP 503
_MAY_BE_SERVED = ("server_error", "unknown_error")  # whatever the status


def read_answer(
    status: int, content: bytes, *, host: str, grant: str, replayable: bool, secrets: Iterable[str]
) -> dict[str, Any]:
    """The JSON object of an answer that is of use.

    :param status: HTTP status.
    :param content: the body, or its beginning if it is longer than :data:`LONGEST_ANSWER`.
    :param host: who answered, for messages.
    :param grant: what was asked for: a grant, ``introspection`` or ``revocation``.
    :param replayable: whether it does no harm to ask again, so that it does not matter whether this was served.
    :param secrets: texts that an error must not quote, as
        :func:`~airflow_provider_appflow_isv.oauth.scrubbing.spellings` returns them.
    :return: the object, with a token unless it was asked for none; empty for an answer to a revocation.
    :raises OAuthTokenError: the host refused, or did not answer as an OAuth endpoint does; ``code`` is
        ``outcome_unknown`` where it may have served the request all the same.
    """
    if grant == REVOCATION and status == 200:
        return {}  # whatever else it says (RFC 7009, 2.2)
    answer = _json_object(content)
    if answer is None:
        busy = status >= 500 or status == 429
        size = "more than 64 KiB" if len(content) > LONGEST_ANSWER else "no JSON object"
        raise (OAuthUnavailable if busy else OAuthConfigurationError)(
            f"{host} answered the request ({grant}) with HTTP {status} and {size}.",
            code=OUTCOME_UNKNOWN if status < 300 or status >= 500 else None,
            hint="Check login_url or the token URL; if it is right, try again later.",
        )
    granted = any(isinstance(answer.get(name), str) and answer[name] for name in _TOKENS)
    if status >= 300 or (answer.get("error") and not granted):
        raise _refusal(status, answer, host=host, grant=grant, replayable=replayable, granted=granted, secrets=secrets)
    if granted or grant in (INTROSPECTION, REVOCATION):
        return answer
    raise OAuthConfigurationError(
        f"{host} answered without access_token ({grant}).",
        code=None if replayable else OUTCOME_UNKNOWN,
        hint="Check login_url or the token URL: is it one that grants tokens?",
    )


def redirected(
    status: int, location: str, *, host: str, replayable: bool, secrets: Iterable[str]
) -> OAuthConfigurationError:
    """The error for an answer that leads elsewhere; parameters as for :func:`read_answer`."""
    elsewhere = host_in(location, secrets) or host
    return OAuthConfigurationError(
        f"{host} answered with HTTP {status}, a redirect to {elsewhere!r}; nothing was sent there.",
        code=OUTCOME_UNKNOWN if status == _SEE_OTHER and not replayable else None,
        hint="Name the host that answers itself in login_url, instance_url or the token URL.",
    )


def _refusal(
    status: int,
    answer: Mapping[str, Any],
    *,
    host: str,
    grant: str,
    replayable: bool,
    granted: bool,
    secrets: Iterable[str],
) -> OAuthTokenError:
    named = answer.get("error") or ("server_error" if status >= 500 else "unexpected_answer")
    said = answer.get("error_description") or answer.get("message") or ""
    error, said = (without(secrets, str(text))[:_LONGEST_TEXT] for text in (named, said))
    if replayable or not (granted or _may_be_served(status, named)):
        return token_error(error, said, grant=grant, host=host, status=status)
    what = f"{error}: {said.rstrip('.')}" if said else error
    return OAuthUnavailable(
        f"{host} may have served the request ({grant}), but answered with HTTP {status} and {what}.",
        code=OUTCOME_UNKNOWN,
        hint="The host's own trouble; try again later.",
    )


def _may_be_served(status: int, error: Any) -> bool:
    """Whether a refusal says too little: a gateway gives up on a host that serves, and a host may fail thereafter."""
    return error in _MAY_BE_SERVED if status < 500 else status != 503 or error not in _NOT_SERVED


def _json_object(content: bytes) -> dict[str, Any] | None:
    if len(content) > LONGEST_ANSWER:
        return None
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None
