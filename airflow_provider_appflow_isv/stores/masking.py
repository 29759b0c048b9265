"""Secrets Manager's requests and answers, masked before botocore logs them at DEBUG."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from airflow_provider_appflow_isv.exceptions import TenantConfigurationError
from airflow_provider_appflow_isv.stores.members import read_members, secret_texts


def mask_traffic(client: Any, mask: Callable[[str], object]) -> None:
    """Have a client mask every secret value that it sends or gets, and the members of a login in it.

    :param client: a boto3 client for ``secretsmanager``.
    :param mask: keeps a text out of logs, e.g. Airflow's ``mask_secret``.
    """

    def asked(params: Mapping[str, Any], **_: Any) -> None:
        for text in _texts(params["body"]):
            mask(text)

    def answered(response_dict: Mapping[str, Any], **_: Any) -> None:
        for text in _texts(response_dict["body"]):
            mask(text)

    client.meta.events.register("before-call.secrets-manager", asked)
    client.meta.events.register("before-parse.secrets-manager", answered)


def _texts(body: bytes | str) -> Iterator[str]:
    try:
        text = json.loads(body)["SecretString"]
    except (ValueError, TypeError, LookupError):
        return  # it holds no value
    logged = repr(body)
    forms = (repr(json.dumps(text, ensure_ascii=ascii_only).encode())[3:-2] for ascii_only in (True, False))
    # the value as the log line has it, with all that is no member of a login
    yield next((form for form in forms if form and form in logged), logged)
    try:
        yield from secret_texts(read_members(json.loads(text), source="secret"))
    except (ValueError, TypeError, AttributeError, TenantConfigurationError):
        return  # no JSON object: who reads it says so
