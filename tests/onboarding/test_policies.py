from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.iam.policy_validation import IAMPolicyDocumentValidator

from airflow_provider_appflow_isv.onboarding import (
    STEPS,
    OnboardingError,
    bucket_policies,
    key_policies,
    permission_policy,
    secret_policies,
    trust_policy,
)
from tests.onboarding.setups import KEY, ROLE, tenant_a

EVERYTHING: dict[str, Any] = {
    "secret_keys": [KEY],
    "kms_keys": [KEY],
    "appflow_roles": [ROLE],
    "redshift_roles": [ROLE],
    "source_buckets": ["tenant-a-files"],
}
some_steps = st.lists(st.sampled_from(sorted(STEPS)), min_size=1)


def statements(**members: Any) -> dict[str, dict[str, Any]]:
    """Statements of the permission policy by Sid."""
    return {each["Sid"]: each for each in permission_policy(tenant_a(**members))["Statement"]}


def test_the_isv_is_let_in_with_the_external_id_only() -> None:
    (statement,) = trust_policy(tenant_a())["Statement"]
    assert statement["Principal"] == {"AWS": "arn:aws:iam::111111111111:root"}
    assert statement["Action"] == ["sts:AssumeRole"]
    assert statement["Condition"] == {"StringEquals": {"sts:ExternalId": "tenant-a-id"}}


def test_a_role_of_the_isv_is_let_in_by_its_arn() -> None:
    arn = "arn:aws:iam::111111111111:role/airflow"
    assert trust_policy(tenant_a(isv_principal=arn))["Statement"][0]["Principal"] == {"AWS": arn}


@pytest.mark.parametrize(
    ("options", "more"),
    [
        ({"session_tags": True}, ["sts:TagSession"]),
        ({"source_identity": True}, ["sts:SetSourceIdentity"]),
        ({"session_tags": True, "source_identity": True}, ["sts:SetSourceIdentity", "sts:TagSession"]),
    ],
)
def test_session_tags_and_source_identity_come_only_if_asked_for(options: dict[str, bool], more: list[str]) -> None:
    made = trust_policy(tenant_a(**options))
    assert made["Statement"][0]["Action"] == ["sts:AssumeRole", *more]


def test_flows_and_profiles_are_named_by_their_arns() -> None:
    made = statements(flows=["acme-*", "daily"], profiles=["acme"])
    flow, profile = (
        "arn:aws:appflow:us-east-1:222222222222:flow",
        "arn:aws:appflow:us-east-1:222222222222:connectorprofile",
    )
    assert made["Flow"]["Resource"] == [f"{flow}/acme-*", f"{flow}/daily"]
    assert made["Profile"]["Resource"] == [f"{profile}/acme"]
    assert "appflow:UseConnectorProfile" in made["Profile"]["Action"]


def test_a_secret_is_named_with_the_six_characters_that_secrets_manager_adds() -> None:
    arn = "arn:aws:secretsmanager:us-east-1:222222222222:secret:login-AbCdEf"
    start = "arn:aws:secretsmanager:us-east-1:222222222222:secret:"
    assert statements(secrets=["login", arn])["Secret"]["Resource"] == [f"{start}login-??????", arn]


@pytest.mark.parametrize(
    ("member", "sid"),
    [
        ("secrets", "Secret"),
        ("secret_keys", "SecretKey"),
        ("appflow_roles", "AppflowRole"),
        ("redshift_roles", "RedshiftRole"),
    ],
)
def test_what_is_not_there_is_not_allowed_either(member: str, sid: str) -> None:
    assert sid in statements(**{**EVERYTHING, "secrets": ["login"]})
    assert sid not in statements(**{**EVERYTHING, "secrets": ["login"], member: []})


@pytest.mark.parametrize(
    ("sid", "service"), [("AppflowRole", "appflow.amazonaws.com"), ("RedshiftRole", "redshift.amazonaws.com")]
)
def test_a_role_is_handed_to_its_service_only(sid: str, service: str) -> None:
    made = statements(**EVERYTHING)[sid]
    assert made["Action"] == ["iam:PassRole"]
    assert made["Condition"] == {"StringEquals": {"iam:PassedToService": service}}


def test_keys_are_granted_through_appflow_only_and_to_aws_only() -> None:
    made = statements(kms_keys=[KEY])["KeyGrant"]
    assert made["Resource"] == [KEY]
    assert made["Condition"]["StringLike"] == {"kms:ViaService": "appflow.*.amazonaws.com"}
    assert made["Condition"]["Bool"] == {"kms:GrantIsForAWSResource": "true"}


def test_secrets_are_made_through_appflow_only() -> None:
    made = statements()["ProfileSecret"]
    assert made["Resource"] == ["arn:aws:secretsmanager:us-east-1:222222222222:secret:appflow!*"]
    assert made["Condition"] == {"ForAnyValue:StringEquals": {"aws:CalledVia": "appflow.amazonaws.com"}}


@given(steps=some_steps)
def test_the_order_of_the_steps_and_saying_one_twice_change_nothing(steps: list[str]) -> None:
    other = [*reversed(steps), *steps]
    assert permission_policy(tenant_a(steps=steps)) == permission_policy(tenant_a(steps=other))


@given(steps=some_steps)
def test_no_statement_and_no_action_comes_twice(steps: list[str]) -> None:
    made = permission_policy(tenant_a(steps=steps, **EVERYTHING))["Statement"]
    assert len({each["Sid"] for each in made}) == len(made)
    for each in made:
        assert each["Action"] == sorted(set(each["Action"]))
        assert each["Resource"]


@given(steps=some_steps)
def test_iam_takes_the_policy(steps: list[str]) -> None:
    text = json.dumps(permission_policy(tenant_a(steps=steps, **EVERYTHING)), separators=(",", ":"))
    IAMPolicyDocumentValidator(text).validate()
    assert len(text) <= 6144


def test_every_step_together_is_within_what_iam_takes() -> None:
    assert permission_policy(tenant_a(steps=list(STEPS), **EVERYTHING))


def test_too_many_names_for_a_policy_are_refused_with_advice() -> None:
    with pytest.raises(
        OnboardingError, match=r"flows: the policy has \d+ characters, IAM takes 6144: name .* patterns"
    ):
        permission_policy(tenant_a(flows=[f"flow-{number}" for number in range(200)]))


def test_an_external_id_that_fills_the_trust_policy_is_refused() -> None:
    assert trust_policy(tenant_a(external_id="x" * 1224))
    role = f"arn:aws:iam::111111111111:role/{'r' * 800}"
    with pytest.raises(OnboardingError, match=r"external_id: the policy has \d+ characters, IAM takes 2048"):
        trust_policy(tenant_a(external_id="x" * 1224, isv_principal=role))


@pytest.mark.parametrize("member", ["account_id", "region"])
def test_permissions_are_of_a_known_account_and_region(member: str) -> None:
    with pytest.raises(OnboardingError, match=f"{member}: is needed"):
        permission_policy(tenant_a(**{member: None}))


def test_a_bucket_is_opened_for_writing_reading_or_both() -> None:
    made = bucket_policies(tenant_a(buckets=["landing", "both"], source_buckets=["both", "files"]))
    sids = {name: [each["Sid"] for each in policy["Statement"]] for name, policy in made.items()}
    assert sids == {"landing": ["AppFlowWrite"], "both": ["AppFlowRead", "AppFlowWrite"], "files": ["AppFlowRead"]}


def test_no_secret_and_no_key_needs_a_policy_unless_appflow_reads_the_secret() -> None:
    assert secret_policies(tenant_a(**EVERYTHING)) == {}
    assert key_policies(tenant_a(**EVERYTHING)) == {}


@pytest.mark.parametrize(
    "make", [permission_policy, trust_policy, lambda setup: bucket_policies(setup)["tenant-a-landing"]]
)
def test_a_document_that_is_changed_changes_no_other(make: Any) -> None:
    def empty(value: Any) -> None:
        for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            empty(item)
        if isinstance(value, dict | list):
            value.clear()

    before = json.dumps(make(tenant_a()))
    empty(make(tenant_a()))
    assert json.dumps(make(tenant_a())) == before
