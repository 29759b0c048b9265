"""What a tenant is set up for: who assumes the role, for which steps, and on what they act."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from airflow_provider_appflow_isv.onboarding.steps import STEPS

ASKED = {
    "bucket": ("buckets", "Bucket"),
    "secret": ("secrets", "SecretArn"),
    "client-credentials-secret": ("client_credentials_secrets", "ClientCredentialsSecretArn"),
}
"""What the template can leave to the tenant: the member of ``TenantSetup`` and the name of the parameter."""

_ROLE_ARN = r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+"
_BUCKET = (r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "the name of a bucket")
_SECRET = (
    r"[\w/+=.@!-]{1,512}|arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@!-]+",
    "the name or ARN of a secret",
)
_KEY = (r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[\w-]+", "the ARN of a KMS key (of the key, not of an alias)")
_ROLE = (_ROLE_ARN, "the ARN of an IAM role")
_FORMS = {
    "isv_principal": (
        rf"\d{{12}}|{_ROLE_ARN}|arn:aws[a-z-]*:iam::\d{{12}}:(root|user/[\w+=,.@/-]+)",
        "an account id of 12 digits or the ARN of an IAM role or user (of the role, not of a session in it)",
    ),
    "external_id": (r"[\w+=,.@:/-]{2,1224}", "an ExternalId: 2 to 1224 letters, digits and any of _+=,.@:/-"),
    "account_id": (r"\d{12}", "an account id of 12 digits"),
    "region": (r"[a-z]{2}(-[a-z]+)+-\d", "a Region such as us-east-1"),
    "role_name": (r"[\w+=,.@-]{1,64}", "the name of a role: 1 to 64 letters, digits and any of _+=,.@-"),
    "flows": (r"[a-zA-Z0-9*?][\w!@#.*?-]{0,255}", "the name of a flow, with * and ? as wildcards"),
    "profiles": (r"[\w/!@#+=.*?-]{1,256}", "the name of a connector profile, with * and ? as wildcards"),
    "buckets": _BUCKET,
    "source_buckets": _BUCKET,
    "secrets": _SECRET,
    "secret_keys": _KEY,
    "client_credentials_secrets": _SECRET,
    "kms_keys": _KEY,
    "appflow_roles": _ROLE,
    "redshift_roles": _ROLE,
}
# whose these are, and where: nothing else is of use to a role of the account and to AppFlow in the Region. A key may be
# another account's, a role of another account can't be handed to a service (IAM user guide, iam:PassRole)
_OF_ACCOUNT = ("secrets", "client_credentials_secrets", "appflow_roles", "redshift_roles")
_OF_REGION = ("secrets", "client_credentials_secrets", "secret_keys", "kms_keys")
_SINGLE = ("isv_principal", "external_id", "account_id", "region", "role_name")
_OF_THE_STACK = {"account_id": "${AWS::AccountId}", "region": "${AWS::Region}"}
_FILLED_IN_LATER = {*_OF_THE_STACK.values(), *(f"${{{parameter}}}" for _, parameter in ASKED.values())}
_PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}


class OnboardingError(ValueError):
    """A wrong or missing value.

    :param argument: the member of ``TenantSetup`` that is wrong.
    :param problem: what is wrong with it and what to do.
    """

    def __init__(self, argument: str, problem: str) -> None:
        super().__init__(f"{argument}: {problem}")
        self.argument = argument
        self.problem = problem


def new_external_id() -> str:
    """A random ExternalId: 43 characters that nobody guesses. Each tenant needs one of its own."""
    from secrets import token_urlsafe  # costs as much as all the rest of this package

    return token_urlsafe(32)


@dataclass(frozen=True, kw_only=True)
class TenantSetup:
    """One tenant, and what the ISV's DAG does in the tenant's AWS account.

    :param isv_principal: who may assume the role: the ISV's account id (who in that account is then for the ISV to
        say), or the ARN of the ISV's role or user, which has to exist when the tenant's role is made.
    :param steps: names in :data:`~airflow_provider_appflow_isv.onboarding.steps.STEPS`.
    :param external_id: what the ISV says when it assumes the role; default a random one, another for each object.
    :param account_id: the tenant's AWS account; default None, with which only the template can be made: it takes the
        stack's.
    :param region: Region of flows, profiles, secrets and keys; default None as for ``account_id``. ARNs have to be of
        this account and Region, but a key may be another account's.
    :param role_name: name of the role in the tenant's account.
    :param flows: names of the flows, with * and ? as wildcards; default all.
    :param profiles: names of the connector profiles, with * and ? as wildcards; default all.
    :param buckets: buckets that AppFlow writes to: destination, intermediate and error buckets.
    :param source_buckets: buckets that AppFlow reads from.
    :param secrets: names or ARNs of the secrets from which the ISV reads the login to the SaaS.
    :param secret_keys: ARNs of the customer managed keys that encrypt ``secrets`` and ``client_credentials_secrets``.
    :param client_credentials_secrets: names or ARNs of the secrets that AppFlow itself reads (clientCredentialsArn).
    :param kms_keys: ARNs of the customer managed keys that AppFlow is to encrypt with (``kmsArn``); default none, then
        AppFlow's own.
    :param appflow_roles: ARNs of roles that are handed to AppFlow (of a Glue Data Catalog, and ``dataApiRoleArn``).
    :param redshift_roles: ARNs of roles that are handed to Redshift (``roleArn`` of a profile).
    :param session_tags: whether the ISV may pass session tags; default False.
    :param source_identity: whether the ISV may set a source identity; default False.
    :param ask: what the template is to leave to the tenant, as parameters: any of ``bucket``, ``secret``,
        ``client-credentials-secret``.
    :raises OnboardingError: a value is wrong; the error names the member.
    """

    isv_principal: str
    steps: Sequence[str]
    external_id: str = field(default_factory=new_external_id)
    account_id: str | None = None
    region: str | None = None
    role_name: str = "appflow-remote-role"
    flows: Sequence[str] = ("*",)
    profiles: Sequence[str] = ("*",)
    buckets: Sequence[str] = ()
    source_buckets: Sequence[str] = ()
    secrets: Sequence[str] = ()
    secret_keys: Sequence[str] = ()
    client_credentials_secrets: Sequence[str] = ()
    kms_keys: Sequence[str] = ()
    appflow_roles: Sequence[str] = ()
    redshift_roles: Sequence[str] = ()
    session_tags: bool = False
    source_identity: bool = False
    ask: Sequence[str] = ()

    def __post_init__(self) -> None:
        for name, (form, meant) in _FORMS.items():
            for value in self._values(name):
                if value not in _FILLED_IN_LATER and not re.fullmatch(form, str(value), re.ASCII):
                    raise OnboardingError(name, f"{value!r} is not {meant}.")
        self._check_arns(_OF_ACCOUNT, "account", 4, self.account_id)
        self._check_arns(_OF_REGION, "Region", 3, self.region)
        self._check_choices("ask", ASKED)
        self._check_choices("steps", STEPS)
        if not self.steps:
            raise OnboardingError("steps", f"there is none. Possible are {', '.join(STEPS)}.")
        of_bucket = [step for step in self.steps if STEPS[step].of_bucket]
        if of_bucket and not self.all_buckets and "bucket" not in self.ask:
            raise OnboardingError("buckets", f"{', '.join(of_bucket)}: of which bucket? Name it, or ask for it.")

    def _values(self, name: str) -> Sequence[Any]:
        given = getattr(self, name)
        if name in _SINGLE:
            return () if given is None else (given,)
        if isinstance(given, str):
            raise OnboardingError(name, f"{given!r} is one text where a list of them is meant.")
        return tuple(given)

    def _check_arns(self, names: Sequence[str], kind: str, part: int, wanted: str | None) -> None:
        if wanted is None or wanted in _FILLED_IN_LATER:
            return
        arns = ((name, value) for name in names for value in self._values(name) if value.startswith("arn:"))
        for name, arn in arns:
            found = arn.split(":")[part]
            if found != wanted:
                raise OnboardingError(name, f"{arn!r} is of {kind} {found}, the tenant's is {wanted}.")

    def _check_choices(self, name: str, known: Collection[str]) -> None:
        unknown = [value for value in self._values(name) if value not in known]
        if unknown:
            raise OnboardingError(name, f"{', '.join(unknown)}: not known. Possible are {', '.join(known)}.")

    @property
    def all_buckets(self) -> list[str]:
        """Every bucket once, those that AppFlow writes to first."""
        return list(dict.fromkeys((*self.buckets, *self.source_buckets)))

    @property
    def partition(self) -> str:
        """The partition of the tenant's account, from the Region; ``aws`` without one."""
        if self.region == _OF_THE_STACK["region"]:
            return "${AWS::Partition}"
        return next((name for start, name in _PARTITIONS.items() if (self.region or "").startswith(start)), "aws")

    @property
    def role_arn(self) -> str:
        """ARN of the role that the ISV assumes.

        :raises OnboardingError: the account is not known.
        """
        return f"arn:{self.partition}:iam::{self.known('account_id')}:role/{self.role_name}"

    def known(self, name: str) -> str:
        """A member without which only the template can be made.

        :param name: ``account_id`` or ``region``.
        :raises OnboardingError: it is not known.
        """
        value: str | None = getattr(self, name)
        if value is None:
            raise OnboardingError(name, "is needed: only the template can leave it to the stack that it becomes.")
        return value

    def in_stack(self) -> TenantSetup:
        """The same with CloudFormation's ``${..}`` for what is not known and for what the tenant is asked."""
        changes: dict[str, Any] = {name: getattr(self, name) or value for name, value in _OF_THE_STACK.items()}
        for asked in dict.fromkeys(self.ask):
            name, parameter = ASKED[asked]
            changes[name] = (*getattr(self, name), f"${{{parameter}}}")
        return replace(self, **changes)
