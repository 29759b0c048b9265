from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_appflow_isv.exceptions import TenantConfigurationError
from airflow_provider_appflow_isv.tenant_role import TenantRole

ROLE = "arn:aws:iam::222222222222:role/appflow-remote-role"


@pytest.mark.parametrize(
    "role_arn",
    [
        ROLE,
        "arn:aws:iam::222222222222:role/team/a_b+=,.@-c",
        "arn:aws-us-gov:iam::222222222222:role/r",
        "arn:aws-cn:iam::222222222222:role/r",
    ],
)
def test_the_arn_of_a_role_is_taken(role_arn: str) -> None:
    assert TenantRole(role_arn).account_id == "222222222222"


@pytest.mark.parametrize(
    "role_arn",
    [
        "",
        " ",
        "None",
        "appflow-remote-role",
        "arn:aws:iam::2222:role/r",
        "arn:aws:iam::222222222222:user/u",
        "arn:aws:iam::222222222222:role/",
        "arn:aws:iam::222222222222:role/r\n",
        "arn:aws:iam::222222222222:role/größe",
        "arn:aws:iam::٢٢٢٢٢٢٢٢٢٢٢٢:role/r",
        f" {ROLE}",
    ],
)
def test_anything_else_is_refused_by_name(role_arn: str) -> None:
    with pytest.raises(TenantConfigurationError, match=r"role_arn .* is not the ARN of an IAM role.*arn:aws:iam::"):
        TenantRole(role_arn)


@given(st.text().filter(lambda text: not text.startswith("arn:aws")))
def test_no_other_text_passes_for_a_role(text: str) -> None:
    with pytest.raises(TenantConfigurationError, match="role_arn"):
        TenantRole(text)


@pytest.mark.parametrize("external_id", ["", "x", "two words", "x" * 1225, "päss"])
def test_an_external_id_that_sts_refuses_is_refused_by_name(external_id: str) -> None:
    with pytest.raises(TenantConfigurationError, match=r"external_id must .*222222222222"):
        TenantRole(ROLE, external_id)


@pytest.mark.parametrize("name", ["RoleArn", "ExternalId", "SerialNumber", "role_session_name"])
def test_a_member_that_cannot_be_set_is_refused_with_those_that_can(name: str) -> None:
    with pytest.raises(TenantConfigurationError, match=rf"assume_role_kwargs has {name}.*Possible are RoleSessionName"):
        TenantRole(ROLE, assume_role_kwargs={name: "x"})


@pytest.mark.parametrize("seconds", [0, 899, 43201])
def test_a_session_too_short_or_too_long_is_refused(seconds: int) -> None:
    with pytest.raises(TenantConfigurationError, match=rf"DurationSeconds.* is {seconds}.*900 to 43200"):
        TenantRole(ROLE, assume_role_kwargs={"DurationSeconds": seconds})


def test_without_arguments_there_is_no_role() -> None:
    assert TenantRole.from_arguments(None, None, None) is None
    assert TenantRole.from_arguments(None, "", {}) is None


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("external_id", ("tenant-a-id", None)), ("assume_role_kwargs", (None, {"DurationSeconds": 900}))],
)
def test_what_only_a_role_needs_is_refused_without_one(name: str, arguments: tuple[Any, Any]) -> None:
    with pytest.raises(TenantConfigurationError, match=rf"{name} is set, but role_arn is not.*Set role_arn"):
        TenantRole.from_arguments(None, *arguments)


def test_a_role_that_rendered_to_nothing_is_not_no_role() -> None:
    with pytest.raises(TenantConfigurationError, match="role_arn ''"):
        TenantRole.from_arguments("", None, None)


def test_what_is_given_overrides_the_session_name_and_a_policy_becomes_text() -> None:
    policy = {"Version": "2012-10-17", "Statement": []}
    role = TenantRole(ROLE, "tenant-a-id", {"RoleSessionName": "loader", "Policy": policy, "DurationSeconds": 900})
    assert role.request_members(default_session_name="Airflow") == {
        "RoleSessionName": "loader",
        "Policy": json.dumps(policy),
        "DurationSeconds": 900,
        "ExternalId": "tenant-a-id",
    }


def test_by_default_only_the_session_is_named() -> None:
    assert TenantRole(ROLE).request_members(default_session_name="Airflow") == {"RoleSessionName": "Airflow"}
