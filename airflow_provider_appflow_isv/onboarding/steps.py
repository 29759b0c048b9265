"""Which permissions each step of a DAG needs in the tenant's account.

Facts: Service Authorization Reference, "Actions, resources, and condition keys for Amazon AppFlow"; AppFlow user guide,
"How Amazon AppFlow works with IAM" (the KMS actions), "Data protection" (the actions on AppFlow's own secrets) and "AWS
managed policies for Amazon AppFlow" (their conditions).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto


class On(Enum):
    """What an action is about; ``policies`` knows the resources and the condition of each."""

    ACCOUNT = auto()
    """All that AppFlow offers or has: the action is of no resource type."""
    FLOW = auto()
    PROFILE = auto()
    BUCKET = auto()
    OBJECT = auto()
    """What is in the buckets."""
    ANY_BUCKET = auto()
    SECRET = auto()
    """The secrets that the ISV reads."""
    SECRET_KEY = auto()
    """The customer managed keys that encrypt those, and the next."""
    CLIENT_SECRET = auto()
    """The secrets that AppFlow itself reads, for the ISV to keep."""
    PROFILE_SECRET = auto()
    """The secrets in which AppFlow, as its caller, keeps the profiles' credentials."""
    KEY_GRANT = auto()
    """Grants of keys to AppFlow."""
    KEY_USE = auto()
    """Keys and their grants as AppFlow, as its caller, sees them."""
    KEY_LIST = auto()
    APPFLOW_ROLE = auto()
    """Roles that are handed to AppFlow."""
    REDSHIFT_ROLE = auto()
    """Roles that are handed to Redshift."""


@dataclass(frozen=True)
class Step:
    """A step of a DAG.

    :param does: what it does, and the operator that does it.
    :param needs: the actions that it needs, by what they are about.
    :param of_bucket: whether it makes no sense without a bucket; default False.
    :param keeps_secret: whether it makes the secrets that AppFlow itself reads; default False.
    """

    does: str
    needs: tuple[tuple[On, str], ...]
    of_bucket: bool = False
    keeps_secret: bool = False


def _needs(on: On, *actions: str) -> tuple[tuple[On, str], ...]:
    return tuple((on, action) for action in actions)


_KEYS = (
    *_needs(On.KEY_GRANT, "kms:CreateGrant"),
    *_needs(On.KEY_USE, "kms:ListGrants"),
    *_needs(On.KEY_LIST, "kms:DescribeKey", "kms:ListAliases", "kms:ListKeys"),
)
_LOGIN = (*_needs(On.SECRET, "secretsmanager:GetSecretValue"), *_needs(On.SECRET_KEY, "kms:Decrypt"))
_CREATE_PROFILE = (
    *_needs(
        On.ACCOUNT,
        "appflow:CreateConnectorProfile",
        "appflow:DescribeConnector",
        "appflow:DescribeConnectorProfiles",
    ),
    *_needs(On.PROFILE_SECRET, "secretsmanager:CreateSecret", "secretsmanager:PutResourcePolicy"),
    *_needs(On.APPFLOW_ROLE, "iam:PassRole"),
    *_needs(On.REDSHIFT_ROLE, "iam:PassRole"),
    *_KEYS,
    *_LOGIN,
)
_PUSH = (
    *_needs(On.ACCOUNT, "appflow:DescribeConnectorProfiles"),
    *_needs(On.PROFILE, "appflow:UpdateConnectorProfile"),
    *_needs(On.APPFLOW_ROLE, "iam:PassRole"),
    *_needs(On.REDSHIFT_ROLE, "iam:PassRole"),
    *_LOGIN,
)
_ASK_FIRST = _needs(On.PROFILE, "appflow:ListConnectorEntities", "appflow:ResetConnectorMetadataCache")
_ASK = (*_ASK_FIRST, *_needs(On.PROFILE, "appflow:DescribeConnectorEntity"))
_KEEP_SECRET = (
    *_needs(
        On.CLIENT_SECRET,
        "secretsmanager:CreateSecret",
        "secretsmanager:DescribeSecret",
        "secretsmanager:GetResourcePolicy",
        "secretsmanager:GetSecretValue",
        "secretsmanager:PutResourcePolicy",
        "secretsmanager:PutSecretValue",
        "secretsmanager:UpdateSecret",
    ),
    *_needs(On.SECRET_KEY, "kms:Decrypt", "kms:GenerateDataKey"),
)
_REDEEM = (
    *_needs(
        On.SECRET,
        "secretsmanager:GetSecretValue",
        "secretsmanager:PutSecretValue",
        "secretsmanager:UpdateSecretVersionStage",
    ),
    *_needs(On.SECRET_KEY, "kms:Decrypt", "kms:GenerateDataKey"),
)
_WRITE_FLOW = (
    *_needs(On.FLOW, "appflow:DescribeFlow"),
    *_needs(On.PROFILE, "appflow:UseConnectorProfile"),
    *_needs(On.BUCKET, "s3:GetBucketLocation", "s3:GetBucketPolicy"),
    *_needs(On.APPFLOW_ROLE, "iam:PassRole"),
    *_KEYS,
)
_CREATE_FLOW = (*_needs(On.ACCOUNT, "appflow:CreateFlow"), *_WRITE_FLOW)
_UPDATE_FLOW = (*_needs(On.FLOW, "appflow:UpdateFlow"), *_WRITE_FLOW)
_DELETE_FLOW = _needs(On.FLOW, "appflow:DeleteFlow", "appflow:DescribeFlowExecutionRecords")

STEPS: dict[str, Step] = {
    "list-connectors": Step("AppFlowListConnectorsOperator", _needs(On.ACCOUNT, "appflow:DescribeConnectors")),
    "list-connector-profiles": Step(
        "AppFlowListConnectorProfilesOperator", _needs(On.ACCOUNT, "appflow:DescribeConnectorProfiles")
    ),
    "list-connector-entities": Step(
        "AppFlowListConnectorEntitiesOperator", _needs(On.PROFILE, "appflow:ListConnectorEntities")
    ),
    "describe-connector-entity": Step(
        "AppFlowDescribeConnectorEntityOperator", _needs(On.PROFILE, "appflow:DescribeConnectorEntity")
    ),
    "list-flows": Step("AppFlowListFlowsOperator", _needs(On.ACCOUNT, "appflow:ListFlows")),
    "list-buckets": Step("AppFlowHook.list_buckets", _needs(On.ANY_BUCKET, "s3:ListAllMyBuckets")),
    "grant-bucket-access": Step(
        "AppFlowGrantBucketAccessOperator",
        _needs(On.BUCKET, "s3:GetBucketPolicy", "s3:PutBucketPolicy"),
        of_bucket=True,
    ),
    "create-connector-profile": Step("AppFlowCreateConnectorProfileOperator, if_exists fail or skip", _CREATE_PROFILE),
    "upsert-connector-profile": Step(
        "AppFlowCreateConnectorProfileOperator, if_exists update", (*_CREATE_PROFILE, *_PUSH, *_ASK_FIRST)
    ),
    "keep-client-credentials-secret": Step(
        "client_credentials_secret of AppFlowCreateConnectorProfileOperator", _KEEP_SECRET, keeps_secret=True
    ),
    "update-connector-profile": Step("AppFlowUpdateConnectorProfileOperator", (*_PUSH, *_ASK)),
    "redeem-refresh-token": Step("credentials from a refresh token in a secret, which is written back", _REDEEM),
    "delete-connector-profile": Step(
        "AppFlowDeleteConnectorProfileOperator", _needs(On.PROFILE, "appflow:DeleteConnectorProfile")
    ),
    "create-flow": Step("AppFlowCreateFlowOperator, if_exists fail or skip", _CREATE_FLOW),
    "upsert-flow": Step("AppFlowCreateFlowOperator, if_exists update", (*_CREATE_FLOW, *_UPDATE_FLOW)),
    "replace-flow": Step(
        "AppFlowCreateFlowOperator, if_exists update, with replace",
        # a flow is created anew, or again as it was, with its tags, and active if it was
        (*_CREATE_FLOW, *_UPDATE_FLOW, *_DELETE_FLOW, *_needs(On.FLOW, "appflow:StartFlow", "appflow:TagResource")),
    ),
    "update-flow": Step("AppFlowUpdateFlowOperator", _UPDATE_FLOW),
    "tag-flow": Step("tags of a flow that is created or updated", _needs(On.FLOW, "appflow:TagResource")),
    "activate-flow": Step(
        "AppFlowActivateFlowOperator, and activate=True", _needs(On.FLOW, "appflow:DescribeFlow", "appflow:StartFlow")
    ),
    "stop-flow": Step("AppFlowStopFlowOperator", _needs(On.FLOW, "appflow:DescribeFlow", "appflow:StopFlow")),
    "delete-flow": Step("AppFlowDeleteFlowOperator", _DELETE_FLOW),
    "run-flow": Step(
        "AppFlowStartFlowOperator",
        _needs(On.FLOW, "appflow:CancelFlowExecutions", "appflow:DescribeFlowExecutionRecords", "appflow:StartFlow"),
    ),
    "refresh-on-auth-failure": Step(
        "on_auth_failure of AppFlowStartFlowOperator",
        (*_needs(On.FLOW, "appflow:DescribeFlow"), *_PUSH, *_ASK_FIRST),
    ),
    "wait-for-run": Step("AppFlowWaitForFlowRunSensor", _needs(On.FLOW, "appflow:DescribeFlowExecutionRecords")),
    "cancel-runs": Step(
        "AppFlowCancelFlowRunsOperator",
        _needs(On.FLOW, "appflow:CancelFlowExecutions", "appflow:DescribeFlowExecutionRecords"),
    ),
    "read-data": Step(
        "what a task of your own reads of the landed data",
        (*_needs(On.BUCKET, "s3:ListBucket"), *_needs(On.OBJECT, "s3:GetObject")),
        of_bucket=True,
    ),
}
"""The steps by name."""


def needed_actions(steps: Iterable[str]) -> dict[On, list[str]]:
    """What steps need: the actions on each kind of thing, each action once, in an order that does not depend on theirs.

    :param steps: names in ``STEPS``.
    """
    found = {need for step in steps for need in STEPS[step].needs}
    return {on: sorted(action for kind, action in found if kind is on) for on in On if any(on is k for k, _ in found)}
