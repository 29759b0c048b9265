"""Makes moto's STS check a role's trust policy on AssumeRole, in the role's own account.

By itself moto lets anybody assume anything across accounts: neither the role's existence nor its trust policy nor a
missing ExternalId is looked at there.
"""

from __future__ import annotations

import functools
import json
import re
from typing import Any
from urllib.parse import unquote

from moto.core.exceptions import AccessDeniedError
from moto.iam.exceptions import NotFoundException
from moto.iam.models import Role, iam_backends
from moto.sts.exceptions import STSValidationError
from moto.sts.models import sts_backends
from moto.sts.responses import TokenResponse
from moto.utilities.utils import get_partition

from airflow_provider_appflow_isv.local.policies import Principal, is_allowed

_ROLE_ARN = re.compile(r"arn:[^:]+:iam::(\d{12}):role/.+")
_MIN_DURATION, _MAX_DURATION = 900, 43200
_CHAINED_DURATION = 3600
_MARK = "_checks_trust_policies"


def caller(account_id: str, access_key_id: str, region: str) -> tuple[str, Principal]:
    """Say who an access key belongs to.

    :param account_id: account that moto found for the request.
    :param access_key_id: key id of the request's signature.
    :param region: Region of the request; decides the partition.
    :return: the ARN that AWS would show for the caller, and the caller as a principal. A key that moto does not know
        is the account's root.
    """
    partition = get_partition(region)
    iam = iam_backends[account_id][partition]
    role_session = sts_backends[account_id][partition].get_assumed_role_from_access_key(access_key_id)
    if role_session is not None:
        return role_session.arn, Principal(account_id=account_id, arns=(role_session.arn, role_session.role_arn))
    user = iam.get_user_from_access_key_id(access_key_id)
    arn = user.arn if user is not None else f"arn:{partition}:iam::{account_id}:root"
    return arn, Principal(account_id=account_id, arns=(arn,))


def enforce_trust() -> None:
    """Wrap moto's AssumeRole with the checks below; calling it again changes nothing.

    From then on AssumeRole answers ``AccessDenied`` (403) where the role is absent or its trust policy does not let
    the caller in (with the ExternalId given or not given), and ``ValidationError`` for a DurationSeconds outside
    900..43200, above the role's MaxSessionDuration, or above an hour for a role session that assumes a further role
    (STS API reference, AssumeRole).
    """
    unchecked = TokenResponse.assume_role
    if hasattr(unchecked, _MARK):
        return

    @functools.wraps(unchecked)
    def assume_role(self: TokenResponse) -> Any:
        _check(self)
        return unchecked(self)

    setattr(assume_role, _MARK, True)
    TokenResponse.assume_role = assume_role  # type: ignore[method-assign]  # moto offers no hook here


def _check(request: TokenResponse) -> None:
    role_arn = str(request._get_param("RoleArn"))
    external_id = request._get_param("ExternalId")
    duration = request._get_int_param("DurationSeconds", 3600)
    _check_range(duration)
    caller_arn, principal = caller(request.current_account, request.get_access_key(), request.region)
    role = _find_role(role_arn, request.region)
    context = {"aws:PrincipalArn": principal.arns[-1], "aws:PrincipalAccount": str(principal.account_id)}
    if external_id is not None:
        context["sts:ExternalId"] = external_id
    if role is None or not is_allowed(
        _document(role), principal=principal, action="sts:AssumeRole", resource=None, context=context
    ):
        raise AccessDeniedError(caller_arn, f"sts:AssumeRole on resource: {role_arn}")  # absent or not trusting: alike
    if duration > _CHAINED_DURATION and ":assumed-role/" in caller_arn:
        raise STSValidationError(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
        )
    if duration > int(role.max_session_duration or _CHAINED_DURATION):
        raise STSValidationError("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")


def _check_range(duration: int) -> None:
    if _MIN_DURATION <= duration <= _MAX_DURATION:
        return
    bound = (
        f"greater than or equal to {_MIN_DURATION}"
        if duration < _MIN_DURATION
        else f"less than or equal to {_MAX_DURATION}"
    )
    raise STSValidationError(
        f"1 validation error detected: Value '{duration}' at 'durationSeconds' failed to satisfy constraint: "
        f"Member must have value {bound}"
    )


def _find_role(role_arn: str, region: str) -> Role | None:
    match = _ROLE_ARN.fullmatch(role_arn)
    if match is None:
        return None
    try:
        return iam_backends[match[1]][get_partition(region)].get_role_by_arn(role_arn)
    except NotFoundException:
        return None


def _document(role: Role) -> dict[str, Any]:
    """The trust policy as JSON; a document that is none trusts nobody."""
    try:
        document = json.loads(unquote(role.assume_role_policy_document))
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
