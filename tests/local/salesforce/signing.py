"""Assertions of the JWT bearer grant, and the key that signs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.salesforce import ConnectedApp
    from tests.local.salesforce.conftest import Client

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PUBLIC_KEY = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def claims_of(client: Client, app: ConnectedApp, **changed: object) -> dict[str, Any]:
    """The claims of an assertion that is good; None leaves one out."""
    claims = {
        "iss": app.client_id,
        "sub": client.user.username,
        "aud": client.login_url,
        "exp": int(client.clock.now) + 170,
    }
    return {name: value for name, value in {**claims, **changed}.items() if value is not None}


def jwt_form(claims: dict[str, Any], key: rsa.RSAPrivateKey | str = KEY, algorithm: str = "RS256") -> dict[str, str]:
    """The form of a token request with an assertion."""
    return {
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "assertion": jwt.encode(claims, key, algorithm=algorithm),
    }
