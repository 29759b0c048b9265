"""A small IAM policy evaluator, for bucket policies and role trust policies of the local stack.

Facts: IAM user guide, "Policy evaluation logic", "IAM JSON policy elements" (Principal, Action, Resource, Condition).
What it does not know, it refuses: an unknown condition operator or a Not* element never lets an Allow apply and never
keeps a Deny from applying.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_ACCOUNT_ID = re.compile(r"\d{12}")
_ROOT_ARN = re.compile(r"arn:[^:]+:iam::(\d{12}):root")
_NOT_ELEMENTS = ("NotPrincipal", "NotAction", "NotResource")


@dataclass(frozen=True)
class Principal:
    """Who asks.

    :param service: service name such as ``appflow.amazonaws.com``, for a call made by AWS itself; default None.
    :param account_id: 12-digit account of an IAM caller; default None.
    :param arns: every ARN the caller goes by (a role session goes by the role's ARN and by the session's).
    """

    service: str | None = None
    account_id: str | None = None
    arns: tuple[str, ...] = ()


def is_allowed(
    policy: Mapping[str, Any],
    *,
    principal: Principal,
    action: str,
    resource: str | None,
    context: Mapping[str, str],
) -> bool:
    """Say whether a resource policy lets a principal do something.

    :param policy: the policy document as parsed JSON.
    :param principal: who asks.
    :param action: e.g. ``s3:PutObject``.
    :param resource: ARN acted on; None for a trust policy, whose statements name no resource.
    :param context: condition keys of this request; a key that is absent here matches no condition.
    :return: True if a statement allows it and none denies it.
    """
    effects = {
        statement.get("Effect")
        for statement in _list(policy.get("Statement"))
        if _applies(statement, principal, action, resource, context)
    }
    return "Allow" in effects and "Deny" not in effects


def _applies(
    statement: Mapping[str, Any],
    principal: Principal,
    action: str,
    resource: str | None,
    context: Mapping[str, str],
) -> bool:
    denies = statement.get("Effect") == "Deny"
    if any(element in statement for element in _NOT_ELEMENTS):
        return denies
    return (
        _principal_matches(statement.get("Principal"), principal)
        and any(_glob(pattern.lower(), action.lower()) for pattern in _list(statement.get("Action")))
        and (resource is None or any(_glob(p, resource) for p in _list(statement.get("Resource"))))
        and _conditions_met(statement.get("Condition") or {}, context, unknown=denies)
    )


def _principal_matches(element: Any, principal: Principal) -> bool:
    if element == "*":
        return True
    if not isinstance(element, Mapping):
        return False
    if principal.service is not None:
        return principal.service in _list(element.get("Service"))
    return any(_aws_principal_matches(name, principal) for name in _list(element.get("AWS")))


def _aws_principal_matches(name: str, principal: Principal) -> bool:
    if name == "*":
        return True
    root = _ROOT_ARN.fullmatch(name)
    if root or _ACCOUNT_ID.fullmatch(name):
        return principal.account_id == (root[1] if root else name)
    return name in principal.arns


def _conditions_met(conditions: Mapping[str, Any], context: Mapping[str, str], *, unknown: bool) -> bool:
    values = {key.lower(): value for key, value in context.items()}  # condition keys are case-insensitive
    for operator, expectations in conditions.items():
        matches = _OPERATORS.get(operator)
        if matches is None:
            if not unknown:
                return False
            continue
        for key, expected in expectations.items():
            actual = values.get(key.lower())
            if actual is None or not any(matches(str(e), actual) for e in _list(expected)):
                return False
    return True


def _glob(pattern: str, value: str) -> bool:
    """IAM's wildcards: ``*`` any run of characters, ``?`` one; nothing else is special."""
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, value, re.DOTALL) is not None


def _arn_matches(pattern: str, arn: str) -> bool:
    """Part by part, so that a wildcard never reaches over a colon (IAM user guide, "ARN condition operators")."""
    patterns, parts = pattern.split(":", 5), arn.split(":", 5)
    return len(patterns) == len(parts) == 6 and all(map(_glob, patterns, parts))


def _bool_matches(expected: str, actual: str) -> bool:
    return expected.lower() == actual.lower()


def _equal(expected: str, actual: str) -> bool:
    return expected == actual


_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": _equal,
    "StringLike": _glob,
    "ArnEquals": _arn_matches,  # the same as ArnLike, says the IAM user guide
    "ArnLike": _arn_matches,
    "Bool": _bool_matches,
}


def _list(value: Any) -> Iterable[Any]:
    """A policy element is one value or a list of them."""
    if value is None:
        return ()
    return value if isinstance(value, list) else (value,)
