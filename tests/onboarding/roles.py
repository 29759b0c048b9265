"""The tenant's side of the tests: the generated template, deployed, and what is taken away from its role."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv.local.seed import ISV_ACCOUNT, REGION, account_client
from airflow_provider_appflow_isv.onboarding import TenantSetup, template

if TYPE_CHECKING:
    from tests.accounts import TenantAccount

_numbers = itertools.count(1)

Permission = tuple[str, str]
"""Sid of a statement, and one of its actions."""


class OnboardedTenant:
    """A role that a stack of the template has made, for the ISV's seeded user to assume.

    :param tenant: the seeded tenant whose account it is in.
    :param setup: what to make; account and Region are the stack's.
    """

    def __init__(self, tenant: TenantAccount, setup: TenantSetup) -> None:
        name = f"onboarded-{next(_numbers)}"
        self.tenant = tenant
        self.setup = replace(setup, role_name=name)
        self._iam = tenant.client("iam")
        formation = tenant.client("cloudformation")
        formation.create_stack(
            StackName=name,
            TemplateBody=json.dumps(template(self.setup)),
            # moto's CloudFormation makes no policies of buckets and secrets
            Parameters=[{"ParameterKey": "ResourcePolicies", "ParameterValue": "keep"}],
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        (stack,) = formation.describe_stacks(StackName=name)["Stacks"]
        assert stack["StackStatus"] == "CREATE_COMPLETE"
        self.outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        (attached,) = self._iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
        self._policy_arn = attached["PolicyArn"]
        version = self._iam.get_policy_version(PolicyArn=self._policy_arn, VersionId="v1")["PolicyVersion"]
        self.permissions: dict[str, Any] = version["Document"]
        assume = ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"]
        statement = {"Effect": "Allow", "Action": assume, "Resource": self.outputs["RoleArn"]}
        isv = account_client(tenant.stack.aws_url, ISV_ACCOUNT, "iam")
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        isv.put_user_policy(UserName="isv", PolicyName=name, PolicyDocument=document)

    @property
    def aws(self) -> dict[str, Any]:
        """The arguments with which a task acts in the role."""
        return {
            "aws_conn_id": "isv_aws",
            "role_arn": self.outputs["RoleArn"],
            "external_id": self.outputs["ExternalId"],
            "region_name": REGION,
        }

    def take_away(self, *permissions: Permission) -> None:
        """Leave the role all that the template gave it but these."""
        statements = [
            {**statement, "Action": kept}
            for statement in self.permissions["Statement"]
            if (kept := [action for action in statement["Action"] if (statement["Sid"], action) not in permissions])
        ]
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        role = {"RoleName": self.setup.role_name}
        self._iam.detach_role_policy(PolicyArn=self._policy_arn, **role)
        if statements:
            self._iam.put_role_policy(PolicyName="less", PolicyDocument=document, **role)
