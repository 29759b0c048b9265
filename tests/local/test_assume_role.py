"""What an AssumeRole request may hold, and what a session keeps of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from airflow_provider_appflow_isv.local import identity
from tests.local.assuming import (
    ISV,
    ROLE,
    ROLE_NAME,
    TAGGING,
    TENANT,
    Aws,
    assert_refused,
    policy,
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


@pytest.mark.parametrize(
    ("action", "request_"),
    [
        ("sts:TagSession", {"Tags": tag_list(tenant="a")}),
        ("sts:SetSourceIdentity", {"SourceIdentity": "daily-load"}),
    ],
)
def test_tags_and_source_identity_need_a_permission_of_their_own(
    aws: Aws, action: str, request_: dict[str, Any]
) -> None:
    aws.make_role({"AWS": ISV})
    assert_refused(aws, f"arn:aws:iam::{ISV}:user/airflow", aws.user_keys(), action=action, **request_)


def test_the_answer_repeats_the_source_identity(aws: Aws) -> None:
    aws.make_role({"AWS": ISV}, Action=["sts:AssumeRole", "sts:SetSourceIdentity"])
    request: dict[str, str] = {"RoleArn": ROLE, "RoleSessionName": "airflow", "SourceIdentity": "daily-load"}
    assert aws.client("sts", aws.user_keys()).assume_role(**request)["SourceIdentity"] == "daily-load"


FIRST = f"arn:aws:iam::444444444444:role/{ROLE_NAME}"


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:PrincipalTag/tenant": "a"}},
        {"StringEquals": {"aws:PrincipalTag/owner": "b"}},
        {"StringEquals": {"aws:PrincipalTag/stage": "test"}},  # a tag of the calling role itself
        {"StringEquals": {"aws:SourceIdentity": "daily-load", "sts:SourceIdentity": "daily-load"}},
    ],
)
def test_a_session_has_its_tags_and_source_identity(aws: Aws, condition: dict[str, Any]) -> None:
    aws.make_role({"AWS": ISV}, account="444444444444", Action=TAGGING)
    aws.make_role({"AWS": FIRST}, Action=TAGGING, Condition=condition)
    first = aws.assume(
        aws.user_keys(),
        FIRST,
        Tags=tag_list(tenant="a", owner="b"),
        TransitiveTagKeys=["tenant"],
        SourceIdentity="daily-load",
    )
    assert aws.assume(first)


def chained(aws: Aws, *, condition: dict[str, Any] | None = None, **request: Any) -> dict[str, str]:
    """The keys of a second session, opened from one that has the transitive tag tenant=a and another tag."""
    third = f"arn:aws:iam::555555555555:role/{ROLE_NAME}"
    aws.make_role({"AWS": ISV}, account="444444444444", Action=TAGGING)
    aws.make_role({"AWS": FIRST}, Action=TAGGING)
    aws.make_role({"AWS": ROLE}, account="555555555555", Action=TAGGING, Condition=condition or {})
    tags = {"Tags": tag_list(tenant="a", owner="b"), "TransitiveTagKeys": ["tenant"]}
    first = aws.assume(aws.user_keys(), FIRST, SourceIdentity="daily-load", **tags)
    return aws.assume(aws.assume(first, **request), third)


def test_transitive_tags_and_the_source_identity_pass_on_along_a_chain(aws: Aws) -> None:
    wanted = {"aws:PrincipalTag/tenant": "a", "aws:SourceIdentity": "daily-load"}
    assert chained(aws, condition={"StringEquals": wanted, "Null": {"aws:PrincipalTag/owner": "true"}})


@pytest.mark.parametrize(
    ("request_", "code", "words"),
    [
        ({"Tags": tag_list(Tenant="b")}, "InvalidParameterValue", "conflicts with a transitive tag key"),
        ({"SourceIdentity": "another"}, "ValidationError", "source identity is already set"),
    ],
)
def test_what_a_chain_passes_on_cannot_be_changed(aws: Aws, request_: dict[str, Any], code: str, words: str) -> None:
    with pytest.raises(ClientError, match=words) as error:
        chained(aws, **request_)
    assert error.value.response["Error"]["Code"] == code


@pytest.mark.parametrize(
    ("request_", "code", "words"),
    [
        ({"RoleSessionName": "a"}, "ValidationError", "'roleSessionName' .* greater than or equal to 2"),
        ({"RoleSessionName": "a" * 65}, "ValidationError", "less than or equal to 64"),
        ({"RoleSessionName": "two words"}, "ValidationError", "'roleSessionName' .* regular expression"),
        ({"RoleSessionName": None}, "ValidationError", "'roleSessionName' .* must not be null"),
        ({"RoleArn": "too-short"}, "ValidationError", "'roleArn' .* greater than or equal to 20"),
        ({"ExternalId": "x"}, "ValidationError", "'externalId' .* greater than or equal to 2"),
        ({"ExternalId": "not allowed!"}, "ValidationError", "'externalId' .* regular expression"),
        ({"SourceIdentity": "aws:me"}, "ValidationError", "'sourceIdentity' .* regular expression"),
        ({"ExternalId": "x", "DurationSeconds": 1}, "ValidationError", "2 validation errors detected"),
        ({"Tags": tag_list(**{f"k{n}": "v" for n in range(51)})}, "ValidationError", "'tags' .* equal to 50"),
        ({"Tags": tag_list(**{"k" * 129: "v"})}, "ValidationError", "tags.1.member.key' .* equal to 128"),
        ({"Tags": tag_list(k="v" * 257)}, "ValidationError", "tags.1.member.value' .* equal to 256"),
        ({"Tags": tag_list(k="1", K="2")}, "InvalidParameterValue", "Duplicate tag keys"),
        ({"Tags": tag_list(**{"aws:k": "1"})}, "InvalidParameterValue", "must not begin with aws:"),
        ({"TransitiveTagKeys": ["k"]}, "InvalidParameterValue", "must be included in the requested tags"),
        ({"Policy": "no JSON"}, "MalformedPolicyDocument", "Syntax errors"),
        ({"Policy": policy(Action="s3:*", Resource="*", Sid="x" * 2048)}, "PackedPolicyTooLarge", "at most 2048"),
        (
            {"PolicyArns": [{"arn": f"arn:aws:iam::{TENANT}:policy/absent"}]},
            "ValidationError",
            "policy/absent does not exist",
        ),
        (
            {"PolicyArns": [{"arn": f"arn:aws:iam::{TENANT}:policy/p{n}"} for n in range(11)]},
            "ValidationError",
            "at most 10",
        ),
    ],
)
def test_a_request_outside_the_documented_limits_is_refused(
    aws: Aws, request_: dict[str, Any], code: str, words: str
) -> None:
    aws.make_role({"AWS": ISV}, Action=TAGGING)
    full = {"RoleArn": ROLE, "RoleSessionName": "airflow", **request_}
    client = aws.client("sts", aws.user_keys())
    with pytest.raises(ClientError, match=words) as error:
        client.assume_role(**{name: value for name, value in full.items() if value is not None})
    assert error.value.response["Error"]["Code"] == code
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
