"""All of a tenant's setup as one CloudFormation template."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from airflow_provider_appflow_isv.onboarding.policies import (
    bucket_policies,
    permission_policy,
    secret_policies,
    trust_policy,
)
from airflow_provider_appflow_isv.onboarding.tenant import ASKED, TenantSetup

_ADD, _KEEP = "add", "keep"
_CONDITION = "AddsResourcePolicies"
_PARAMETERS = {
    "Bucket": {
        "Type": "String",
        "AllowedPattern": "[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
        "Description": "Name of the bucket, in this Region, that Amazon AppFlow writes to.",
    },
    "SecretArn": {
        "Type": "String",
        "AllowedPattern": "arn:aws[a-z-]*:secretsmanager:.+",
        "Description": "ARN of the secret that holds the login to the SaaS.",
    },
    "ClientCredentialsSecretArn": {
        "Type": "String",
        "AllowedPattern": "arn:aws[a-z-]*:secretsmanager:.+",
        "Description": "ARN of the secret that holds clientId and clientSecret for Amazon AppFlow.",
    },
    "ResourcePolicies": {
        "Type": "String",
        "AllowedValues": [_ADD, _KEEP],
        "Default": _ADD,
        "Description": "keep: bucket or secret have a policy already, and the statements of this template are added "
        "to it by hand.",
    },
}


def template(setup: TenantSetup) -> dict[str, Any]:
    """Make the template: the role, its permissions, and the policies of buckets and secrets.

    It has parameters for what ``setup.ask`` names, and ``ResourcePolicies`` (``add`` or ``keep``) if there are policies
    of buckets or secrets: CloudFormation can't add a statement to a policy that is there. Its outputs are ``RoleArn``
    and ``ExternalId``. To create a stack of it, allow CAPABILITY_NAMED_IAM. Policies of keys are not in it.

    :param setup: the tenant; what it leaves out of account and Region is the stack's.
    :return: what ``json.dumps`` turns into the template.
    :raises OnboardingError: a policy is too long.
    """
    here = setup.in_stack()
    resource_policies = dict(_resource_policies(here))
    parameters = [ASKED[asked][1] for asked in dict.fromkeys(setup.ask)]
    made: dict[str, Any] = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Lets the ISV run Amazon AppFlow in this account.",
    }
    if resource_policies:
        parameters.append("ResourcePolicies")
        made["Conditions"] = {_CONDITION: {"Fn::Equals": [{"Ref": "ResourcePolicies"}, _ADD]}}
    if parameters:
        made["Parameters"] = {name: _PARAMETERS[name] for name in parameters}
    made["Resources"] = {"Role": _role(here), "Permissions": _permissions(here), **resource_policies}
    made["Outputs"] = {
        "RoleArn": {"Description": "Send it to the ISV.", "Value": {"Fn::GetAtt": ["Role", "Arn"]}},
        "ExternalId": {"Description": "What the ISV says when it assumes the role.", "Value": setup.external_id},
    }
    return made


def _role(here: TenantSetup) -> dict[str, Any]:
    properties = {
        "RoleName": here.role_name,
        "Description": "The ISV runs Amazon AppFlow in this account with it.",
        "AssumeRolePolicyDocument": trust_policy(here),
    }
    return {"Type": "AWS::IAM::Role", "Properties": _filled_in(properties)}


def _permissions(here: TenantSetup) -> dict[str, Any]:
    properties = {
        "Description": "What the ISV does with Amazon AppFlow in this account.",
        "Roles": [{"Ref": "Role"}],
        "PolicyDocument": permission_policy(here),
    }
    return {"Type": "AWS::IAM::ManagedPolicy", "Properties": _filled_in(properties)}


def _resource_policies(here: TenantSetup) -> Iterator[tuple[str, dict[str, Any]]]:
    kinds = (
        ("BucketPolicy", "AWS::S3::BucketPolicy", "Bucket", "PolicyDocument", bucket_policies(here)),
        ("SecretPolicy", "AWS::SecretsManager::ResourcePolicy", "SecretId", "ResourcePolicy", secret_policies(here)),
    )
    for logical_id, kind, owner, document, policies in kinds:
        for number, (name, policy) in enumerate(policies.items(), start=1):
            properties = _filled_in({owner: name, document: policy})
            yield f"{logical_id}{number}", {"Type": kind, "Condition": _CONDITION, "Properties": properties}


def _filled_in(value: Any) -> Any:
    """The same for CloudFormation: it fills in what stands in ``${..}``."""
    if isinstance(value, dict):
        return {name: _filled_in(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_filled_in(item) for item in value]
    return {"Fn::Sub": value} if isinstance(value, str) and "${" in value else value
