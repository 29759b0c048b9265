"""What the seeded ISV and narrower roles may do in a tenant's AppFlow while the caller's policies are checked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from airflow_provider_appflow_isv.local import identity
from airflow_provider_appflow_isv.local.seed import ISV_ACCOUNT, REGION, Tenant
from airflow_provider_appflow_isv.local.stack import LocalStack
from tests.accounts import SCHEDULED, TenantAccount, salesforce_to_s3
from tests.local.callers import Account, allow, document, numbers, refusal


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
def tenant(stack: LocalStack) -> TenantAccount:
    return TenantAccount(stack.seed().tenants[0], stack)


def isv_client(stack: LocalStack, tenant: Tenant, service: str) -> Any:
    """A client of the seeded ISV in the tenant's role."""
    seed = stack.seed()
    make_client: Any = boto3.client
    keys = {"aws_access_key_id": seed.access_key_id, "aws_secret_access_key": seed.secret_access_key}
    sts = make_client("sts", region_name=REGION, endpoint_url=stack.aws_url, **keys)
    given = sts.assume_role(RoleArn=tenant.role_arn, RoleSessionName="isv", ExternalId=tenant.external_id)
    session = {
        "aws_access_key_id": given["Credentials"]["AccessKeyId"],
        "aws_secret_access_key": given["Credentials"]["SecretAccessKey"],
        "aws_session_token": given["Credentials"]["SessionToken"],
    }
    return make_client(service, region_name=REGION, endpoint_url=stack.aws_url, **session)


def test_the_seeded_isv_may_do_its_whole_job(stack: LocalStack, tenant: TenantAccount) -> None:
    bucket = tenant.tenant.bucket
    grant = {
        "Effect": "Allow",
        "Principal": {"Service": "appflow.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    isv_client(stack, tenant.tenant, "s3").put_bucket_policy(Bucket=bucket, Policy=document(grant))
    assert isv_client(stack, tenant.tenant, "secretsmanager").get_secret_value(SecretId=tenant.tenant.secret_id)
    appflow = isv_client(stack, tenant.tenant, "appflow")
    token = tenant.org.sessions.issue("app", tenant.username, "api").access_token
    appflow.create_connector_profile(
        connectorProfileName="job",
        connectorType="Salesforce",
        connectionMode="Public",
        connectorProfileConfig={
            "connectorProfileProperties": tenant.properties,
            "connectorProfileCredentials": {"Salesforce": {"accessToken": token}},
        },
    )
    definition = salesforce_to_s3("job", bucket)
    appflow.create_flow(
        flowName="job",
        triggerConfig={"triggerType": "OnDemand"},
        sourceFlowConfig=definition["source_flow_config"],
        destinationFlowConfigList=definition["destination_flow_config_list"],
        tasks=definition["tasks"],
        tags={"tenant": tenant.tenant.name},
    )
    tenant.wait("job", appflow.start_flow(flowName="job")["executionId"])
    (run,) = appflow.describe_flow_execution_records(flowName="job")["flowExecutions"]
    assert run["executionStatus"] == "Successful"


def test_the_isv_itself_passes_no_role_to_appflow_but_to_the_tenants_warehouses(
    stack: LocalStack, tenant: TenantAccount
) -> None:
    seed = stack.seed()
    keys = {"aws_access_key_id": seed.access_key_id, "aws_secret_access_key": seed.secret_access_key}
    appflow = Account(stack.aws_url).client(keys)
    role = f"arn:aws:iam::{ISV_ACCOUNT}:role/any"
    redshift = {"bucketName": seed.staging_bucket, "roleArn": role, "databaseUrl": tenant.tenant.redshift_database_url}
    message = refusal(
        appflow.create_connector_profile,
        connectorProfileName="warehouse",
        connectorType="Redshift",
        connectionMode="Public",
        connectorProfileConfig={"connectorProfileProperties": {"Redshift": redshift}},
    )
    assert message.startswith(f"User: arn:aws:iam::{ISV_ACCOUNT}:user/isv is not authorized to perform: iam:PassRole")


@pytest.fixture
def limited(stack: LocalStack, tenant: TenantAccount) -> Iterator[Any]:
    """Gives a function that makes an AppFlow client in the tenant's account, of a role with just these statements."""
    iam = tenant.client("iam")
    names = []

    def client(*statements: dict[str, Any]) -> Any:
        names.append(f"limited-{next(numbers)}")
        trust = {"Effect": "Allow", "Principal": {"AWS": tenant.account}, "Action": "sts:AssumeRole"}
        arn = iam.create_role(RoleName=names[-1], AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
        iam.put_role_policy(RoleName=names[-1], PolicyName="p", PolicyDocument=document(*statements))
        given = tenant.client("sts").assume_role(RoleArn=arn, RoleSessionName="limited")["Credentials"]
        make_client: Any = boto3.client
        return make_client(
            "appflow",
            region_name=REGION,
            endpoint_url=stack.aws_url,
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
        )

    yield client
    for name in names:
        iam.delete_role_policy(RoleName=name, PolicyName="p")
        iam.delete_role(RoleName=name)


def test_a_role_that_may_not_start_flows_is_refused_by_name(tenant: TenantAccount, limited: Any) -> None:
    flow = tenant.make_flow()
    appflow = limited({"Effect": "Allow", "NotAction": "appflow:StartFlow", "Resource": "*"})
    assert appflow.describe_flow(flowName=flow)["flowStatus"] == "Active"
    message = refusal(appflow.start_flow, flowName=flow)
    assert message.endswith(
        f"is not authorized to perform: appflow:StartFlow on resource: {tenant.flow_arn(flow)} "
        "because no identity-based policy allows the appflow:StartFlow action"
    )


def test_a_role_for_one_tenants_flows_touches_no_other(tenant: TenantAccount, limited: Any) -> None:
    mine, other = tenant.make_flow(name="tenant-a-daily"), tenant.make_flow(name="tenant-b-daily")
    appflow = limited(allow("appflow:*", tenant.flow_arn("tenant-a-*")))
    tenant.wait(mine, appflow.start_flow(flowName=mine)["executionId"])
    assert appflow.describe_flow_execution_records(flowName=mine)["flowExecutions"]
    for call in (
        appflow.start_flow,
        appflow.stop_flow,
        appflow.describe_flow,
        appflow.delete_flow,
        appflow.describe_flow_execution_records,
        appflow.cancel_flow_executions,
    ):
        assert tenant.flow_arn(other) in refusal(call, flowName=other)
    refusal(appflow.tag_resource, resourceArn=tenant.flow_arn(other), tags={"owner": "a"})
    refusal(appflow.list_flows)


def create(appflow: Any, tenant: TenantAccount, profile: str, **more: Any) -> Any:
    definition = salesforce_to_s3(profile, tenant.make_bucket())
    return appflow.create_flow(
        flowName=f"made-{next(numbers)}",
        triggerConfig=SCHEDULED,
        sourceFlowConfig=definition["source_flow_config"],
        destinationFlowConfigList=definition["destination_flow_config_list"],
        tasks=definition["tasks"],
        **more,
    )


def test_a_flow_needs_the_permission_to_use_its_profile(tenant: TenantAccount, limited: Any) -> None:
    profile, other = tenant.make_profile(), tenant.make_profile()
    arn = f"arn:aws:appflow:{REGION}:{tenant.account}:connectorprofile/{profile}"
    use = allow("appflow:UseConnectorProfile", arn)
    assert create(limited(allow("appflow:CreateFlow"), use), tenant, profile)["flowStatus"]
    for appflow, name in (
        (limited(allow("appflow:CreateFlow")), profile),
        (limited(allow("appflow:*Flow"), use), other),
    ):
        message = refusal(create, appflow=appflow, tenant=tenant, profile=name)
        assert f"appflow:UseConnectorProfile on resource: {arn.removesuffix(profile)}{name}" in message


def test_creating_a_flow_is_about_no_flow_yet(tenant: TenantAccount, limited: Any) -> None:
    appflow = limited(allow("appflow:CreateFlow", tenant.flow_arn("*")), allow("appflow:UseConnectorProfile"))
    message = refusal(create, appflow=appflow, tenant=tenant, profile=tenant.make_profile())
    assert "appflow:CreateFlow on resource: * because" in message


def test_tags_in_a_request_can_be_asked_for(tenant: TenantAccount, limited: Any) -> None:
    condition = {
        "StringEquals": {"aws:RequestTag/tenant": "a"},
        "ForAllValues:StringEquals": {"aws:TagKeys": ["tenant", "stage"]},
    }
    tagging = allow(["appflow:CreateFlow", "appflow:TagResource"], Condition=condition)
    appflow = limited(tagging, allow("appflow:UseConnectorProfile"))
    profile = tenant.make_profile()
    assert create(appflow, tenant, profile, tags={"tenant": "a", "stage": "test"})["flowStatus"]
    for tags in ({"tenant": "b"}, {"stage": "test"}, {"tenant": "a", "owner": "me"}):
        assert "appflow:CreateFlow" in refusal(create, appflow=appflow, tenant=tenant, profile=profile, tags=tags)


def test_tagging_on_creation_is_a_permission_of_its_own(tenant: TenantAccount, limited: Any) -> None:
    appflow = limited(allow(["appflow:CreateFlow", "appflow:UseConnectorProfile"]))
    request = {"appflow": appflow, "tenant": tenant, "profile": tenant.make_profile(), "tags": {"tenant": "a"}}
    assert "appflow:TagResource" in refusal(create, **request)


def test_the_tags_of_a_flow_can_be_asked_for(tenant: TenantAccount, limited: Any) -> None:
    mine, other = tenant.make_flow(), tenant.make_flow()
    tenant.client("appflow").tag_resource(resourceArn=tenant.flow_arn(mine), tags={"Tenant": "a"})
    appflow = limited(allow("appflow:*", Condition={"StringEquals": {"aws:ResourceTag/Tenant": "a"}}))
    assert appflow.describe_flow(flowName=mine)["flowName"] == mine
    refusal(appflow.describe_flow, flowName=other)
    appflow.untag_resource(resourceArn=tenant.flow_arn(mine), tagKeys=["Tenant"])
    refusal(appflow.describe_flow, flowName=mine)
