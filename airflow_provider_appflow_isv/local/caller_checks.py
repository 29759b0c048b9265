"""Makes moto's S3 and Secrets Manager check, while ``identity.enforce`` is on, whether the caller may do what it asks.

Facts: IAM user guide, "Policy evaluation logic" and "Troubleshoot access denied error messages"; Service Authorization
Reference, "Actions, resources, and condition keys for Amazon S3" (not all are spelt as the operations) and "... for AWS
Secrets Manager"; Secrets Manager user guide, "Secret encryption and decryption" (kms:Decrypt of the caller).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from moto.s3.exceptions import BucketAccessDeniedError, S3ClientError
from moto.s3.models import s3_backends
from moto.s3.responses import S3Response
from moto.secretsmanager.models import FakeSecret
from moto.secretsmanager.responses import SecretsManagerResponse
from moto.utilities.utils import get_partition
from werkzeug.exceptions import Forbidden

from airflow_provider_appflow_isv.local import identity
from airflow_provider_appflow_isv.local.identity import Caller, NotAuthorizedError, UnknownKeyError, caller_of
from airflow_provider_appflow_isv.local.policies import Verdict, evaluate, is_permitted, parse_policy
from airflow_provider_appflow_isv.local.service_secrets import decryption_context, find_key, is_customer_managed

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.conditions import Context

_MARK = "_checks_callers"
_READS_SECRET = "secretsmanager:GetSecretValue"  # noqa: S105  # an action
_S3_ACTIONS = {"HeadBucket": "ListBucket", "ListBuckets": "ListAllMyBuckets"}  # moto spells these as the operations


class _AccessDenied(BucketAccessDeniedError):
    def __init__(self, bucket: str, message: str) -> None:
        super().__init__(bucket)
        self.message = message


def check_callers() -> None:
    """Wrap moto's S3 and Secrets Manager with the checks; calling it again changes nothing.

    From then on, while ``identity.enforce`` is on, they answer 403 where neither the caller's policies nor that of the
    bucket or secret allow the action (across accounts: where not both do) or one denies it: ``AccessDenied`` in S3,
    ``AccessDeniedException`` in Secrets Manager. A key that is nobody's or Inactive is an ``InvalidAccessKeyId`` or an
    ``UnrecognizedClientException``.
    """
    if hasattr(S3Response, _MARK):
        return
    setattr(S3Response, _MARK, True)
    s3_before = S3Response._authenticate_and_authorize_s3_action
    secrets_before = SecretsManagerResponse._authenticate_and_authorize_normal_action

    def check_s3(self: Any, bucket_name: str | None = None, key_name: str | None = None) -> None:
        s3_before(self, bucket_name=bucket_name, key_name=key_name)
        if identity.is_enforced():
            _check_s3(self, bucket_name, key_name)

    def check_secrets(self: Any, resource: str = "*") -> None:
        secrets_before(self, resource)
        if identity.is_enforced():
            _check_secrets(self)

    S3Response._authenticate_and_authorize_s3_action = check_s3  # type: ignore[method-assign]  # moto has no hook here
    SecretsManagerResponse._authenticate_and_authorize_normal_action = check_secrets  # type: ignore[method-assign]  # nor


def _check_s3(request: S3Response, bucket_name: str | None, key_name: str | None) -> None:
    partition, owner = s3_backends.bucket_accounts.get(bucket_name or "", (get_partition(request.region), ""))
    bucket = s3_backends[owner][partition].get_bucket(str(bucket_name)) if owner else None
    name = str(request.data.get("Action"))
    path = "/".join(part for part in (bucket_name, key_name) if part)
    asked = _Asked(
        action=f"s3:{_S3_ACTIONS.get(name, name)}",
        resource=f"arn:{partition}:s3:::{path}" if path else "*",
        owner=owner or None,
        policy=bucket.policy.decode() if bucket and bucket.policy else None,
    )
    try:
        asked.check(caller_of(request))
    except UnknownKeyError as error:
        raise S3ClientError("InvalidAccessKeyId", str(error)) from None
    except NotAuthorizedError as error:
        raise _AccessDenied(bucket_name or "", str(error)) from None


def _check_secrets(request: SecretsManagerResponse) -> None:
    secret_id = request._get_param("SecretId")
    secret: Any = request.backend.secrets.get(secret_id) if secret_id else None
    named = secret.arn if secret else secret_id or request._get_param("Name") or "*"
    start = f"arn:{request.partition}:secretsmanager:{request.region}:{request.current_account}:secret:"
    asked = _Asked(
        action=f"secretsmanager:{request._get_action()}",
        resource=named if named == "*" or named.startswith("arn:") else f"{start}{named}",
        owner=request.current_account,  # moto finds no secret of another account
        policy=secret.policy if isinstance(secret, FakeSecret) else None,
        context={"secretsmanager:SecretId": secret_id} if secret_id else {"secretsmanager:Name": named},
    )
    try:
        caller = caller_of(request)
        asked.check(caller)
        if asked.action == _READS_SECRET and isinstance(secret, FakeSecret) and is_customer_managed(secret):
            _check_decryption(caller, secret)
    except UnknownKeyError as error:
        raise _refusal("UnrecognizedClientException", str(error)) from None
    except NotAuthorizedError as error:
        raise _refusal("AccessDeniedException", str(error)) from None


def _check_decryption(caller: Caller, secret: FakeSecret) -> None:
    key = find_key(secret, caller.region, caller.account_id)
    if key is not None:  # one that is gone is for moto to complain about
        _Asked(
            action="kms:Decrypt",
            resource=key.arn,
            owner=str(key.account_id),
            policy=key.policy,
            context=decryption_context(secret, caller.region),
            is_key=True,
        ).check(caller)


def _refusal(code: str, message: str) -> Forbidden:
    return Forbidden(json.dumps({"__type": code, "message": message}))


@dataclass(frozen=True)
class _Asked:
    """What a caller asks for.

    :param action: e.g. ``s3:GetObject``.
    :param resource: ARN acted on, ``*`` for an action without resources.
    :param owner: account of what is acted on; None if it is not there, then the caller's.
    :param policy: its own policy; None for none.
    :param context: condition keys of the request beside the caller's own; default none.
    :param is_key: whether it is a KMS key, whose own policy has to let the caller or its account in; default False.
    """

    action: str
    resource: str
    owner: str | None
    policy: str | None
    context: Context = field(default_factory=dict)
    is_key: bool = False

    def check(self, caller: Caller) -> None:
        owner = self.owner or caller.account_id
        keys = {**caller.context(self.resource), "aws:ResourceAccount": owner, **self.context}
        says = evaluate(
            [parse_policy(self.policy)],
            principal=caller.principal,
            action=self.action,
            resource=self.resource,
            context=keys,
        )
        may = caller.identity_verdict(self.action, self.resource, keys)
        shut = self.is_key and says is Verdict.SILENT
        if not shut and is_permitted(may, says, same_account=owner == caller.account_id):
            return
        if may is Verdict.ALLOWED or shut:
            because = f"because no resource-based policy allows the {self.action} action"
            if says is Verdict.DENIED:
                because = "with an explicit deny in a resource-based policy"
        else:
            because = caller.blame(self.action, self.resource, keys)
        refused = f"{self.action} on resource: {self.resource} {because}"
        raise NotAuthorizedError(f"User: {caller.arn} is not authorized to perform: {refused}")
