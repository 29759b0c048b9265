"""What AppFlow needs to be allowed in the policy of a secret or of the key that encrypts it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

READ_SECRET = ("secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue")
READ_KEY = ("kms:Decrypt",)


def appflow_statement(actions: Sequence[str], *, account: str, profile_arn: str | None = None) -> dict[str, Any]:
    """The statement with which a secret's or a key's policy lets AppFlow in, when it acts for an account.

    :param actions: ``READ_SECRET`` or ``READ_KEY``.
    :param account: AWS account id of the connector profiles.
    :param profile_arn: the only connector profile to let in; default None, all of the account. Whether AppFlow says for
        which profile it asks is written nowhere, so a request that says nothing of it is let in for the account.
    """
    condition: dict[str, Any] = {"StringEquals": {"aws:SourceAccount": account}}
    if profile_arn:
        condition["ArnLikeIfExists"] = {"aws:SourceArn": profile_arn}
    return {
        "Sid": "AppFlowRead",
        "Effect": "Allow",
        "Principal": {"Service": "appflow.amazonaws.com"},
        "Action": list(actions),
        "Resource": "*",  # in a policy of a secret or key: itself
        "Condition": condition,
    }


def with_statement(policy: dict[str, Any], statement: dict[str, Any]) -> dict[str, Any]:
    """A policy that lets AppFlow in as a statement says, beside all that it says already.

    :param policy: the policy as it is; an empty one for none.
    :param statement: of :func:`appflow_statement`; for another connector profile it gets a Sid of its own.
    :return: the policy itself if the statement is in it.
    """
    existing = _statements(policy)
    wanted = {name: value for name, value in statement.items() if name != "Sid"}
    if any({name: value for name, value in each.items() if name != "Sid"} == wanted for each in existing):
        return policy
    sids = {each.get("Sid") for each in existing}
    sid, number = statement["Sid"], 2
    while sid in sids:
        sid, number = f"{statement['Sid']}{number}", number + 1
    return {"Version": "2012-10-17", **policy, "Statement": [*existing, {"Sid": sid, **wanted}]}


def profiles_let_in(policy: dict[str, Any]) -> list[str]:
    """The connector profiles for which a policy lets AppFlow in, by ARN; a word on it if it is for all of an account.

    :param policy: of a secret or key.
    """
    found: list[str] = []
    for each in _statements(policy):
        principal = each.get("Principal")
        services = principal.get("Service", []) if isinstance(principal, dict) else []
        if each.get("Effect") == "Allow" and "appflow.amazonaws.com" in services:
            conditions = each.get("Condition", {}).values()
            arns = [condition["aws:SourceArn"] for condition in conditions if "aws:SourceArn" in condition]
            named = [arn for some in arns for arn in ([some] if isinstance(some, str) else some)]
            found += named or ["any connector profile of the account"]
    return found


def _statements(policy: dict[str, Any]) -> list[dict[str, Any]]:
    found = policy.get("Statement", [])
    return [found] if isinstance(found, dict) else list(found)
