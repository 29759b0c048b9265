"""An AssumeRole request, read and checked against the documented limits that moto does not look at.

Facts: STS API reference, AssumeRole; IAM user guide, "Pass session tags in AWS STS".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.loaders import Loader
from botocore.model import ServiceModel, Shape
from moto.iam.models import iam_backends
from moto.iam.policy_validation import IAMPolicyDocumentValidator
from moto.sts.exceptions import STSClientError, STSValidationError
from moto.utilities.utils import get_partition

from airflow_provider_appflow_isv.local.role_sessions import SessionAttributes

if TYPE_CHECKING:
    from moto.sts.responses import TokenResponse

_CHECKED = ("RoleArn", "RoleSessionName", "ExternalId", "SourceIdentity", "DurationSeconds")
_DEFAULT_DURATION = 3600
_MAX_POLICY_CHARACTERS = 2048
_MAX_POLICY_ARNS = 10


@dataclass(frozen=True)
class AssumeRoleRequest:
    """What is asked of AssumeRole.

    :param role_arn: the role.
    :param session_name: name of the new session.
    :param duration: seconds.
    :param external_id: None if there is none.
    :param policy: inline session policy, None if there is none.
    :param tags: the session tags passed, by key.
    :param transitive: keys of those that pass on along a role chain.
    :param attributes: what the new session will have, passed or inherited from the calling session.
    """

    role_arn: str
    session_name: str
    duration: int
    external_id: str | None
    policy: str | None
    tags: dict[str, str]
    transitive: tuple[str, ...]
    attributes: SessionAttributes

    @classmethod
    def read(cls, request: TokenResponse, calling: SessionAttributes) -> AssumeRoleRequest:
        """Read a request.

        :param request: moto's view of it.
        :param calling: attributes of the calling session.
        :raises STSClientError: for what is outside the documented limits, with AWS's error code.
        """
        params: dict[str, Any] = {name: request._get_param(name) for name in _input_members()}
        _raise_violations(list(_violations(params)))
        tags = {tag["Key"]: tag["Value"] for tag in params["Tags"] or []}
        transitive = _transitive(tags, params["TransitiveTagKeys"] or [])
        _check_tags(params["Tags"] or [], calling)
        policy_arns = tuple(str(each["arn"]) for each in params["PolicyArns"] or [])
        _check_policy(params["Policy"], policy_arns)
        attributes = SessionAttributes(
            policy_arns=policy_arns,
            tags={**calling.inherited_tags(), **tags},
            transitive=(*calling.transitive, *transitive),
            source_identity=_source_identity(params["SourceIdentity"], calling),
        )
        return cls(
            role_arn=params["RoleArn"],
            session_name=params["RoleSessionName"],
            duration=int(params["DurationSeconds"] or _DEFAULT_DURATION),
            external_id=params["ExternalId"],
            policy=params["Policy"],
            tags=tags,
            transitive=transitive,
            attributes=attributes,
        )

    @property
    def actions(self) -> tuple[str, ...]:
        """What the role's trust policy must allow."""
        actions = ["sts:AssumeRole"]
        if self.attributes.tags:
            actions.append("sts:TagSession")
        if self.attributes.source_identity is not None:
            actions.append("sts:SetSourceIdentity")
        return tuple(actions)

    def context(self) -> dict[str, str | Sequence[str]]:
        """Return the condition keys that this request has beside the caller's own."""
        context: dict[str, str | Sequence[str]] = {"sts:RoleSessionName": self.session_name}
        if self.external_id is not None:
            context["sts:ExternalId"] = self.external_id
        if self.attributes.source_identity is not None:
            context["sts:SourceIdentity"] = self.attributes.source_identity
        if self.tags:
            context |= {f"aws:RequestTag/{key}": value for key, value in self.tags.items()}
            context["aws:TagKeys"] = tuple(self.tags)
        if self.transitive:
            context["sts:TransitiveTagKeys"] = self.transitive
        return context

    def check_session_policies(self, account_id: str, region: str) -> None:
        """Refuse managed session policies of the role's account that do not exist.

        AWS's own are taken as they come: moto has them only if MOTO_IAM_LOAD_MANAGED_POLICIES is true.

        :raises STSValidationError: naming the first one.
        """
        known = iam_backends[account_id][get_partition(region)].managed_policies
        for arn in self.attributes.policy_arns:
            if arn not in known and not _AWS_MANAGED.match(arn):
                raise STSValidationError(f"PolicyArns: {arn} does not exist. Create it in the role's account.")


_AWS_MANAGED = re.compile(r"arn:[^:]+:iam::aws:policy/.")


@cache
def _input_members() -> dict[str, Shape]:
    model = ServiceModel(Loader().load_service_model("sts", "service-2"), "sts")
    shape: Any = model.operation_model("AssumeRole").input_shape
    return dict(shape.members)


def _violations(params: dict[str, Any]) -> Iterator[str]:
    members = _input_members()
    for name in _CHECKED:
        yield from _member_violations(members[name], params[name], _lower_first(name), required=name.startswith("Role"))
    tags: Any = members["Tags"]
    for number, tag in enumerate(params["Tags"] or [], start=1):
        for name, shape in tags.member.members.items():
            yield from _length_violations(shape, tag.get(name), f"tags.{number}.member.{_lower_first(name)}")
    for name in ("Tags", "TransitiveTagKeys"):
        yield from _length_violations(members[name], params[name] or [], _lower_first(name))


def _member_violations(shape: Shape, value: Any, path: str, *, required: bool) -> Iterator[str]:
    if value is None:
        if required:
            yield f"Value null at '{path}' failed to satisfy constraint: Member must not be null"
    elif shape.type_name == "integer":
        yield from _bound_violations(shape, int(value), value, path, "value")
    else:
        yield from _length_violations(shape, value, path)
        pattern = shape.metadata.get("pattern")
        if pattern and not re.fullmatch(pattern, value, re.ASCII):
            yield (
                f"Value '{value}' at '{path}' failed to satisfy constraint: "
                f"Member must satisfy regular expression pattern: {pattern}"
            )


def _length_violations(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if value is None:
        yield f"Value null at '{path}' failed to satisfy constraint: Member must not be null"
    else:
        yield from _bound_violations(shape, len(value), value, path, "length")


def _bound_violations(shape: Shape, size: int, value: Any, path: str, what: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and size < low:
        bound = f"greater than or equal to {low}"
    elif high is not None and size > high:
        bound = f"less than or equal to {high}"
    else:
        return
    yield f"Value '{value}' at '{path}' failed to satisfy constraint: Member must have {what} {bound}"


def _raise_violations(violations: list[str]) -> None:
    if violations:
        plural = "s" if len(violations) > 1 else ""
        raise STSValidationError(f"{len(violations)} validation error{plural} detected: " + "; ".join(violations))


def _lower_first(name: str) -> str:
    return name[0].lower() + name[1:]


def _transitive(tags: dict[str, str], keys: list[str]) -> tuple[str, ...]:
    spelling = {key.lower(): key for key in tags}
    if not spelling.keys() >= {key.lower() for key in keys}:
        raise STSClientError(
            "InvalidParameterValue", "The specified transitive tag key must be included in the requested tags."
        )
    return tuple(spelling[key.lower()] for key in keys)


def _check_tags(tags: list[dict[str, str]], calling: SessionAttributes) -> None:
    keys = [tag["Key"].lower() for tag in tags]
    if len(set(keys)) < len(keys):
        raise STSClientError(
            "InvalidParameterValue", "Duplicate tag keys found. Please note that Tag keys are case insensitive."
        )
    if any(key.startswith("aws:") for key in keys):
        raise STSClientError(
            "InvalidParameterValue", "Tags: a key must not begin with aws:, which is AWS's own prefix."
        )
    if set(keys) & {key.lower() for key in calling.transitive}:
        raise STSClientError(
            "InvalidParameterValue",
            "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key "
            "from the calling session.",
        )


def _source_identity(requested: str | None, calling: SessionAttributes) -> str | None:
    if calling.source_identity is None or requested in (None, calling.source_identity):
        return requested or calling.source_identity
    raise STSValidationError("The source identity is already set for this assume role session.")


def _check_policy(policy: str | None, policy_arns: Sequence[str]) -> None:
    if len(policy_arns) > _MAX_POLICY_ARNS:
        raise STSValidationError(f"PolicyArns: {len(policy_arns)} given, at most {_MAX_POLICY_ARNS} are allowed.")
    if policy is None:
        return
    if len(policy) > _MAX_POLICY_CHARACTERS:
        raise STSClientError(
            "PackedPolicyTooLarge", f"Policy: {len(policy)} characters, at most {_MAX_POLICY_CHARACTERS} are allowed."
        )
    IAMPolicyDocumentValidator(policy).validate()
