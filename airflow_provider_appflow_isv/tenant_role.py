"""The role that a task assumes in a tenant's account: checked when the DAG is parsed, used when the task runs."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_appflow_isv.exceptions import TenantConfigurationError

# the arguments that every operator, sensor, trigger and hook of this provider takes
SHARED_ARGUMENTS = (
    "aws_conn_id",
    "region_name",
    "verify",
    "botocore_config",
    "role_arn",
    "external_id",
    "assume_role_kwargs",
)

_ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::(?P<account>\d{12}):role/[\w+=,.@/-]+", re.ASCII)
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)

# members of sts:AssumeRole that a task may set (botocore sts 2011-06-15), but for those with an argument of their own
_MEMBERS = (
    "RoleSessionName",
    "PolicyArns",
    "Policy",
    "DurationSeconds",
    "Tags",
    "TransitiveTagKeys",
    "SourceIdentity",
    "ProvidedContexts",
)


@dataclass(frozen=True)
class TenantRole:
    """The second hop: a role in the tenant's account, assumed with what the connection gives.

    :param role_arn: ARN of the role.
    :param external_id: ExternalId that the role's trust policy demands.
    :param assume_role_kwargs: further members of sts:AssumeRole: RoleSessionName, PolicyArns, Policy (text or dict),
        DurationSeconds (900 to 43200; AWS allows 3600 at most when one role assumes another), Tags,
        TransitiveTagKeys, SourceIdentity, ProvidedContexts.
    :raises TenantConfigurationError: naming the argument that is wrong.
    """

    role_arn: str
    external_id: str | None = None
    assume_role_kwargs: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not (isinstance(self.role_arn, str) and _ROLE_ARN.fullmatch(self.role_arn)):
            raise TenantConfigurationError(
                f"role_arn {self.role_arn!r} is not the ARN of an IAM role.",
                hint="Give it as arn:aws:iam::<12 digits>:role/<name>.",
            )
        external_id = self.external_id
        if external_id is not None and not (isinstance(external_id, str) and _EXTERNAL_ID.fullmatch(external_id)):
            raise TenantConfigurationError(
                "external_id must be a text of 2 to 1224 letters, digits and _+=,.@:/-.", account=self.account_id
            )
        if not isinstance(self.assume_role_kwargs, Mapping):
            raise TenantConfigurationError("assume_role_kwargs must be a dict.", account=self.account_id)
        if unknown := sorted(set(self.assume_role_kwargs) - set(_MEMBERS)):
            raise TenantConfigurationError(
                f"assume_role_kwargs has {', '.join(unknown)}, which can't be set there.",
                account=self.account_id,
                hint=f"Possible are {', '.join(_MEMBERS)}; role and ExternalId are role_arn and external_id.",
            )
        duration = self.assume_role_kwargs.get("DurationSeconds")
        if duration is not None and not (isinstance(duration, int) and 900 <= duration <= 43200):
            raise TenantConfigurationError(
                f"assume_role_kwargs['DurationSeconds'] is {duration!r}, it must be a number in 900 to 43200.",
                account=self.account_id,
            )

    @classmethod
    def from_arguments(
        cls, role_arn: str | None, external_id: str | None, assume_role_kwargs: Mapping[str, Any] | None
    ) -> TenantRole | None:
        """The role that an operator's three arguments name; None if ``role_arn`` is None.

        An empty ``role_arn``, such as a template that rendered to nothing, is an error and not "no role".
        """
        if role_arn is not None:
            return cls(role_arn, external_id, {} if assume_role_kwargs is None else assume_role_kwargs)
        for name, value in (("external_id", external_id), ("assume_role_kwargs", assume_role_kwargs)):
            if value:
                raise TenantConfigurationError(
                    f"{name} is set, but role_arn is not: the call would be made in the connection's own account.",
                    hint="Set role_arn to the role in the tenant's account.",
                )
        return None

    @property
    def account_id(self) -> str:
        """The tenant's AWS account id, from the role's ARN."""
        return self.role_arn.split(":")[4]

    def request_members(self, *, default_session_name: str) -> dict[str, Any]:
        """Members of sts:AssumeRole but for RoleArn."""
        members: dict[str, Any] = {"RoleSessionName": default_session_name, **self.assume_role_kwargs}
        if isinstance(members.get("Policy"), Mapping):
            members["Policy"] = json.dumps(members["Policy"])
        if self.external_id:
            members["ExternalId"] = self.external_id
        return members
