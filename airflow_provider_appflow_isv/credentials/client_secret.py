"""The secret from which AppFlow itself reads an app's client id and secret (``clientCredentialsArn``)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv.specs.values import is_late

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.credentials.connectors import Connector

# AppFlow's service model says so literally: no other partition
_ARN = re.compile(r"arn:aws:secretsmanager:[a-z0-9-]+:\d{12}:secret:\S+", re.ASCII)


def takes_arn(connector: Connector) -> bool:
    """Whether AppFlow reads a connector's app from a secret: Salesforce's and Pardot's."""
    return any("clientCredentialsArn" in (*form.required, *form.optional) for form in connector.forms.values())


def arn_problems(arn: Any, connector: Connector, *, needed: bool) -> Iterator[str]:
    """Say what is wrong with the argument ``client_credentials_arn``; templates pass.

    :param arn: the argument.
    :param connector: the connector.
    :param needed: whether AppFlow can't go without.
    """
    if not arn:
        if needed:
            yield "client_credentials_arn is missing: AppFlow redeems with the app's clientId and clientSecret in it"
    elif not takes_arn(connector):
        yield "client_credentials_arn is for Salesforce and Pardot; others take clientId and clientSecret as stored"
    elif not is_late(arn) and not _ARN.fullmatch(str(arn)):
        yield f"client_credentials_arn {arn!r} is not the ARN of a secret (arn:aws:secretsmanager:...)"
