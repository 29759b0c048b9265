"""One OAuth answer of Salesforce, and whether it is Salesforce's."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_appflow_isv.exceptions import OAuthConfigurationError

_ORGANIZATION_ID = re.compile(r"00D[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?")  # Salesforce's "Object Key Prefixes"


@dataclass(frozen=True)
class SalesforceToken:
    """One OAuth answer of Salesforce, checked.

    :param access_token: the token; not part of the repr.
    :param instance_url: the org's base URL.
    :param id: identity URL; ends in org id and user id. It is as the answer has it, so not part of the repr.
    :param issued_at: milliseconds since the epoch.
    :param scope: scopes that the token has, separated by blanks; not part of the repr either.
    :param expires_at: when it ends if it is not used, in seconds since the epoch; None unless Salesforce told, which
        its token answers normally don't.
    """

    access_token: str = field(repr=False)
    instance_url: str
    id: str = field(repr=False)
    issued_at: int
    scope: str = field(default="", repr=False)
    expires_at: float | None = None

    @property
    def organization_id(self) -> str:
        """Id of the org, from the identity URL; empty if that has none of an org's form."""
        told = self.id.rsplit("/", 2)[-2] if self.id.count("/") > 1 else ""
        return told if _ORGANIZATION_ID.fullmatch(told) else ""

    @classmethod
    def from_members(cls, members: Mapping[str, str | None], host: str) -> SalesforceToken:
        """The token among a login's members.

        :param members: members by canonical name.
        :param host: host that answered, for messages.
        :raises OAuthConfigurationError: the access token or the org's base URL is not there.
        """
        parts = {"access_token": members.get("access_token"), "instance_url": members.get("token_instance_url")}
        if missing := [name for name, value in parts.items() if not value]:
            raise OAuthConfigurationError(
                f"{host} answered without {' and '.join(missing)}.", hint="Check login_url: is it a Salesforce host?"
            )
        return cls(
            access_token=parts["access_token"] or "",
            instance_url=(parts["instance_url"] or "").rstrip("/"),
            id=members.get("token_id") or "",
            issued_at=_number(members.get("token_issued_at")) or 0,
            scope=members.get("token_scope") or "",
            expires_at=_number(members.get("token_expires_at")),
        )


def check_signature(answer: Mapping[str, Any], client_secret: str | None) -> None:
    """Check that who signed the answer's identity URL knows the client secret.

    The signature covers neither the access token nor the org's base URL (help.salesforce.com,
    remoteaccess_oauth_web_server_flow), so these are checked on their own.

    :param answer: the token endpoint's JSON object; one without signature passes.
    :param client_secret: the app's; None for a grant that needs none.
    :raises OAuthConfigurationError: the signature is another.
    """
    if not client_secret or not answer.get("signature"):
        return
    signed = f"{answer.get('id', '')}{answer.get('issued_at', '')}".encode()
    digest = hmac.new(client_secret.encode(), signed, hashlib.sha256).digest()
    if not hmac.compare_digest(base64.b64encode(digest), str(answer["signature"]).encode()):
        raise OAuthConfigurationError(
            "The signature of Salesforce's answer does not fit the client secret.",
            hint="Check login_url: the answer may not come from Salesforce.",
        )


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) <= 15 else None
