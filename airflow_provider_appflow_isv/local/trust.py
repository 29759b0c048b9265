"""Makes moto's STS check on AssumeRole what AWS checks: the request, the role's trust policy and the caller's policies.

By itself moto lets anybody assume anything across accounts: neither the role's existence nor its trust policy nor a
missing ExternalId is looked at there, and session tags and source identity are dropped. AssumeRoleWithWebIdentity and
AssumeRoleWithSAML ask no trust policy at all and are refused: nobody is here who could vouch for their tokens.

Facts: STS API reference, AssumeRole; IAM user guide, "Pass session tags in AWS STS" and "Monitor and control actions
taken with assumed roles".
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NoReturn

from moto.core.exceptions import AccessDeniedError, InvalidClientTokenIdError
from moto.sts.exceptions import STSValidationError
from moto.sts.responses import TokenResponse

from airflow_provider_appflow_isv.local import identity
from airflow_provider_appflow_isv.local.assume_role import AssumeRoleRequest
from airflow_provider_appflow_isv.local.identity import Caller, UnknownKeyError, caller_of, find_role
from airflow_provider_appflow_isv.local.policies import Verdict, evaluate, is_permitted, parse_policy
from airflow_provider_appflow_isv.local.role_sessions import attributes_of, remember

if TYPE_CHECKING:
    from moto.iam.models import Role

_CHAINED_DURATION = 3600
_UNCHECKED = {
    "assume_role_with_web_identity": "sts:AssumeRoleWithWebIdentity",
    "assume_role_with_saml": "sts:AssumeRoleWithSAML",
}
_MARK = "_checks_trust_policies"


def enforce_trust() -> None:
    """Wrap moto's AssumeRole with the checks below; calling it again changes nothing.

    From then on AssumeRole answers

    - ``AccessDenied`` (403) where the role is absent or its trust policy does not let the caller in, with the
      ExternalId, session name, source identity and session tags given or not given; setting a source identity and
      passing session tags, also those inherited along a role chain, need ``sts:SetSourceIdentity`` and
      ``sts:TagSession`` beside ``sts:AssumeRole``. While ``identity.enforce`` is on, the caller's own policies must
      allow each of them too, unless the trust policy of a role in the caller's account names the caller itself;
    - ``ValidationError``, ``InvalidParameterValue``, ``MalformedPolicyDocument`` and ``PackedPolicyTooLarge`` (400)
      for a request outside the documented limits, a DurationSeconds above the role's MaxSessionDuration, or above an
      hour for a role session that assumes a further role;
    - ``InvalidClientTokenId`` (403) while ``identity.enforce`` is on, for an access key that is nobody's or Inactive.

    AssumeRoleWithWebIdentity and AssumeRoleWithSAML answer ``AccessDenied`` (403).
    """
    unchecked = TokenResponse.assume_role
    if hasattr(unchecked, _MARK):
        return

    @functools.wraps(unchecked)
    def assume_role(self: TokenResponse) -> Any:
        try:
            caller = caller_of(self)
        except UnknownKeyError:
            raise InvalidClientTokenIdError from None
        request = AssumeRoleRequest.read(self, attributes_of(caller.session))
        _check(caller, request)
        answer = unchecked(self)
        result: Any = answer.result
        remember(result["Credentials"], request.attributes)
        if request.attributes.source_identity is not None:
            result["SourceIdentity"] = request.attributes.source_identity
        return answer

    setattr(assume_role, _MARK, True)
    TokenResponse.assume_role = assume_role  # type: ignore[method-assign]  # moto offers no hook here
    for name, action in _UNCHECKED.items():
        setattr(TokenResponse, name, functools.partialmethod(_refuse, action))


def _refuse(response: TokenResponse, action: str) -> NoReturn:
    why = "because the local stack checks trust policies on AssumeRole only; use AssumeRole"
    raise AccessDeniedError("anonymous", f"{action} on resource: {response._get_param('RoleArn')} {why}")


def _check(caller: Caller, request: AssumeRoleRequest) -> None:
    role = find_role(request.role_arn, caller.region)
    for action in request.actions:
        _check_trust(caller, request, role, action)
    assert role is not None  # or it would trust nobody
    if request.duration > _CHAINED_DURATION and caller.session is not None:
        raise STSValidationError(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
        )
    if request.duration > int(role.max_session_duration or _CHAINED_DURATION):
        raise STSValidationError("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
    request.check_session_policies(role.account_id, caller.region)


def _check_trust(caller: Caller, request: AssumeRoleRequest, role: Role | None, action: str) -> None:
    context = {**caller.context(request.role_arn), **request.context()}
    if role is None:
        trust = Verdict.SILENT
    else:
        context |= {f"aws:ResourceTag/{tag['Key']}": tag["Value"] for tag in role.tags or []}
        policy = parse_policy(role.assume_role_policy_document)
        trust = evaluate([policy], principal=caller.principal, action=action, resource=None, context=context)
    if role is None or trust not in (Verdict.ALLOWED, Verdict.DELEGATED):
        # In the same words whether the role is absent or does not trust the caller.
        raise AccessDeniedError(caller.arn, f"{action} on resource: {request.role_arn}")
    if not identity.is_enforced():
        return
    verdict = caller.identity_verdict(action, role.arn, context)
    if not is_permitted(verdict, trust, same_account=role.account_id == caller.account_id):
        blame = caller.blame(action, role.arn, context)
        raise AccessDeniedError(caller.arn, f"{action} on resource: {request.role_arn} {blame}")
