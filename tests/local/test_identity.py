"""The caller's own policies, checked on AppFlow's operations while the mode is on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from airflow_provider_appflow_isv.local import identity
from airflow_provider_appflow_isv.local.seed import REGION, account_client
from airflow_provider_appflow_isv.local.stack import LocalStack
from tests.local.callers import ACCOUNT, Account, allow, assert_allowed, deny, document, refusal

FLOW = f"arn:aws:appflow:{REGION}:{ACCOUNT}:flow/daily"


@pytest.fixture(scope="module")
def stack() -> Iterator[LocalStack]:
    with LocalStack() as running:
        running.seed()
        yield running


@pytest.fixture(autouse=True)
def _mode(stack: LocalStack) -> Iterator[None]:
    identity.enforce(True)
    yield
    identity.enforce(False)


@pytest.fixture
def account(stack: LocalStack) -> Account:
    return Account(stack.aws_url)


def test_the_mode_is_off_unless_it_is_switched_on(account: Account) -> None:
    _, keys = account.user()
    identity.enforce(False)
    assert account.client(keys).list_flows()["flows"] == []
    identity.enforce(True)
    refusal(account.client(keys).list_flows)


def test_a_refusal_names_the_caller_the_action_the_resource_and_the_reason(account: Account) -> None:
    name, keys = account.user()
    assert refusal(account.client(keys).start_flow, flowName="daily") == (
        f"User: arn:aws:iam::{ACCOUNT}:user/{name} is not authorized to perform: appflow:StartFlow on resource: "
        f"{FLOW} because no identity-based policy allows the appflow:StartFlow action"
    )


def test_a_role_session_is_named_as_the_session(account: Account) -> None:
    role = account.role()
    message = refusal(account.client(account.session(role)).start_flow, flowName="daily")
    assert message.startswith(f"User: arn:aws:sts::{ACCOUNT}:assumed-role/{role}/loader is not authorized")


def test_root_may_do_everything(account: Account) -> None:
    assert_allowed(account_client(account.url, ACCOUNT, "appflow").start_flow, flowName="daily")


@pytest.mark.parametrize("why", ["unknown", "inactive", "deleted"])
def test_a_key_that_is_nobodys_or_switched_off_is_refused(account: Account, why: str) -> None:
    name, keys = account.user(allow("*"))
    key = {"UserName": name, "AccessKeyId": keys["aws_access_key_id"]}
    account.client(keys).list_flows()
    if why == "unknown":
        keys = {**keys, "aws_access_key_id": "local"}
    elif why == "inactive":
        account.iam.update_access_key(**key, Status="Inactive")
    else:
        account.iam.delete_access_key(**key)
    with pytest.raises(ClientError) as error:
        account.client(keys).list_flows()
    assert error.value.response["Error"]["Code"] == "UnrecognizedClientException"
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_a_key_that_nobody_knows_is_the_default_accounts_while_the_mode_is_off(account: Account) -> None:
    identity.enforce(False)
    assert_allowed(account.client({"aws_access_key_id": "local", "aws_secret_access_key": "local"}).list_flows)


@pytest.mark.parametrize("way", ["inline", "managed", "group inline", "group managed"])
def test_a_user_may_what_its_policies_and_its_groups_allow(account: Account, way: str) -> None:
    statement = allow("appflow:StartFlow", FLOW)
    name, keys = account.user(*([statement] if way == "inline" else []))
    group = f"group-{account.number}"
    account.iam.create_group(GroupName=group)
    account.iam.add_user_to_group(GroupName=group, UserName=name)
    if way == "managed":
        account.iam.attach_user_policy(UserName=name, PolicyArn=account.managed_policy(statement))
    elif way == "group inline":
        account.iam.put_group_policy(GroupName=group, PolicyName="inline", PolicyDocument=document(statement))
    elif way == "group managed":
        account.iam.attach_group_policy(GroupName=group, PolicyArn=account.managed_policy(statement))
    assert_allowed(account.client(keys).start_flow, flowName="daily")
    refusal(account.client(keys).describe_flow, flowName="daily")
    refusal(account.client(keys).start_flow, flowName="weekly")


def test_a_group_that_the_user_is_not_in_gives_nothing(account: Account) -> None:
    _, keys = account.user()
    group = f"group-{account.number}"
    account.iam.create_group(GroupName=group)
    account.iam.put_group_policy(GroupName=group, PolicyName="p", PolicyDocument=document(allow("appflow:*")))
    refusal(account.client(keys).list_flows)


@pytest.mark.parametrize(("after", "allowed"), [("2020-01-01T00:00:00Z", True), ("2999-01-01T00:00:00Z", False)])
def test_a_role_session_may_be_asked_when_it_was_issued(account: Account, after: str, allowed: bool) -> None:
    issued = {"DateGreaterThan": {"aws:TokenIssueTime": after}}
    appflow = account.client(account.session(account.role(allow("appflow:ListFlows", Condition=issued))))
    if allowed:
        appflow.list_flows()
    else:
        refusal(appflow.list_flows)


@pytest.mark.parametrize("way", ["inline", "managed"])
def test_a_role_session_may_what_its_role_allows(account: Account, way: str) -> None:
    statement = allow("appflow:StartFlow", FLOW)
    role = account.role(*([statement] if way == "inline" else []))
    if way == "managed":
        account.iam.attach_role_policy(RoleName=role, PolicyArn=account.managed_policy(statement))
    appflow = account.client(account.session(role))
    assert_allowed(appflow.start_flow, flowName="daily")
    refusal(appflow.stop_flow, flowName="daily")


def test_a_session_of_a_role_that_is_gone_may_nothing(account: Account) -> None:
    role = account.role(allow("appflow:*"))
    keys = account.session(role)
    account.iam.delete_role_policy(RoleName=role, PolicyName="inline")
    account.iam.delete_role(RoleName=role)
    refusal(account.client(keys).list_flows)


def test_of_a_managed_policy_the_default_version_counts(account: Account) -> None:
    name, keys = account.user()
    policy = account.managed_policy(allow("appflow:ListFlows"))
    account.iam.attach_user_policy(UserName=name, PolicyArn=policy)
    newer = document(allow("appflow:DescribeConnectors"))
    version = account.iam.create_policy_version(PolicyArn=policy, PolicyDocument=newer)["PolicyVersion"]["VersionId"]
    account.client(keys).list_flows()
    account.iam.set_default_policy_version(PolicyArn=policy, VersionId=version)
    refusal(account.client(keys).list_flows)
    account.client(keys).describe_connectors()


def test_an_explicit_deny_wins(account: Account) -> None:
    _, keys = account.user(allow("appflow:*"), deny("appflow:StartFlow", f"{FLOW}*"))
    assert refusal(account.client(keys).start_flow, flowName="daily").endswith(
        f"on resource: {FLOW} with an explicit deny in an identity-based policy"
    )
    assert_allowed(account.client(keys).start_flow, flowName="weekly")


def test_an_explicit_deny_names_the_managed_policy_it_is_in(account: Account) -> None:
    name, keys = account.user(allow("appflow:*"))
    policy = account.managed_policy(deny("appflow:ListFlows"))
    account.iam.attach_user_policy(UserName=name, PolicyArn=policy)
    message = refusal(account.client(keys).list_flows)
    assert message.endswith(f"with an explicit deny in an identity-based policy: {policy}")


def test_a_permissions_boundary_must_allow_as_well(account: Account) -> None:
    boundary = account.managed_policy(allow("appflow:ListFlows"), allow("appflow:StopFlow"), deny("appflow:StopFlow"))
    role = account.role(allow(["appflow:ListFlows", "appflow:S*"]), PermissionsBoundary=boundary)
    appflow = account.client(account.session(role))
    appflow.list_flows()
    message = refusal(appflow.start_flow, flowName="daily")
    assert message.endswith("because no permissions boundary allows the appflow:StartFlow action")
    message = refusal(appflow.stop_flow, flowName="daily")
    assert message.endswith(f"with an explicit deny in a permissions boundary: {boundary}")


def test_a_permissions_boundary_allows_nothing_by_itself(account: Account) -> None:
    role = account.role(PermissionsBoundary=account.managed_policy(allow("*")))
    message = refusal(account.client(account.session(role)).list_flows)
    assert message.endswith("because no identity-based policy allows the appflow:ListFlows action")


@pytest.mark.parametrize("way", ["inline", "managed"])
def test_a_session_policy_must_allow_as_well(account: Account, way: str) -> None:
    statement = allow("appflow:ListFlows")
    role = account.role(allow("appflow:*"))
    request: dict[str, Any] = (
        {"Policy": document(statement)}
        if way == "inline"
        else {"PolicyArns": [{"arn": account.managed_policy(statement)}]}
    )
    appflow = account.client(account.session(role, **request))
    appflow.list_flows()
    message = refusal(appflow.start_flow, flowName="daily")
    assert message.endswith("because no session policy allows the appflow:StartFlow action")


def test_session_policies_add_up_but_give_nothing_that_the_role_has_not(account: Account) -> None:
    role = account.role(allow(["appflow:ListFlows", "appflow:StartFlow"]))
    managed = [{"arn": account.managed_policy(allow("appflow:StartFlow"))}]
    inline = document(allow("appflow:ListFlows"), allow("appflow:StopFlow"))
    appflow = account.client(account.session(role, Policy=inline, PolicyArns=managed))
    appflow.list_flows()
    assert_allowed(appflow.start_flow, flowName="daily")
    message = refusal(appflow.stop_flow, flowName="daily")
    assert message.endswith("because no identity-based policy allows the appflow:StopFlow action")


@pytest.mark.parametrize(
    "resource",
    [
        "arn:aws:appflow:*:*:flow/${aws:username}-*",
        "arn:aws:appflow:*:${aws:PrincipalAccount}:flow/${aws:PrincipalTag/tenant}-*",
    ],
)
def test_variables_stand_for_the_caller(account: Account, resource: str) -> None:
    name, keys = account.user(allow("appflow:StartFlow", resource), tags={"tenant": f"user-{account.number}"})
    assert_allowed(account.client(keys).start_flow, flowName=f"{name}-daily")
    refusal(account.client(keys).start_flow, flowName="user-0-daily")


def test_a_session_tag_comes_before_the_tag_of_the_role(account: Account) -> None:
    own = allow("appflow:StartFlow", "arn:aws:appflow:*:*:flow/${aws:PrincipalTag/tenant}-daily")
    role = account.role(own, Tags=[{"Key": "tenant", "Value": "a"}])
    appflow = account.client(account.session(role))
    assert_allowed(appflow.start_flow, flowName="a-daily")
    appflow = account.client(account.session(role, Tags=[{"Key": "Tenant", "Value": "b"}]))
    assert_allowed(appflow.start_flow, flowName="b-daily")
    refusal(appflow.start_flow, flowName="a-daily")


@pytest.mark.parametrize(
    ("condition", "allowed"),
    [
        ({"StringEquals": {"aws:RequestedRegion": REGION}}, True),
        ({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}, False),
        ({"Bool": {"aws:SecureTransport": "true", "aws:ViaAWSService": "false"}}, True),
        ({"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, False),
        ({"NumericGreaterThan": {"aws:EpochTime": "1577836800"}}, True),
        ({"StringEquals": {"aws:PrincipalType": "User"}}, True),
        ({"StringEquals": {"aws:ResourceAccount": ACCOUNT}}, True),
        ({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, True),
        ({"NotIpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, False),
        ({"StringLike": {"aws:UserAgent": "Boto3/*"}}, True),
        ({"Null": {"aws:TokenIssueTime": "false"}}, False),  # long-term keys are not issued
        ({"Bool": {"aws:MultiFactorAuthPresent": "false"}}, False),  # the key is absent for long-term keys
        ({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}, True),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-example"}}, False),
    ],
)
def test_conditions_see_the_request(account: Account, condition: dict[str, Any], allowed: bool) -> None:
    _, keys = account.user(allow("appflow:ListFlows", Condition=condition))
    if allowed:
        account.client(keys).list_flows()
    else:
        refusal(account.client(keys).list_flows)
