"""Who calls, and what the caller's identity policies say: checked by the local AWS in a mode that is off by default.

Facts: IAM user guide, "Policy evaluation logic", "AWS global condition context keys", "Permissions boundaries",
"Session policies" and "Troubleshoot access denied error messages".
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.iam.exceptions import NotFoundException
from moto.iam.models import Group, ManagedPolicy, Role, User, iam_backends
from moto.sts.models import AssumedRole, sts_backends
from moto.utilities.utils import get_partition

from airflow_provider_appflow_isv.local.policies import Principal, Verdict, evaluate, parse_policy
from airflow_provider_appflow_isv.local.role_sessions import attributes_of

if TYPE_CHECKING:
    from moto.core.responses import BaseResponse

    from airflow_provider_appflow_isv.local.conditions import Context

_ACCOUNT_HEADER = "x-moto-account-id"  # by which a test acts for an account's root without a key
_ARN_PARTS = 6
_ROLE_ARN = re.compile(r"arn:[^:]+:iam::(\d{12}):role/.+")
_IDENTITY, _BOUNDARY, _SESSION = "identity-based policy", "permissions boundary", "session policy"
_enforced_on: object = None


def enforce(on: bool) -> None:
    """Check the caller's identity policies on AppFlow's operations and on AssumeRole, or no longer.

    A reset of moto (``/moto-api/reset``, the start of ``mock_aws`` or of the local stack) switches it off.

    :param on: whether to check.
    """
    global _enforced_on  # one mode for the process, as moto's state is the process's
    _enforced_on = _moto_state() if on else None


def is_enforced() -> bool:
    """Say whether identity policies are checked."""
    return _enforced_on is not None and _enforced_on is _moto_state()


def _moto_state() -> object:
    """An object that moto replaces on each reset, so that the mode ends with the state that it was set for."""
    return iam_backends[DEFAULT_ACCOUNT_ID]["aws"]


class NotAuthorizedError(Exception):
    """The caller may not do it; the message is IAM's."""


class UnknownKeyError(Exception):
    """The access key is nobody's or switched off; the message is AWS's."""

    def __init__(self) -> None:
        super().__init__("The security token included in the request is invalid.")


@dataclass(frozen=True)
class _Policies:
    """Policies of one kind, with the ARN of each that has one: they add up."""

    kind: str
    documents: Sequence[tuple[str | None, Mapping[str, Any]]]

    def verdict(self, action: str, resource: str, context: Context) -> Verdict:
        return max(
            (_evaluate(document, action, resource, context) for _, document in self.documents), default=Verdict.SILENT
        )

    def refusal(self, action: str, resource: str, context: Context) -> str | None:
        """The words in which IAM blames these policies, None if they allow it."""
        for arn, document in self.documents:
            if _evaluate(document, action, resource, context) is Verdict.DENIED:
                article = "an" if self.kind == _IDENTITY else "a"
                return f"with an explicit deny in {article} {self.kind}" + (f": {arn}" if arn else "")
        if self.verdict(action, resource, context) is Verdict.ALLOWED:
            return None
        return f"because no {self.kind} allows the {action} action"


def _evaluate(document: Mapping[str, Any], action: str, resource: str, context: Context) -> Verdict:
    return evaluate([document], principal=None, action=action, resource=resource, context=context)


@dataclass(frozen=True)
class Caller:
    """Who an access key belongs to.

    :param account_id: the caller's account.
    :param arn: as AWS shows it: of the user, of the role session, or of the account's root.
    :param region: Region of the request.
    :param user: the IAM user; None for a role session or root.
    :param session: the role session; None for a user or root.
    :param service_role: the role that an AWS service has assumed; None for any other caller.
    :param client: condition keys of what the caller calls with; default none.
    """

    account_id: str
    arn: str
    region: str
    user: User | None = None
    session: AssumedRole | None = None
    service_role: Role | None = None
    client: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def root(cls, account_id: str, region: str) -> Caller:
        """Return an account's root."""
        return cls(account_id, f"arn:{get_partition(region)}:iam::{account_id}:root", region)

    @classmethod
    def in_service(cls, role: Role, session_name: str, region: str) -> Caller:
        """Return an AWS service in a role that it has assumed."""
        arn = f"arn:{get_partition(region)}:sts::{role.account_id}:assumed-role/{role.name}/{session_name}"
        return cls(str(role.account_id), arn, region, service_role=role)

    @property
    def principal(self) -> Principal:
        """The caller as resource policies name it."""
        return Principal(account_id=self.account_id, arns=(self.arn, self._role_arn) if self._role_arn else (self.arn,))

    def context(self, resource: str = "*") -> dict[str, str | Sequence[str]]:
        """Return the condition keys that each of the caller's requests has.

        :param resource: ARN acted on; default ``*``, which is taken for one of the caller's account.
        """
        now = time.time()
        context: dict[str, str | Sequence[str]] = {
            "aws:PrincipalArn": self.principal.arns[-1],
            "aws:PrincipalAccount": self.account_id,
            "aws:PrincipalType": "AssumedRole" if self._role_arn else "User" if self.user else "Account",
            "aws:ResourceAccount": _account_of(resource) or self.account_id,
            "aws:PrincipalIsAWSService": "false",
            "aws:ViaAWSService": "false",
            "aws:SecureTransport": "true",  # as it would be at AWS; the local stack itself speaks plain HTTP
            "aws:RequestedRegion": self.region,
            "aws:CurrentTime": datetime.fromtimestamp(now, UTC).isoformat(),
            "aws:EpochTime": str(int(now)),
            **self.client,
        }
        if self.user:
            context |= {"aws:username": self.user.name, "aws:userid": self.user.id}
        elif self.session:
            context |= {"aws:userid": self.session.user_id, "aws:MultiFactorAuthPresent": "false"}
            context["aws:TokenIssueTime"] = self.session.access_key.create_date.replace(tzinfo=UTC).isoformat()
        elif self.service_role:
            context["aws:userid"] = f"{self.service_role.id}:{self.arn.rpartition('/')[2]}"
        else:
            context["aws:userid"] = self.account_id
        source_identity = attributes_of(self.session).source_identity
        if source_identity is not None:
            context["aws:SourceIdentity"] = source_identity
        return context | {f"aws:PrincipalTag/{key}": value for key, value in self._tags().items()}

    def identity_verdict(self, action: str, resource: str, context: Context) -> Verdict:
        """Return what the caller's own policies say.

        :param action: e.g. ``sts:AssumeRole``.
        :param resource: ARN acted on, ``*`` for an action without resources.
        :param context: all condition keys of the request.
        :return: ALLOWED if identity policies, permissions boundary and session policies all allow, DENIED if one
            denies explicitly, else SILENT. Root is always ALLOWED.
        """
        verdicts = [policies.verdict(action, resource, context) for policies in self._policies()]
        return Verdict.DENIED if Verdict.DENIED in verdicts else min(verdicts, default=Verdict.ALLOWED)

    def check(self, action: str, resource: str, context: Context | None = None) -> None:
        """Ask the caller's own policies, whether or not the mode is on.

        :param action: e.g. ``appflow:StartFlow``.
        :param resource: ARN acted on, ``*`` for an action without resources.
        :param context: condition keys of the request beside the caller's own; default none.
        :raises NotAuthorizedError: in IAM's words, which name the kind of policy to change.
        """
        keys = {**self.context(resource), **(context or {})}
        if self.identity_verdict(action, resource, keys) is not Verdict.ALLOWED:
            refused = f"{action} on resource: {resource} {self.blame(action, resource, keys)}"
            raise NotAuthorizedError(f"User: {self.arn} is not authorized to perform: {refused}")

    def blame(self, action: str, resource: str, context: Context) -> str:
        """Say in IAM's words which of the caller's policies do not allow an action; parameters of identity_verdict."""
        refusals = [refusal for each in self._policies() if (refusal := each.refusal(action, resource, context))]
        return next((refusal for refusal in refusals if refusal.startswith("with")), refusals[0])

    def _policies(self) -> list[_Policies]:
        """All kinds of policies that must allow; none for root."""
        if self.user:
            owners: list[User | Group | Role] = [self.user, *self._iam.get_groups_for_user(self.user.name)]
            return [_Policies(_IDENTITY, [entry for owner in owners for entry in _attached(owner)])]
        if not self._role_arn:
            return []
        role = self._role()
        kinds = [_Policies(_IDENTITY, list(_attached(role)) if role else [])]
        if role and role.permissions_boundary_arn:
            kinds.append(_Policies(_BOUNDARY, self._managed([role.permissions_boundary_arn])))
        managed = attributes_of(self.session).policy_arns
        text = self.session.policy if self.session else None
        if text or managed:
            inline = [(None, parse_policy(text))] if text else []
            kinds.append(_Policies(_SESSION, [*inline, *self._managed(managed)]))
        return kinds

    def _managed(self, arns: Iterable[str]) -> list[tuple[str | None, Mapping[str, Any]]]:
        known = self._iam.managed_policies
        return [(arn, _default_version(known[arn])) for arn in arns if arn in known]

    def _tags(self) -> dict[str, str]:
        """The user's or role's tags; a session's tags come before its role's, whatever their case."""
        owner = self.user or self._role()
        tags = {tag["Key"]: tag["Value"] for tag in (owner.tags if owner else None) or []}
        session_tags = attributes_of(self.session).tags
        hidden = {key.lower() for key in session_tags}
        return {**{key: value for key, value in tags.items() if key.lower() not in hidden}, **session_tags}

    @property
    def _role_arn(self) -> str | None:
        """Of the role that the caller has assumed."""
        if self.service_role:
            return str(self.service_role.arn)
        return self.session.role_arn if self.session else None

    def _role(self) -> Role | None:
        return self.service_role or (find_role(self._role_arn, self.region) if self._role_arn else None)

    @property
    def _iam(self) -> Any:
        return iam_backends[self.account_id][get_partition(self.region)]


def caller_of(request: BaseResponse) -> Caller:
    """Say who makes a request, with what moto knows of the client.

    :param request: moto's view of it.
    :raises UnknownKeyError: while the mode is on, for an access key that moto does not know or that is Inactive, unless
        ``x-moto-account-id`` names the account.
    """
    key, account_id = request.get_access_key(), request.current_account
    caller = find_caller(account_id, key, request.region)
    if is_enforced() and _ACCOUNT_HEADER not in request.headers:
        known = iam_backends[account_id][get_partition(request.region)].access_keys.get(key)
        if known is None or known.status != "Active":
            raise UnknownKeyError
    sent = request.normalized_request
    client = {"aws:SourceIp": sent.remote_addr, "aws:UserAgent": sent.headers.get("User-Agent")}
    return replace(caller, client={name: value for name, value in client.items() if value})


def find_caller(account_id: str, access_key_id: str, region: str) -> Caller:
    """Say who an access key belongs to.

    :param account_id: account that moto found for the request.
    :param access_key_id: key id of the request's signature.
    :param region: Region of the request; decides the partition.
    :return: the caller. A key that moto does not know is the account's root.
    """
    partition = get_partition(region)
    session = sts_backends[account_id][partition].get_assumed_role_from_access_key(access_key_id)
    if session is not None:
        return Caller(account_id, session.arn, region, session=session)
    user = iam_backends[account_id][partition].get_user_from_access_key_id(access_key_id)
    return Caller(account_id, user.arn, region, user=user) if user else Caller.root(account_id, region)


def find_role(role_arn: str, region: str) -> Role | None:
    """Return the role of an ARN in the Region's partition, None if there is none."""
    match = _ROLE_ARN.fullmatch(role_arn)
    if match is None:
        return None
    try:
        return iam_backends[match[1]][get_partition(region)].get_role_by_arn(role_arn)
    except NotFoundException:
        return None


def _account_of(arn: str) -> str | None:
    parts = arn.split(":", _ARN_PARTS - 1)
    return parts[-2] if len(parts) == _ARN_PARTS else None


def _attached(owner: User | Group | Role) -> Iterable[tuple[str | None, Mapping[str, Any]]]:
    for text in owner.policies.values():
        yield None, parse_policy(text)
    for managed in owner.managed_policies.values():
        yield managed.arn, _default_version(managed)


def _default_version(policy: ManagedPolicy) -> dict[str, Any]:
    version_id = policy.default_version_id
    return parse_policy(next((each.document for each in policy.versions if each.version_id == version_id), None))
