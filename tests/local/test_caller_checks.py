"""S3 and Secrets Manager while the caller's policies are checked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from airflow_provider_appflow_isv.local import identity
from airflow_provider_appflow_isv.local.seed import REGION, account_client
from airflow_provider_appflow_isv.local.stack import LocalStack
from tests.local.callers import ACCOUNT, Account, Keys, allow, deny, document, numbers

OTHER_ACCOUNT = "666666666666"


@pytest.fixture(scope="module")
def stack() -> Iterator[LocalStack]:
    with LocalStack() as running:
        yield running


@pytest.fixture
def account(stack: LocalStack) -> Iterator[Account]:
    identity.enforce(True)
    yield Account(stack.aws_url)
    identity.enforce(False)


def bucket_in(url: str, account_id: str = ACCOUNT) -> str:
    """A bucket with one object."""
    s3, name = account_client(url, account_id, "s3"), f"bucket-{next(numbers)}"
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="folder/key", Body=b"content")
    return name


def secret_in(url: str, **request: Any) -> str:
    """The ARN of a secret."""
    secrets = account_client(url, ACCOUNT, "secretsmanager")
    return str(secrets.create_secret(Name=f"secret-{next(numbers)}", SecretString="content", **request)["ARN"])


def refused(call: Any, **request: Any) -> tuple[str, str]:
    """Code and message of a refusal."""
    with pytest.raises(ClientError) as caught:
        call(**request)
    answer = caught.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 403
    return answer["Error"]["Code"], answer["Error"]["Message"]


def keys_of(account: Account, *statements: dict[str, Any]) -> tuple[str, Keys]:
    """ARN and keys of a user who may do just that."""
    name, keys = account.user(*statements)
    return f"arn:aws:iam::{ACCOUNT}:user/{name}", keys


def not_allowed(user: str, action: str, resource: str) -> str:
    """The message of a refusal."""
    why = f"because no identity-based policy allows the {action} action"
    return f"User: {user} is not authorized to perform: {action} on resource: {resource} {why}"


CALLS: list[tuple[str, str, dict[str, Any], str]] = [
    ("list_objects_v2", "s3:ListBucket", {}, ""),
    ("head_bucket", "s3:ListBucket", {}, ""),
    ("get_object", "s3:GetObject", {"Key": "folder/key"}, "/folder/key"),
    ("put_object", "s3:PutObject", {"Key": "other", "Body": b""}, "/other"),
    ("delete_object", "s3:DeleteObject", {"Key": "other"}, "/other"),
    ("get_bucket_location", "s3:GetBucketLocation", {}, ""),
    ("put_bucket_policy", "s3:PutBucketPolicy", {"Policy": document(deny("s3:GetBucketAcl"))}, ""),
]


@pytest.mark.parametrize(("call", "action", "request_", "path"), CALLS, ids=[call[0] for call in CALLS])
def test_what_is_asked_of_s3_needs_its_action_on_what_it_is_asked_of(
    call: str, action: str, request_: dict[str, Any], path: str, account: Account
) -> None:
    bucket = bucket_in(account.url)
    arn = f"arn:aws:s3:::{bucket}{path}"
    _, keys = keys_of(account, allow(action, arn))
    getattr(account.client(keys, "s3"), call)(Bucket=bucket, **request_)
    account.number = next(numbers)
    user, others = keys_of(account, {"Effect": "Allow", "NotAction": action, "Resource": "*"})
    code, message = refused(getattr(account.client(others, "s3"), call), Bucket=bucket, **request_)
    if call == "head_bucket":  # an answer to HEAD has no body
        assert code == "403"
    else:
        assert (code, message) == (
            "AccessDenied",
            not_allowed(user, action, arn),
        )


def test_the_list_of_buckets_needs_an_action_of_its_own(account: Account) -> None:
    _, keys = keys_of(account, allow("s3:ListBucket"))
    code, message = refused(account.client(keys, "s3").list_buckets)
    assert code == "AccessDenied"
    assert "s3:ListAllMyBuckets on resource: * because" in message


def test_a_bucket_that_is_not_there_is_told_only_to_who_may_look(account: Account) -> None:
    _, keys = keys_of(account, allow("s3:ListBucket"))
    with pytest.raises(ClientError, match="NoSuchBucket"):
        account.client(keys, "s3").list_objects_v2(Bucket="bucket-of-nobody")
    assert refused(account.client(keys, "s3").get_object, Bucket="bucket-of-nobody", Key="k")[0] == "AccessDenied"


def let_in(account: Account, bucket: str, owner: str, user: str, effect: str = "Allow") -> None:
    statement = {
        "Effect": effect,
        "Principal": {"AWS": user},
        "Action": "s3:GetBucketLocation",
        "Resource": f"arn:aws:s3:::{bucket}",
    }
    account_client(account.url, owner, "s3").put_bucket_policy(Bucket=bucket, Policy=document(statement))


def test_in_one_account_the_buckets_policy_is_enough(account: Account) -> None:
    user, keys = keys_of(account, allow("s3:ListBucket"))
    bucket = bucket_in(account.url)
    let_in(account, bucket, ACCOUNT, user)
    account.client(keys, "s3").get_bucket_location(Bucket=bucket)


def test_a_buckets_policy_denies_what_the_callers_allows(account: Account) -> None:
    user, keys = keys_of(account, allow("s3:*"))
    bucket = bucket_in(account.url)
    let_in(account, bucket, ACCOUNT, user, "Deny")
    _, message = refused(account.client(keys, "s3").get_bucket_location, Bucket=bucket)
    assert message.endswith("with an explicit deny in a resource-based policy")


def test_across_accounts_both_must_allow(account: Account) -> None:
    user, keys = keys_of(account, allow("s3:*"))
    bucket = bucket_in(account.url, OTHER_ACCOUNT)
    ask = account.client(keys, "s3").get_bucket_location
    _, message = refused(ask, Bucket=bucket)
    assert message.endswith("because no resource-based policy allows the s3:GetBucketLocation action")
    account.number = next(numbers)
    user, keys = keys_of(account, allow("s3:ListBucket"))
    let_in(account, bucket, OTHER_ACCOUNT, user)
    assert "no identity-based policy" in refused(account.client(keys, "s3").get_bucket_location, Bucket=bucket)[1]


def test_a_secret_is_read_by_who_may(account: Account) -> None:
    arn, other = secret_in(account.url), secret_in(account.url)
    user, keys = keys_of(account, allow("secretsmanager:GetSecretValue", arn))
    secrets = account.client(keys, "secretsmanager")
    assert secrets.get_secret_value(SecretId=arn.split(":")[-1][:-7])["SecretString"] == "content"
    assert refused(secrets.get_secret_value, SecretId=other) == (
        "AccessDeniedException",
        not_allowed(user, "secretsmanager:GetSecretValue", other),
    )


def test_a_secret_is_created_under_the_names_that_a_policy_has(account: Account) -> None:
    condition = {"StringLike": {"secretsmanager:Name": "mine/*"}}
    _, keys = keys_of(account, allow("secretsmanager:CreateSecret", Condition=condition))
    create = account.client(keys, "secretsmanager").create_secret
    create(Name=f"mine/{next(numbers)}", SecretString="content")
    _, message = refused(create, Name="other", SecretString="content")
    assert f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:other " in message


def test_the_list_of_secrets_is_about_none_of_them(account: Account) -> None:
    _, keys = keys_of(account, allow("secretsmanager:ListSecrets", "arn:aws:secretsmanager:*:*:secret:*"))
    assert " on resource: * " in refused(account.client(keys, "secretsmanager").list_secrets)[1]


def make_key(account: Account, **policy: Any) -> str:
    given = {"Policy": document(policy)} if policy else {}
    return str(account_client(account.url, ACCOUNT, "kms").create_key(**given)["KeyMetadata"]["Arn"])


def test_a_secret_under_a_key_of_ones_own_is_read_by_who_may_use_the_key(account: Account) -> None:
    key = make_key(account)
    arn = secret_in(account.url, KmsKeyId=key)
    reading = allow("secretsmanager:GetSecretValue")
    _, keys = keys_of(account, reading)
    _, message = refused(account.client(keys, "secretsmanager").get_secret_value, SecretId=arn)
    assert f"kms:Decrypt on resource: {key} because no identity-based policy" in message
    account.number = next(numbers)
    condition = {"StringEquals": {"kms:ViaService": f"secretsmanager.{REGION}.amazonaws.com"}}
    _, keys = keys_of(account, reading, allow("kms:Decrypt", key, Condition=condition))
    assert account.client(keys, "secretsmanager").get_secret_value(SecretId=arn)["SecretString"] == "content"


def test_a_key_whose_policy_lets_nobody_in_is_not_used_whatever_the_caller_may(account: Account) -> None:
    key = make_key(account, **allow("kms:*"), Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/other"})
    arn = secret_in(account.url, KmsKeyId=key)
    _, keys = keys_of(account, allow("*"))
    _, message = refused(account.client(keys, "secretsmanager").get_secret_value, SecretId=arn)
    assert message.endswith("because no resource-based policy allows the kms:Decrypt action")


@pytest.mark.parametrize(
    ("service", "call", "code"),
    [("s3", "list_buckets", "InvalidAccessKeyId"), ("secretsmanager", "list_secrets", "UnrecognizedClientException")],
)
def test_a_key_that_is_nobodys_is_refused(service: str, call: str, code: str, account: Account) -> None:
    keys = {"aws_access_key_id": "AKIAOFNOBODY0000", "aws_secret_access_key": "any"}
    assert refused(getattr(account.client(keys, service), call))[0] == code


def test_nothing_is_asked_while_the_mode_is_off(account: Account) -> None:
    _, keys = keys_of(account, deny("*"))
    arn = secret_in(account.url)
    identity.enforce(False)
    assert account.client(keys, "s3").list_buckets()["Buckets"]
    assert account.client(keys, "secretsmanager").get_secret_value(SecretId=arn)["SecretString"] == "content"
