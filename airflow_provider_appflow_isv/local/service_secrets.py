"""Secrets Manager as AppFlow reaches it: under the secret's resource policy and the policy of the key that encrypts it.

Facts: AppFlow user guide, "Salesforce": a policy that lets AppFlow in must be on the secret behind clientCredentialsArn
and on its KMS key; AWS CDK, appflow-permissions-manager: both are for the principal appflow.amazonaws.com with
``aws:SourceAccount``; KMS developer guide, "kms:ViaService" and "kms:EncryptionContext".
"""

from __future__ import annotations

import json
import re
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.kms.models import Key, kms_backends
from moto.secretsmanager.models import FakeSecret, SecretsManagerBackend, secretsmanager_backends

from airflow_provider_appflow_isv.local.services import APPFLOW, refusal, service_context

_SECRET_ARN = re.compile(r"arn:[^:]+:secretsmanager:([^:]+):(\d{12}):secret:.+")
_KEY_ARN = re.compile(r"arn:[^:]+:kms:([^:]+):(\d{12}):(?:key/)?(.+)")
_AWS_MANAGED = (None, SecretsManagerBackend.DEFAULT_KMS_KEY_ALIAS)


class SecretUnreadableError(Exception):
    """AppFlow may not or cannot read a secret."""


def read_as_appflow(secret_arn: str, account_id: str) -> dict[str, Any]:
    """Read a secret as AppFlow does for somebody's connector profile or flow.

    Asked are the secret's resource policy (``secretsmanager:GetSecretValue``) and, where a customer managed key
    encrypts it, the key's policy (``kms:Decrypt``). Both see ``aws:SourceAccount``. That AppFlow asks by the secret's
    ARN for the version AWSCURRENT (``secretsmanager:SecretId``, ``secretsmanager:VersionStage``) is a guess.

    :param secret_arn: the secret.
    :param account_id: account of the connector profile, which ``aws:SourceAccount`` is.
    :return: the secret's JSON object.
    :raises SecretUnreadableError: if the secret is absent or deleted, a policy or the key's state forbids it, or it is
        not a JSON object. The message has nothing of the secret.
    """
    match = _SECRET_ARN.fullmatch(secret_arn)
    if match is None:
        raise SecretUnreadableError(f"{secret_arn} is not the ARN of a secret.")
    region, owner = match.groups()
    backend: Any = secretsmanager_backends[owner][region]
    secret = backend.secrets.get(secret_arn)
    if secret is None:
        raise SecretUnreadableError(f"There is no secret {secret_arn}.")
    if not isinstance(secret, FakeSecret):
        raise SecretUnreadableError(
            f"{secret_arn} is a replica, which the local stack does not read; name its primary."
        )
    context = service_context(APPFLOW, region=region, resource_account=owner, source_account=account_id)
    asked = {"secretsmanager:SecretId": secret.arn, "secretsmanager:VersionStage": "AWSCURRENT"}
    refused = refusal(secret.policy, APPFLOW, "secretsmanager:GetSecretValue", secret.arn, {**context, **asked})
    if refused is not None:
        raise SecretUnreadableError(f"The policy of {secret.arn} {refused}")
    _check_key(secret, region, owner, context)
    return _content(backend, secret.arn)


def _check_key(secret: FakeSecret, region: str, owner: str, context: dict[str, str]) -> None:
    if not is_customer_managed(secret):
        return  # its policy is AWS's and cannot be edited, so that there is nothing to ask
    key = find_key(secret, region, owner)
    if key is None or key.key_state != "Enabled":
        raise SecretUnreadableError(f"The KMS key {secret.kms_key_id} of {secret.arn} is absent or not enabled.")
    asked = {**context, "aws:ResourceAccount": str(key.account_id), **decryption_context(secret, region)}
    refused = refusal(key.policy, APPFLOW, "kms:Decrypt", key.arn, asked)
    if refused is not None:
        raise SecretUnreadableError(f"The policy of {key.arn} {refused}")


def is_customer_managed(secret: FakeSecret) -> bool:
    """Say whether a key of the customer's encrypts a secret, whose policy then counts."""
    return secret.kms_key_id not in _AWS_MANAGED


def decryption_context(secret: FakeSecret, region: str) -> dict[str, str]:
    """Return the condition keys that Secrets Manager's request has when it decrypts a secret for a caller."""
    return {
        "kms:ViaService": f"secretsmanager.{region}.amazonaws.com",
        "kms:EncryptionContext:SecretARN": secret.arn,
    }


def find_key(secret: FakeSecret, region: str, owner: str) -> Key | None:
    """Return the key that encrypts a secret, which may be of another account; None if it is not there.

    :param secret: the secret, which names the key by its id, alias or ARN.
    :param region: Region of the secret.
    :param owner: account of the secret.
    """
    key_id = str(secret.kms_key_id)
    match = _KEY_ARN.fullmatch(key_id)
    if match:
        region, owner, key_id = match.groups()
    keys: dict[str, Key] = kms_backends[owner][region].keys
    return next((key for key in keys.values() if key_id == key.id or key_id in key.aliases), None)


def _content(backend: Any, secret_arn: str) -> dict[str, Any]:
    try:
        content = json.loads(backend.get_secret_value(secret_arn, None, None)["SecretString"])
    except JsonRESTError as error:
        raise SecretUnreadableError(f"{secret_arn} cannot be read: {error.error_type}.") from None
    except (ValueError, KeyError):
        content = None
    if not isinstance(content, dict):
        raise SecretUnreadableError(f"{secret_arn} is not a text with a JSON object in it.")
    return content
