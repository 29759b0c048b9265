from __future__ import annotations

import json
from typing import Any

import pytest

from airflow_provider_appflow_isv.onboarding import (
    bucket_policies,
    permission_policy,
    secret_policies,
    template,
    trust_policy,
)
from tests.onboarding.setups import ROLE, tenant_a

PSEUDO = {"AWS::AccountId": "222222222222", "AWS::Region": "us-east-1", "AWS::Partition": "aws"}
OPEN: dict[str, Any] = {"account_id": None, "region": None}


def deployed(value: Any, **parameters: str) -> Any:
    """What CloudFormation makes of Fn::Sub."""
    if isinstance(value, dict):
        if set(value) == {"Fn::Sub"}:
            text = str(value["Fn::Sub"])
            for name, given in {**PSEUDO, **parameters}.items():
                text = text.replace(f"${{{name}}}", given)
            return text
        return {name: deployed(item, **parameters) for name, item in value.items()}
    return [deployed(item, **parameters) for item in value] if isinstance(value, list) else value


def properties(made: dict[str, Any], resource: str, **parameters: str) -> Any:
    return deployed(made["Resources"][resource]["Properties"], **parameters)


@pytest.mark.parametrize("place", [{}, OPEN], ids=["known", "the stack's"])
def test_the_template_has_the_same_policies_as_are_printed_alone(place: dict[str, Any]) -> None:
    more = {"client_credentials_secrets": ["app"], "source_buckets": ["tenant-a-files"], "appflow_roles": [ROLE]}
    known, made = tenant_a(**more), template(tenant_a(**more, **place))
    assert properties(made, "Role")["AssumeRolePolicyDocument"] == trust_policy(known)
    assert properties(made, "Permissions")["PolicyDocument"] == permission_policy(known)
    buckets = bucket_policies(known)
    for number, (bucket, policy) in enumerate(buckets.items(), start=1):
        assert properties(made, f"BucketPolicy{number}") == {"Bucket": bucket, "PolicyDocument": policy}
    assert len(buckets) == 2
    secret = {"SecretId": "app", "ResourcePolicy": secret_policies(known)["app"]}
    assert properties(made, "SecretPolicy1") == secret


def test_it_tells_the_role_and_the_external_id() -> None:
    outputs = template(tenant_a())["Outputs"]
    assert outputs["RoleArn"]["Value"] == {"Fn::GetAtt": ["Role", "Arn"]}
    assert outputs["ExternalId"]["Value"] == "tenant-a-id"


def test_what_the_tenant_is_asked_is_a_parameter_and_stands_in_the_policies() -> None:
    asked = ["bucket", "secret", "client-credentials-secret"]
    made = template(tenant_a(ask=asked, buckets=[], secrets=[], **OPEN))
    start = "arn:aws:secretsmanager:us-east-1:222222222222:secret:"
    filled = {"Bucket": "mine", "SecretArn": f"{start}login-AbCdEf", "ClientCredentialsSecretArn": f"{start}app-AbCdEf"}
    assert set(made["Parameters"]) == {*filled, "ResourcePolicies"}
    known = tenant_a(
        buckets=["mine"],
        secrets=[filled["SecretArn"]],
        client_credentials_secrets=[filled["ClientCredentialsSecretArn"]],
    )
    assert properties(made, "Permissions", **filled)["PolicyDocument"] == permission_policy(known)
    assert properties(made, "BucketPolicy1", **filled)["PolicyDocument"] == bucket_policies(known)["mine"]
    assert properties(made, "SecretPolicy1", **filled)["SecretId"] == filled["ClientCredentialsSecretArn"]


def test_nothing_asked_and_no_resource_policy_need_no_parameter() -> None:
    made = template(tenant_a(steps=["run-flow"], buckets=[]))
    assert "Parameters" not in made
    assert "Conditions" not in made
    assert set(made["Resources"]) == {"Role", "Permissions"}


def test_policies_that_are_there_already_can_be_kept() -> None:
    made = template(tenant_a(client_credentials_secrets=["app"]))
    assert made["Parameters"]["ResourcePolicies"]["AllowedValues"] == ["add", "keep"]
    (condition,) = made["Conditions"]
    kept = {name for name, resource in made["Resources"].items() if resource.get("Condition") == condition}
    assert kept == {"BucketPolicy1", "SecretPolicy1"}


def test_every_value_that_cloudformation_is_to_fill_in_says_so() -> None:
    def plain(value: Any) -> list[str]:
        if isinstance(value, dict):
            return [text for name, item in value.items() if name != "Fn::Sub" for text in plain(item)]
        return [text for item in value for text in plain(item)] if isinstance(value, list) else [str(value)]

    made = template(tenant_a(ask=["bucket", "secret"], **OPEN))
    assert [text for text in plain(made) if "${" in text] == []
    assert "${AWS::Region}" in json.dumps(made)


def test_the_same_setup_makes_the_same_template() -> None:
    assert json.dumps(template(tenant_a())) == json.dumps(template(tenant_a()))
