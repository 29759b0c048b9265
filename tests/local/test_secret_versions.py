"""Versions of secrets and their staging labels, by real Secrets Manager calls."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.secretsmanager.models import secretsmanager_backends

from airflow_provider_appflow_isv.local.secret_versions import quota
from airflow_provider_appflow_isv.local.stack import LocalStack

SECRET = "login"


@pytest.fixture(scope="module")
def running() -> Iterator[LocalStack]:
    with LocalStack() as stack:
        yield stack


@pytest.fixture
def aws(running: LocalStack) -> Any:
    running.reset()
    make_client: Any = boto3.client
    keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
    client = make_client("secretsmanager", region_name="us-east-1", endpoint_url=running.aws_url, **keys)
    client.create_secret(Name=SECRET, SecretString="first")
    return client


def put(aws: Any, text: str, *labels: str, token: str | None = None) -> str:
    stages = {"VersionStages": list(labels)} if labels else {}
    token = token or str(uuid.uuid4())
    answer = aws.put_secret_value(SecretId=SECRET, SecretString=text, ClientRequestToken=token, **stages)
    return str(answer["VersionId"])


def move(aws: Any, label: str, *, to: str | None = None, away_from: str | None = None) -> None:
    ends = {"MoveToVersionId": to, "RemoveFromVersionId": away_from}
    given = {name: value for name, value in ends.items() if value}
    aws.update_secret_version_stage(SecretId=SECRET, VersionStage=label, **given)


def current(aws: Any) -> str:
    return str(aws.get_secret_value(SecretId=SECRET)["VersionId"])


def labels(aws: Any) -> dict[str, set[str]]:
    told = aws.describe_secret(SecretId=SECRET)["VersionIdsToStages"]
    return {version: set(stages) for version, stages in told.items()}


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(ClientError) as caught:
        call()
    return f"{caught.value.response['Error']['Code']}: {caught.value.response['Error']['Message']}"


@pytest.mark.parametrize("label", ["AWSCURRENT", "AWSPENDING", "MINE"])
def test_a_token_seen_before_with_the_same_data_changes_nothing(aws: Any, label: str) -> None:
    token = str(uuid.uuid4())
    put(aws, "second", label, token=token)
    put(aws, "third", label)
    before = labels(aws)
    assert put(aws, "second", label, token=token) == token
    assert labels(aws) == before


@pytest.mark.parametrize("label", ["AWSCURRENT", "AWSPENDING", "MINE"])
def test_a_token_seen_before_with_other_data_is_refused(aws: Any, label: str) -> None:
    token = put(aws, "second", label)
    said = refusal(lambda: put(aws, "other", label, token=token))
    assert said.startswith(f"ResourceExistsException: You can't use ClientRequestToken {token} because")
    assert aws.get_secret_value(SecretId=SECRET, VersionId=token)["SecretString"] == "second"


def test_of_many_who_put_other_data_under_one_token_one_gets_through(aws: Any) -> None:
    token = str(uuid.uuid4())

    def try_it(text: str) -> bool:
        try:
            put(aws, text, "MINE", token=token)
        except aws.exceptions.ResourceExistsException:
            return False
        return True

    with ThreadPoolExecutor(12) as pool:
        won = list(pool.map(try_it, [f"text {number}" for number in range(12)]))
    assert won.count(True) == 1
    assert aws.get_secret_value(SecretId=SECRET, VersionStage="MINE")["SecretString"] == f"text {won.index(True)}"


def test_a_new_current_version_makes_the_old_one_previous_and_leaves_its_other_labels(aws: Any) -> None:
    first = put(aws, "first", "AWSCURRENT", "MINE")
    second = put(aws, "second")
    assert labels(aws) == {first: {"AWSPREVIOUS", "MINE"}, second: {"AWSCURRENT"}}


def test_a_label_put_again_leaves_the_version_that_had_it(aws: Any) -> None:
    first = current(aws)
    put(aws, "second", "AWSPENDING", "MINE")
    third = put(aws, "third", "AWSPENDING", "MINE")
    assert labels(aws) == {first: {"AWSCURRENT"}, third: {"AWSPENDING", "MINE"}}


def test_labels_put_with_the_current_one_leave_other_versions_too(aws: Any) -> None:
    first = current(aws)
    put(aws, "second", "MINE")
    third = put(aws, "third", "AWSCURRENT", "MINE")
    assert labels(aws) == {first: {"AWSPREVIOUS"}, third: {"AWSCURRENT", "MINE"}}


def test_a_version_without_label_can_be_read_by_its_id(aws: Any) -> None:
    second = put(aws, "second", "MINE")
    put(aws, "third", "MINE")
    value = aws.get_secret_value(SecretId=SECRET, VersionId=second)
    assert (value["SecretString"], value["VersionStages"]) == ("second", [])


def test_a_moved_current_label_is_what_is_read(aws: Any) -> None:
    first = current(aws)
    second = put(aws, "second", "AWSPENDING")
    move(aws, "AWSCURRENT", to=second, away_from=first)
    value = aws.get_secret_value(SecretId=SECRET)
    assert (value["SecretString"], set(value["VersionStages"])) == ("second", {"AWSCURRENT", "AWSPENDING"})
    assert labels(aws) == {first: {"AWSPREVIOUS"}, second: {"AWSCURRENT", "AWSPENDING"}}
    third = put(aws, "third")
    assert labels(aws) == {second: {"AWSPENDING", "AWSPREVIOUS"}, third: {"AWSCURRENT"}}


def test_a_label_moved_to_where_it_is_stays(aws: Any) -> None:
    first = current(aws)
    move(aws, "AWSCURRENT", to=first)
    assert labels(aws) == {first: {"AWSCURRENT"}}


def test_a_label_that_nobody_has_can_be_given_and_taken(aws: Any) -> None:
    first = current(aws)
    move(aws, "MINE", to=first)
    assert labels(aws) == {first: {"AWSCURRENT", "MINE"}}
    move(aws, "MINE", away_from=first)
    assert labels(aws) == {first: {"AWSCURRENT"}}


@pytest.mark.parametrize("label", ["AWSCURRENT", "MINE"])
def test_a_label_moves_only_from_the_version_that_is_named(aws: Any, label: str) -> None:
    first = put(aws, "with the label", "AWSCURRENT", "MINE")
    second = put(aws, "second", "OTHER")
    before = labels(aws)
    assert refusal(lambda: move(aws, label, to=second)) == (
        f"InvalidParameterException: The parameter RemoveFromVersionId can't be empty. Staging label {label} is "
        f"currently attached to version {first}, so you must explicitly reference that version in RemoveFromVersionId."
    )
    assert refusal(lambda: move(aws, label, to=second, away_from=second)) == (
        f"InvalidParameterException: When you move staging label {label}, if you specify RemoveFromVersionId, it must "
        f"be set to the version that currently has the staging label {label}."
    )
    assert labels(aws) == before


def test_a_move_to_a_version_that_is_not_there_changes_nothing(aws: Any) -> None:
    before = labels(aws)
    nowhere = str(uuid.uuid4())
    said = refusal(lambda: move(aws, "AWSCURRENT", to=nowhere, away_from=current(aws)))
    assert said == f"InvalidParameterException: Not a valid version: {nowhere}"
    assert labels(aws) == before


def test_the_current_label_cannot_be_taken_away(aws: Any) -> None:
    assert "can't be completely removed" in refusal(lambda: move(aws, "AWSCURRENT", away_from=current(aws)))


def test_a_move_that_names_no_version_is_refused(aws: Any) -> None:
    assert refusal(lambda: move(aws, "AWSCURRENT")).startswith("InvalidParameterException")


def test_of_many_who_swap_the_current_version_one_gets_through(aws: Any) -> None:
    first = current(aws)
    others = [put(aws, f"text {number}", f"LABEL{number}") for number in range(12)]

    def try_it(version: str) -> bool:
        try:
            move(aws, "AWSCURRENT", to=version, away_from=first)
        except aws.exceptions.InvalidParameterException:
            return False
        return True

    with ThreadPoolExecutor(12) as pool:
        won = list(pool.map(try_it, others))
    assert won.count(True) == 1
    assert current(aws) == others[won.index(True)]


def test_a_secret_has_at_most_twenty_labels(aws: Any) -> None:
    put(aws, "second", *(f"LABEL{number}" for number in range(19)))  # and AWSCURRENT
    assert refusal(lambda: put(aws, "third", "MINE")).startswith("LimitExceededException")
    assert refusal(lambda: move(aws, "MINE", to=current(aws))).startswith("LimitExceededException")
    put(aws, "third", "LABEL0")


def test_a_label_that_no_version_has_is_named_by_the_refusal(aws: Any) -> None:
    said = refusal(lambda: aws.get_secret_value(SecretId=SECRET, VersionStage="AWSPENDING"))
    assert said == (
        "ResourceNotFoundException: Secrets Manager can't find the specified secret value for staging label: AWSPENDING"
    )


@pytest.mark.parametrize(("hours", "kept"), [(25, 100), (23, 121)])
def test_of_more_than_a_hundred_versions_old_ones_without_label_are_deleted(
    aws: Any, hours: int, kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quota, "versions", 1000)
    first = put(aws, "labelled", "MINE")
    secret: Any = secretsmanager_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].secrets.get(SECRET)
    versions = secret.versions
    made = [put(aws, f"text {number}", "AWSPENDING") for number in range(118)]
    for version in versions.values():
        version["createdate"] -= 3600 * hours
    last = put(aws, "last")
    assert len(versions) == kept
    assert {first, last} <= versions.keys()
    assert (made[0] in versions) is (hours < 24)
    assert made[-2] in versions


@pytest.mark.parametrize("label", ["AWSCURRENT", "MINE"])
def test_a_secret_gets_no_more_versions_within_a_day_than_the_quota_lets_it(
    aws: Any, label: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quota, "versions", 3)
    second = put(aws, "second", label)
    put(aws, "third", label)
    before = labels(aws)
    for add in (
        lambda: put(aws, "fourth", label),
        lambda: aws.update_secret(SecretId=SECRET, SecretString="fourth"),
    ):
        assert refusal(add).startswith("LimitExceededException: A secret can have at most 3 versions")
    assert labels(aws) == before
    assert put(aws, "second", label, token=second) == second
    move(aws, "OTHER", to=second)
    secret: Any = secretsmanager_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].secrets.get(SECRET)
    secret.versions[second]["createdate"] -= 24 * 3600 + 1
    put(aws, "fourth", label)


def test_the_list_of_versions_has_the_labelled_ones(aws: Any) -> None:
    first = current(aws)
    put(aws, "second", "MINE")
    third = put(aws, "third", "MINE")
    told = aws.list_secret_version_ids(SecretId=SECRET)
    assert {version["VersionId"]: version["VersionStages"] for version in told["Versions"]} == {
        first: ["AWSCURRENT"],
        third: ["MINE"],
    }
    assert told["ARN"] == aws.describe_secret(SecretId=SECRET)["ARN"]
