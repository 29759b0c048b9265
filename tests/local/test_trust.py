from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from airflow_provider_appflow_isv.local import identity
from airflow_provider_appflow_isv.local.trust import enforce_trust
from tests.local.assuming import (
    DEFAULT,
    EXTERNAL_ID,
    ISV,
    ROLE,
    ROLE_NAME,
    TAGGING,
    TENANT,
    Aws,
    assert_refused,
    served_aws,
    tag_list,
)


@pytest.fixture(scope="module")
def served() -> Iterator[Aws]:
    with served_aws() as aws:
        yield aws


@pytest.fixture
def aws(served: Aws) -> Iterator[Aws]:
    served.reset()
    yield served
    identity.enforce(False)


def test_a_trusted_account_gets_credentials_of_the_roles_account(aws: Aws) -> None:
    aws.make_role({"AWS": ISV})
    keys = aws.assume(aws.user_keys())
    identity = aws.client("sts", keys).get_caller_identity()
    assert identity["Account"] == TENANT
    assert identity["Arn"] == f"arn:aws:sts::{TENANT}:assumed-role/{ROLE_NAME}/airflow"


@pytest.mark.parametrize(
    "principal",
    [
        "*",
        {"AWS": f"arn:aws:iam::{ISV}:root"},
        {"AWS": [f"arn:aws:iam::{ISV}:user/airflow", "333333333333"]},
    ],
)
def test_a_caller_may_be_trusted_in_several_ways(aws: Aws, principal: Any) -> None:
    aws.make_role(principal)
    assert aws.assume(aws.user_keys())["aws_access_key_id"].startswith("ASIA")


@pytest.mark.parametrize(
    "principal",
    [
        {"AWS": "333333333333"},
        {"AWS": f"arn:aws:iam::{ISV}:user/somebody-else"},
        {"AWS": f"arn:aws:iam::{ISV}:role/airflow"},
        {"Service": "appflow.amazonaws.com"},
    ],
)
def test_a_caller_that_is_not_trusted_is_refused(aws: Aws, principal: Any) -> None:
    aws.make_role(principal)
    assert_refused(aws, f"arn:aws:iam::{ISV}:user/airflow", aws.user_keys())


def test_a_role_that_does_not_exist_is_refused_in_the_same_words(aws: Aws) -> None:
    assert_refused(aws, f"arn:aws:iam::{ISV}:user/airflow", aws.user_keys())


def test_the_right_external_id_is_let_in(aws: Aws) -> None:
    aws.make_role({"AWS": ISV}, Condition=EXTERNAL_ID)
    assert aws.assume(aws.user_keys(), ExternalId="tenant-a-7f3")


@pytest.mark.parametrize("request_", [{"ExternalId": "tenant-b-9k1"}, {}])
def test_a_wrong_or_missing_external_id_is_refused(aws: Aws, request_: dict[str, str]) -> None:
    aws.make_role({"AWS": ISV}, Condition=EXTERNAL_ID)
    assert_refused(aws, f"arn:aws:iam::{ISV}:user/airflow", aws.user_keys(), **request_)


def test_a_role_of_the_callers_own_account_is_checked_too(aws: Aws) -> None:
    aws.make_role({"AWS": "333333333333"})
    assert_refused(aws, f"arn:aws:iam::{TENANT}:user/airflow", aws.user_keys(TENANT))


def test_a_key_that_nobody_knows_is_the_root_of_the_default_account(aws: Aws) -> None:
    aws.make_role({"AWS": ISV})
    assert_refused(aws, f"arn:aws:iam::{DEFAULT}:root")
    trust = {"Effect": "Allow", "Principal": {"AWS": DEFAULT}, "Action": "sts:AssumeRole"}
    aws.client("iam", account=TENANT).update_assume_role_policy(
        RoleName=ROLE_NAME, PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )
    assert aws.assume()


def test_a_role_session_is_trusted_as_its_role(aws: Aws) -> None:
    aws.make_role({"AWS": ISV}, account="444444444444")
    first = f"arn:aws:iam::444444444444:role/{ROLE_NAME}"
    aws.make_role({"AWS": first})
    chained = aws.assume(aws.assume(aws.user_keys(), first))
    assert aws.client("sts", chained).get_caller_identity()["Account"] == TENANT


def test_a_role_session_that_is_not_trusted_is_named(aws: Aws) -> None:
    aws.make_role({"AWS": ISV}, account="444444444444")
    aws.make_role({"AWS": ISV})
    keys = aws.assume(aws.user_keys(), f"arn:aws:iam::444444444444:role/{ROLE_NAME}")
    assert_refused(aws, f"arn:aws:sts::444444444444:assumed-role/{ROLE_NAME}/airflow", keys)


@pytest.mark.parametrize("duration", [900, 3600, 7200])
def test_a_duration_within_the_roles_limit_is_taken(aws: Aws, duration: int) -> None:
    aws.make_role({"AWS": ISV})
    assert aws.assume(aws.user_keys(), DurationSeconds=duration)


@pytest.mark.parametrize(
    ("duration", "reason"),
    [
        (899, "greater than or equal to 900"),
        (43201, "less than or equal to 43200"),
        (7201, "exceeds the MaxSessionDuration set for this role"),
    ],
)
def test_a_duration_outside_the_limits_is_refused(aws: Aws, duration: int, reason: str) -> None:
    aws.make_role({"AWS": ISV})
    client = aws.client("sts", aws.user_keys())
    with pytest.raises(ClientError, match=reason) as error:
        client.assume_role(RoleArn=ROLE, RoleSessionName="airflow", DurationSeconds=duration)
    assert error.value.response["Error"]["Code"] == "ValidationError"


def test_a_chained_role_lasts_an_hour_at_most(aws: Aws) -> None:
    first = f"arn:aws:iam::444444444444:role/{ROLE_NAME}"
    aws.make_role({"AWS": ISV}, account="444444444444")
    aws.make_role({"AWS": first})
    keys = aws.assume(aws.user_keys(), first)
    with pytest.raises(ClientError, match="1 hour session limit for roles assumed by role chaining"):
        aws.assume(keys, DurationSeconds=3601)


@pytest.mark.parametrize(
    ("condition", "request_"),
    [
        ({"StringLike": {"sts:RoleSessionName": "air*"}}, {}),
        ({"StringEquals": {"sts:RoleSessionName": "${aws:username}"}}, {}),
        ({"StringEquals": {"sts:SourceIdentity": "daily-load"}}, {"SourceIdentity": "daily-load"}),
        ({"StringEquals": {"aws:RequestTag/tenant": "a"}}, {"Tags": tag_list(tenant="a")}),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["tenant"]}}, {"Tags": tag_list(tenant="a")}),
        (
            {"ForAnyValue:StringEquals": {"sts:TransitiveTagKeys": ["tenant"]}},
            {"Tags": tag_list(tenant="a"), "TransitiveTagKeys": ["Tenant"]},
        ),
        ({"StringEquals": {"aws:PrincipalTag/team": "loading"}}, {}),
        ({"StringEquals": {"aws:ResourceTag/stage": "test"}}, {}),
        ({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ISV}:user/air*"}}, {}),
        ({"StringEquals": {"aws:PrincipalAccount": ISV, "aws:PrincipalType": "User"}}, {}),
        ({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, {}),
        ({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}, "StringEquals": {"aws:ResourceAccount": TENANT}}, {}),
        ({"Null": {"aws:PrincipalOrgID": "true"}}, {}),
    ],
)
def test_a_trust_policy_may_ask_for_what_the_request_has(
    aws: Aws, condition: dict[str, Any], request_: dict[str, Any]
) -> None:
    aws.make_role({"AWS": ISV}, Action=TAGGING, Condition=condition)
    assert aws.assume(aws.user_keys(tags={"team": "loading"}), **request_)


@pytest.mark.parametrize(
    ("condition", "request_"),
    [
        ({"StringEquals": {"sts:RoleSessionName": "${aws:username}"}}, {"RoleSessionName": "somebody"}),
        ({"StringEquals": {"sts:SourceIdentity": "daily-load"}}, {}),
        ({"StringEquals": {"sts:SourceIdentity": "daily-load"}}, {"SourceIdentity": "another"}),
        ({"StringEquals": {"aws:RequestTag/tenant": "a"}}, {"Tags": tag_list(tenant="b")}),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["tenant"]}}, {"Tags": tag_list(tenant="a", owner="b")}),
        ({"StringEquals": {"aws:PrincipalTag/team": "another"}}, {}),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-example"}}, {}),
        ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, {}),
    ],
)
def test_a_trust_policy_that_asks_for_something_else_refuses(
    aws: Aws, condition: dict[str, Any], request_: dict[str, Any]
) -> None:
    aws.make_role({"AWS": ISV}, Action=TAGGING, Condition=condition)
    assert_refused(aws, f"arn:aws:iam::{ISV}:user/airflow", aws.user_keys(tags={"team": "loading"}), **request_)


NOT_ALLOWED = " because no identity-based policy allows the sts:AssumeRole action"


def test_across_accounts_the_callers_own_policy_must_allow_it_too(aws: Aws) -> None:
    aws.make_role({"AWS": f"arn:aws:iam::{ISV}:user/airflow"})
    keys = aws.user_keys()
    assert aws.assume(keys)
    identity.enforce(True)
    assert_refused(aws, f"arn:aws:iam::{ISV}:user/airflow", keys, why=NOT_ALLOWED)


@pytest.mark.parametrize(
    ("allow", "allowed"),
    [
        ({"Action": "sts:AssumeRole", "Resource": ROLE}, True),
        ({"Action": "sts:*", "Resource": f"arn:aws:iam::*:role/{ROLE_NAME}"}, True),
        ({"Action": "sts:AssumeRole", "Resource": f"arn:aws:iam::{TENANT}:role/another"}, False),
        ({"Action": "sts:GetCallerIdentity", "Resource": "*"}, False),
        ({"Action": "sts:AssumeRole", "Resource": "*", "Condition": EXTERNAL_ID}, False),
    ],
)
def test_the_callers_policy_is_asked_for_the_roles_arn(aws: Aws, allow: dict[str, Any], allowed: bool) -> None:
    aws.make_role({"AWS": ISV})
    keys = aws.user_keys(**allow)
    identity.enforce(True)
    if allowed:
        assert aws.assume(keys)
    else:
        assert_refused(aws, f"arn:aws:iam::{ISV}:user/airflow", keys, why=NOT_ALLOWED)


def test_the_callers_policy_must_allow_session_tags_too(aws: Aws) -> None:
    aws.make_role({"AWS": ISV}, Action=TAGGING)
    keys = aws.user_keys(Action="sts:AssumeRole", Resource="*")
    identity.enforce(True)
    why = NOT_ALLOWED.replace("AssumeRole", "TagSession")
    user = f"arn:aws:iam::{ISV}:user/airflow"
    assert_refused(aws, user, keys, action="sts:TagSession", why=why, Tags=tag_list(tenant="a"))


@pytest.mark.parametrize(
    ("principal", "enough"), [({"AWS": f"arn:aws:iam::{TENANT}:user/airflow"}, True), ({"AWS": TENANT}, False)]
)
def test_in_one_account_a_trust_policy_that_names_the_caller_is_enough(aws: Aws, principal: Any, enough: bool) -> None:
    aws.make_role(principal)
    keys = aws.user_keys(TENANT)
    identity.enforce(True)
    if enough:
        assert aws.assume(keys)
    else:
        assert_refused(aws, f"arn:aws:iam::{TENANT}:user/airflow", keys, why=NOT_ALLOWED)


def test_an_explicit_deny_of_the_caller_wins_over_its_trust(aws: Aws) -> None:
    aws.make_role({"AWS": f"arn:aws:iam::{TENANT}:user/airflow"})
    keys = aws.user_keys(TENANT, Effect="Deny", Action="sts:AssumeRole", Resource="*")
    identity.enforce(True)
    why = " with an explicit deny in an identity-based policy"
    assert_refused(aws, f"arn:aws:iam::{TENANT}:user/airflow", keys, why=why)


def test_root_needs_no_policy(aws: Aws) -> None:
    aws.make_role({"AWS": DEFAULT})
    identity.enforce(True)
    root = aws.client("sts", account=DEFAULT)
    assert root.assume_role(RoleArn=ROLE, RoleSessionName="airflow")


def test_a_key_that_nobody_knows_is_refused_while_callers_policies_count(aws: Aws) -> None:
    aws.make_role({"AWS": DEFAULT})
    assert aws.assume()
    identity.enforce(True)
    with pytest.raises(ClientError) as error:
        aws.assume()
    answer = error.value.response
    assert answer["Error"]["Code"] == "InvalidClientTokenId"
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 403


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("assume_role_with_web_identity", {"RoleSessionName": "anybody", "WebIdentityToken": "not-a-token"}),
        ("assume_role_with_saml", {"PrincipalArn": f"arn:aws:iam::{TENANT}:saml-provider/p", "SAMLAssertion": "none"}),
    ],
)
def test_there_is_no_way_around_the_trust_policy(aws: Aws, operation: str, request_: dict[str, str]) -> None:
    aws.make_role("*")
    with pytest.raises(ClientError) as error:
        getattr(aws.client("sts"), operation)(RoleArn=ROLE, **request_)
    answer = error.value.response
    assert answer["Error"]["Code"] == "AccessDenied"
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert "the local stack checks trust policies on AssumeRole only" in answer["Error"]["Message"]


def test_enforcing_twice_changes_nothing(aws: Aws) -> None:
    from moto.sts.responses import TokenResponse

    before = TokenResponse.assume_role
    enforce_trust()
    assert TokenResponse.assume_role is before
