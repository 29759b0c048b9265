"""The generated policies, with IAM enforced: the steps work with them, and not with any action taken away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from airflow_provider_appflow_isv.exceptions import AppFlowRequestError, AssumeRoleError
from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook
from airflow_provider_appflow_isv.local import identity
from airflow_provider_appflow_isv.local.seed import ISV_ACCOUNT, REGION
from airflow_provider_appflow_isv.onboarding import STEPS, permission_policy
from tests.accounts import TenantAccount, fresh, salesforce_to_s3
from tests.onboarding.doing import BUCKET, prepare
from tests.onboarding.work import CASES, Case, creating_flow, onboard, replacing, run_by_itself

if TYPE_CHECKING:
    from tests.onboarding.roles import Permission

_NO_KEYS = "the local AppFlow encrypts nothing"
_UNTOLD = "what AppFlow asks of S3 as its caller, when it looks at a flow's bucket, is written nowhere"
NOT_PROVABLE = {
    "appflow:DescribeConnector": "the service authorization reference has it for CreateConnectorProfile, and does not "
    "say when AppFlow asks for it",
    "kms:CreateGrant": _NO_KEYS,
    "kms:DescribeKey": _NO_KEYS,
    "kms:GenerateDataKey": "the local Secrets Manager asks the key of who reads a secret, and not of who writes one",
    "kms:ListAliases": _NO_KEYS,
    "kms:ListGrants": _NO_KEYS,
    "kms:ListKeys": _NO_KEYS,
    "s3:GetBucketLocation": _UNTOLD,
    "s3:GetBucketPolicy": _UNTOLD,
}
"""Actions that AWS's documents ask for and the local stack does not, with the reason."""
PROVABLE_AFTER_ALL = {("grant-bucket-access", "s3:GetBucketPolicy")}
"""What an operator asks for itself."""


def permissions(case: Case) -> list[Permission]:
    """What the step itself brings into its role's policy, by statement."""
    setup = replace(case.setup, steps=(case.step,), account_id="222222222222", region=REGION)
    statements = permission_policy(setup)["Statement"]
    return [(statement["Sid"], action) for statement in statements for action in statement["Action"]]


def is_provable(case: Case, permission: Permission) -> bool:
    action = permission[1]
    return action not in NOT_PROVABLE or (case.step, action) in PROVABLE_AFTER_ALL


PROVABLE = [(case, each) for case in CASES for each in permissions(case) if is_provable(case, each)]
ON_FLOWS = next(case.setup for case in CASES if case.step == "create-flow")
every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@pytest.fixture(scope="module")
def prepared(tenants: dict[str, TenantAccount]) -> None:
    prepare(tenants["tenant-a"])


@pytest.fixture(autouse=True)
def _enforced(prepared: None) -> Iterator[None]:
    identity.enforce(True)
    yield
    identity.enforce(False)


def test_every_step_is_tried() -> None:
    assert {case.step for case in CASES} == set(STEPS)


def test_the_docs_name_what_is_not_provable() -> None:
    text = (Path(__file__).parents[2] / "docs" / "onboarding.md").read_text()
    assert [action for action in NOT_PROVABLE if f"`{action}`" not in text] == []


@every_case
def test_a_step_works_with_what_the_template_gives(case: Case, tenant: TenantAccount) -> None:
    case.work(tenant, onboard(tenant, case.setup).aws)


@pytest.mark.parametrize(
    ("case", "permission"), PROVABLE, ids=lambda each: each.name if isinstance(each, Case) else "-".join(each)
)
def test_a_step_fails_by_name_with_an_action_taken_away(
    case: Case, permission: Permission, tenant: TenantAccount
) -> None:
    role = onboard(tenant, case.setup)
    role.take_away(permission)
    with pytest.raises((AppFlowRequestError, ClientError), match=rf"AccessDenied.* to perform: {permission[1]} on "):
        case.work(tenant, role.aws)


@every_case
def test_what_is_not_provable_here_is_not_asked_for_here(case: Case, tenant: TenantAccount) -> None:
    role = onboard(tenant, case.setup)
    role.take_away(*(each for each in permissions(case) if not is_provable(case, each)))
    case.work(tenant, role.aws)


def test_a_role_for_one_kind_of_flow_touches_no_other(tenant: TenantAccount) -> None:
    aws = onboard(tenant, ON_FLOWS).aws
    mine, other = (tenant.make_flow(name=fresh(kind)) for kind in ("onboarded", "other"))
    hook = AppFlowHook(**aws)
    assert hook.describe_flow(mine)["flowName"] == mine
    with pytest.raises(AppFlowRequestError, match=f"appflow:DescribeFlow on resource: {tenant.flow_arn(other)}"):
        hook.describe_flow(other)


@pytest.mark.parametrize(
    ("missing", "said", "tags", "status"),
    [
        ([], "onboarded-none does not exist", {"tenant": "a"}, "Active"),
        (["appflow:TagResource"], "to perform: appflow:TagResource on ", {}, "Draft"),
        (["appflow:StartFlow"], "onboarded-none does not exist", {"tenant": "a"}, "Draft"),
    ],
)
def test_a_flow_that_can_not_be_replaced_is_back_as_it_was_with_what_the_template_gives(
    missing: list[str], said: str, tags: dict[str, str], status: str, tenant: TenantAccount
) -> None:
    role = onboard(tenant, next(case.setup for case in CASES if case.step == "replace-flow"))
    name = fresh("onboarded")
    replacing(role.aws, name, **salesforce_to_s3(tenant.make_profile(fresh("onboarded")), BUCKET))
    run_by_itself(tenant, name)
    role.take_away(*(("Flow", action) for action in missing))
    with pytest.raises(AppFlowRequestError, match=said):
        replacing(role.aws, name, **salesforce_to_s3("onboarded-none", BUCKET, object_name="Contact"))
    flow = tenant.client("appflow").describe_flow(flowName=name)
    assert flow["sourceFlowConfig"]["sourceConnectorProperties"] == {"Salesforce": {"object": "Account"}}
    assert (flow.get("tags", {}), flow["flowStatus"]) == (tags, status)


def test_a_role_uses_no_connector_profile_but_those_named(tenant: TenantAccount) -> None:
    role = onboard(tenant, replace(ON_FLOWS, profiles=["onboarded-one"]))
    with pytest.raises(AppFlowRequestError, match="appflow:UseConnectorProfile"):
        creating_flow("skip")(tenant, role.aws)


@pytest.mark.parametrize("external_id", [None, "of-another-tenant"])
def test_the_role_is_not_assumed_without_its_external_id(external_id: str | None, tenant: TenantAccount) -> None:
    role = onboard(tenant, ON_FLOWS)
    assert AppFlowHook(**role.aws).get_flow("onboarded-none") is None
    with pytest.raises(AssumeRoleError, match="AccessDenied"):
        AppFlowHook(**{**role.aws, "external_id": external_id}).get_flow("onboarded-none")


@pytest.mark.parametrize("principal", ["999999999999", "arn:aws:iam::111111111111:role/other"])
def test_the_role_is_assumed_by_nobody_else(principal: str, tenant: TenantAccount) -> None:
    role = onboard(tenant, replace(ON_FLOWS, isv_principal=principal))
    with pytest.raises(AssumeRoleError, match="AccessDenied"):
        AppFlowHook(**role.aws).get_flow("onboarded-none")


def test_the_isvs_account_as_principal_lets_its_user_in(tenant: TenantAccount) -> None:
    role = onboard(tenant, replace(ON_FLOWS, isv_principal=ISV_ACCOUNT))
    assert AppFlowHook(**role.aws).get_flow("onboarded-none") is None


@pytest.mark.parametrize(
    ("member", "option"),
    [({"Tags": [{"Key": "team", "Value": "a"}]}, "session_tags"), ({"SourceIdentity": "loader"}, "source_identity")],
)
def test_session_tags_and_a_source_identity_are_let_in_only_if_asked_for(
    member: Any, option: str, tenant: TenantAccount
) -> None:
    options: dict[str, Any] = {option: True}
    asked, not_asked = onboard(tenant, replace(ON_FLOWS, **options)), onboard(tenant, ON_FLOWS)
    assert AppFlowHook(**asked.aws, assume_role_kwargs=member).get_flow("onboarded-none") is None
    with pytest.raises(AssumeRoleError, match="AccessDenied"):
        AppFlowHook(**not_asked.aws, assume_role_kwargs=member).get_flow("onboarded-none")
