"""An IAM policy evaluator for the local stack: resource policies, role trust policies and identity policies.

Facts: IAM user guide, "Policy evaluation logic" and "IAM JSON policy elements". What it does not understand never lets
an Allow apply and never keeps a Deny from applying.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any
from urllib.parse import unquote

from airflow_provider_appflow_isv.local.conditions import (
    Context,
    NotUnderstoodError,
    RequestContext,
    as_list,
    conditions_met,
    text_matches,
)

_ROOT_ARN = re.compile(r"arn:[^:]+:iam::(\d{12}):root")
_ELEMENTS = {
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
}
_WITH_VARIABLES = "2012-10-17"  # older policies take ${..} literally (IAM user guide, "Version")
_LITERAL = RequestContext({}, variables=False)  # actions have wildcards but no variables


class Verdict(IntEnum):
    """What policies say to a request; of several policies the highest counts."""

    SILENT = 0
    """No statement applies."""
    DELEGATED = 1
    """Allowed for the caller's account as a whole: whether the caller may is for its identity policies to say."""
    ALLOWED = 2
    """Allowed, for a resource policy: for the caller itself."""
    DENIED = 3
    """Explicitly denied."""


@dataclass(frozen=True)
class Principal:
    """Who asks.

    :param service: service name such as ``appflow.amazonaws.com``, for a call made by AWS itself; default None.
    :param account_id: 12-digit account of an IAM caller; default None.
    :param arns: every ARN the caller goes by (a role session goes by the session's and the role's).
    """

    service: str | None = None
    account_id: str | None = None
    arns: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Request:
    principal: Principal | None
    action: str
    resource: str | None
    context: RequestContext


def parse_policy(text: str | None) -> dict[str, Any]:
    """Return a stored policy document as JSON; moto keeps some URL-encoded. What is no JSON object has no statement.

    :param text: the document, None for none.
    """
    for candidate in (text or "", unquote(text or "")):
        try:
            document = json.loads(candidate)
        except (ValueError, RecursionError):
            continue
        return document if isinstance(document, dict) else {}
    return {}


def evaluate(
    policies: Iterable[Mapping[str, Any]],
    *,
    principal: Principal | None,
    action: str,
    resource: str | None,
    context: Context,
) -> Verdict:
    """Evaluate policies of one kind, which add up.

    :param policies: policy documents as parsed JSON.
    :param principal: who asks, for resource and trust policies; None for identity policies, which name nobody.
    :param action: e.g. ``s3:PutObject``.
    :param resource: ARN acted on, ``*`` for an action without resources; None for a trust policy, whose statements
        name none.
    :param context: condition keys of this request; a key that is absent here is absent from the request.
    :return: the strongest verdict of all statements.
    """
    verdict = Verdict.SILENT
    for policy in policies:
        known = RequestContext.of(context, variables=policy.get("Version") == _WITH_VARIABLES)
        request = _Request(principal, action, resource, known)
        for statement in as_list(policy.get("Statement")):
            verdict = max(verdict, _verdict(statement, request))
    return verdict


def is_allowed(
    policy: str | Mapping[str, Any] | None,
    *,
    principal: Principal,
    action: str,
    resource: str | None,
    context: Context,
) -> bool:
    """Say whether a resource policy lets a principal, or its account, do something.

    :param policy: the document, as its text or as parsed JSON; None for none. The other parameters as of ``evaluate``.
    """
    document = policy if isinstance(policy, Mapping) else parse_policy(policy)
    verdict = evaluate([document], principal=principal, action=action, resource=resource, context=context)
    return verdict in (Verdict.ALLOWED, Verdict.DELEGATED)


def is_permitted(identity: Verdict, resource: Verdict, *, same_account: bool) -> bool:
    """Put identity and resource policies together (IAM user guide, "Policy evaluation logic").

    :param identity: verdict of the caller's policies.
    :param resource: verdict of the resource's policy.
    :param same_account: whether caller and resource are in one account: then either is enough, else both must allow.
    :return: whether the request is permitted; an explicit deny on either side wins.
    """
    if Verdict.DENIED in (identity, resource):
        return False
    if same_account:
        return Verdict.ALLOWED in (identity, resource)
    return identity is Verdict.ALLOWED and resource is not Verdict.SILENT


def _verdict(statement: Any, request: _Request) -> Verdict:
    if not isinstance(statement, Mapping) or statement.get("Effect") not in ("Allow", "Deny"):
        return Verdict.SILENT
    denies = statement["Effect"] == "Deny"
    try:
        named = _match(statement, request, denies=denies)
    except NotUnderstoodError:
        named = Verdict.ALLOWED if denies else Verdict.SILENT
    return Verdict.DENIED if denies and named is not Verdict.SILENT else named


def _match(statement: Mapping[str, Any], request: _Request, *, denies: bool) -> Verdict:
    """How a statement applies: SILENT for not, else by whether it names the caller or only the caller's account."""
    if not _names(statement, "Action", request.action.lower(), _LITERAL, str.lower):
        return Verdict.SILENT
    if request.resource is not None and not _names(statement, "Resource", request.resource, request.context):
        return Verdict.SILENT
    named = _match_principal(statement, request.principal, denies=denies)
    if named is Verdict.SILENT or not conditions_met(statement.get("Condition", {}), request.context):
        return Verdict.SILENT
    if not _ELEMENTS.issuperset(statement):
        raise NotUnderstoodError(f"Statement: unknown elements {sorted(set(statement) - _ELEMENTS)}.")
    return named


def _names(
    statement: Mapping[str, Any],
    element: str,
    value: str,
    context: RequestContext,
    fold: Callable[[str], str] = str,
) -> bool:
    """Whether an element such as Action, or else its Not.. twin, takes a value in."""
    negation = f"Not{element}"
    if element in statement and negation in statement:
        raise NotUnderstoodError(f"Statement: {element} and {negation} exclude each other.")
    patterns = as_list(statement.get(negation if negation in statement else element))
    if not all(isinstance(pattern, str) for pattern in patterns):
        raise NotUnderstoodError(f"Statement: {element} holds something else than texts.")
    taken_in = any(text_matches(fold(pattern), value, context) for pattern in patterns)
    return taken_in is not (negation in statement)


def _match_principal(statement: Mapping[str, Any], principal: Principal | None, *, denies: bool) -> Verdict:
    exceptions = "NotPrincipal" in statement
    if principal is None:
        if exceptions or "Principal" in statement:
            raise NotUnderstoodError("Statement: an identity policy names no principal.")
        return Verdict.ALLOWED
    if not exceptions:
        return _named(statement.get("Principal"), principal, denies=denies)
    if not denies or "Principal" in statement:
        raise NotUnderstoodError("Statement: NotPrincipal goes with Deny, and without Principal.")
    return Verdict.SILENT if _excepted(statement["NotPrincipal"], principal) else Verdict.ALLOWED


def _named(element: Any, principal: Principal, *, denies: bool) -> Verdict:
    """How a Principal element names who asks.

    Whether everybody of ``{"AWS": "*"}`` includes AWS's services is nowhere said: a guess is that only a Deny's does.
    """
    if element == "*":
        return Verdict.ALLOWED
    if not isinstance(element, Mapping):
        return Verdict.SILENT
    names = as_list(element.get("AWS"))
    if principal.service is not None:
        named = principal.service in as_list(element.get("Service")) or (denies and "*" in names)
        return Verdict.ALLOWED if named else Verdict.SILENT
    if "*" in names or any(arn in names for arn in principal.arns):
        return Verdict.ALLOWED
    return Verdict.DELEGATED if _account_named(names, principal) else Verdict.SILENT


def _excepted(element: Any, principal: Principal) -> bool:
    """Whether NotPrincipal leaves a caller out: account, role and session must all be named in it.

    Fact: IAM user guide, "NotPrincipal": the account is looked at first, then the role, then the session.
    """
    if principal.service is not None or not isinstance(element, Mapping):
        return _named(element, principal, denies=False) is Verdict.ALLOWED
    names = as_list(element.get("AWS"))
    return "*" in names or (
        _account_named(names, principal) and all(arn in names or _ROOT_ARN.fullmatch(arn) for arn in principal.arns)
    )


def _account_named(names: Sequence[Any], principal: Principal) -> bool:
    roots = (_ROOT_ARN.fullmatch(str(name)) for name in names)
    accounts = {str(name) for name in names} | {root[1] for root in roots if root}
    return principal.account_id in accounts
