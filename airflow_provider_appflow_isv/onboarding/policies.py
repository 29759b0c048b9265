"""The policies of a tenant: who may assume the role, what the role may do, and whom buckets, secrets and keys let in.

All of them are what ``json.dumps`` turns into the document, in the same order for the same setup.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from airflow_provider_appflow_isv.bucket_access import bucket_statements
from airflow_provider_appflow_isv.onboarding.steps import STEPS, On, needed_actions
from airflow_provider_appflow_isv.onboarding.tenant import OnboardingError, TenantSetup
from airflow_provider_appflow_isv.secret_access import READ_KEY, READ_SECRET, appflow_statement

Policy = dict[str, Any]

_LARGEST_TRUST_POLICY, _LARGEST_POLICY = 2048, 6144  # characters (IAM user guide, "IAM and AWS STS quotas")
_THROUGH_APPFLOW = {"kms:ViaService": "appflow.*.amazonaws.com"}


@dataclass(frozen=True)
class _Scope:
    """What the actions on one kind of thing are restricted to.

    :param resources: gives the ARNs; none leaves the actions out.
    :param condition: the statement's Condition; default none.
    """

    resources: Callable[[TenantSetup], Sequence[str]]
    condition: Mapping[str, Any] | None = None


def _arns(setup: TenantSetup, service: str, start: str, names: Sequence[str], end: str = "") -> list[str]:
    place = f"arn:{setup.partition}:{service}:{setup.known('region')}:{setup.known('account_id')}:{start}"
    return [name if name.startswith(("arn:", "${")) else f"{place}{name}{end}" for name in names]


def _secret_arns(setup: TenantSetup, names: Sequence[str]) -> list[str]:
    return _arns(setup, "secretsmanager", "secret:", names, "-??????")  # Secrets Manager adds six characters


def _bucket_arns(setup: TenantSetup, end: str = "") -> list[str]:
    return [f"arn:{setup.partition}:s3:::{bucket}{end}" for bucket in setup.all_buckets]


_SCOPES = {
    On.ACCOUNT: _Scope(lambda _: ["*"]),
    On.FLOW: _Scope(lambda setup: _arns(setup, "appflow", "flow/", setup.flows)),
    On.PROFILE: _Scope(lambda setup: _arns(setup, "appflow", "connectorprofile/", setup.profiles)),
    On.BUCKET: _Scope(_bucket_arns),
    On.OBJECT: _Scope(lambda setup: _bucket_arns(setup, "/*")),
    On.ANY_BUCKET: _Scope(lambda _: ["*"]),
    On.SECRET: _Scope(lambda setup: _secret_arns(setup, setup.secrets)),
    On.SECRET_KEY: _Scope(
        lambda setup: setup.secret_keys, {"StringLike": {"kms:ViaService": "secretsmanager.*.amazonaws.com"}}
    ),
    On.CLIENT_SECRET: _Scope(
        lambda setup: [
            # one that is not there yet goes by its name
            *_arns(setup, "secretsmanager", "secret:", setup.client_credentials_secrets),
            *_secret_arns(setup, setup.client_credentials_secrets),
        ]
    ),
    On.PROFILE_SECRET: _Scope(
        lambda setup: _arns(setup, "secretsmanager", "secret:", ["appflow!*"]),
        {"ForAnyValue:StringEquals": {"aws:CalledVia": "appflow.amazonaws.com"}},
    ),
    On.KEY_GRANT: _Scope(
        lambda setup: setup.kms_keys or ["*"],
        {"StringLike": _THROUGH_APPFLOW, "Bool": {"kms:GrantIsForAWSResource": "true"}},
    ),
    On.KEY_USE: _Scope(lambda setup: setup.kms_keys or ["*"], {"StringLike": _THROUGH_APPFLOW}),
    On.KEY_LIST: _Scope(lambda _: ["*"]),
    On.APPFLOW_ROLE: _Scope(
        lambda setup: setup.appflow_roles, {"StringEquals": {"iam:PassedToService": "appflow.amazonaws.com"}}
    ),
    On.REDSHIFT_ROLE: _Scope(
        lambda setup: setup.redshift_roles, {"StringEquals": {"iam:PassedToService": "redshift.amazonaws.com"}}
    ),
}


def trust_policy(setup: TenantSetup) -> Policy:
    """Who may assume the role: the ISV, if it says the ExternalId.

    :param setup: the tenant; neither account nor Region need to be known.
    :raises OnboardingError: the ExternalId makes it longer than the 2,048 characters that IAM takes.
    """
    isv = setup.isv_principal
    extra = {"sts:SetSourceIdentity": setup.source_identity, "sts:TagSession": setup.session_tags}
    statement = {
        "Sid": "IsvWithExternalId",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{setup.partition}:iam::{isv}:root" if isv.isdigit() else isv},
        "Action": ["sts:AssumeRole", *(action for action, wanted in extra.items() if wanted)],
        "Condition": {"StringEquals": {"sts:ExternalId": setup.external_id}},
    }
    return _sized(_document([statement]), _LARGEST_TRUST_POLICY, "external_id", "take a shorter one")


def permission_policy(setup: TenantSetup) -> Policy:
    """What the role may do: what the steps need and nothing else.

    :param setup: the tenant, with account and Region.
    :raises OnboardingError: account or Region are missing, or the policy is longer than the 6,144 characters that IAM
        takes for a managed policy (for all that is inline in one role it takes 10,240).
    """
    statements = []
    for on, actions in needed_actions(setup.steps).items():
        scope = _SCOPES[on]
        resources = list(dict.fromkeys(scope.resources(setup)))
        if resources:
            sid = "".join(word.capitalize() for word in on.name.split("_"))
            statement = {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}
            statements.append(statement | ({"Condition": dict(scope.condition)} if scope.condition else {}))
    advice = "name flows and profiles by patterns such as acme-*, or make more than one role"
    return _sized(_document(statements), _LARGEST_POLICY, "flows", advice)


def bucket_policies(setup: TenantSetup) -> dict[str, Policy]:
    """What each bucket's policy needs so that AppFlow gets in, acting for the bucket's own account and no other.

    The statements are those that AppFlowGrantBucketAccessOperator makes.

    :param setup: the tenant, with its account.
    :return: policies by bucket. S3 takes a policy as a whole: where a bucket has one already, add the statements to it.
    """
    account, documents = setup.known("account_id"), {}
    for bucket in setup.all_buckets:
        kinds = {"write": bucket in setup.buckets, "read": bucket in setup.source_buckets}
        access = "_".join(kind for kind in ("read", "write") if kinds[kind])
        statements = bucket_statements(bucket, access, account=account, partition=setup.partition)
        documents[bucket] = _document(statements)
    return documents


def secret_policies(setup: TenantSetup) -> dict[str, Policy]:
    """What the policy of each secret behind a clientCredentialsArn needs so that AppFlow reads it, for this account.

    The secrets that the ISV reads need no policy of their own: they are in the role's account, and the role may. Where
    a step keeps the secrets, it writes their policies, too.

    :param setup: the tenant, with its account.
    :return: policies by secret.
    """
    if any(STEPS[step].keeps_secret for step in setup.steps):
        return {}
    statement = appflow_statement(READ_SECRET, account=setup.known("account_id"))
    return {name: _document([statement]) for name in setup.client_credentials_secrets}


def key_policies(setup: TenantSetup) -> dict[str, Policy]:
    """The statement to add to the policy of each key that encrypts a secret behind a clientCredentialsArn.

    :param setup: the tenant, with its account.
    :return: by key a policy of this one statement: it never stands alone, as it lets nobody administer the key.
    """
    keys = setup.secret_keys if setup.client_credentials_secrets else ()
    return {key: _document([appflow_statement(READ_KEY, account=setup.known("account_id"))]) for key in keys}


def _document(statements: Sequence[Mapping[str, Any]]) -> Policy:
    # whoever changes a document changes no other
    return {"Version": "2012-10-17", "Statement": copy.deepcopy(list(statements))}


def _sized(policy: Policy, most: int, argument: str, advice: str) -> Policy:
    size = len(json.dumps(policy, separators=(",", ":")))
    if size > most:
        raise OnboardingError(argument, f"the policy has {size} characters, IAM takes {most}: {advice}.")
    return policy
