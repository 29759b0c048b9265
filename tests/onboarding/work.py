"""What a DAG does in each step, and what the template is told of it: the policies are tried on the operators."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook
from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from airflow_provider_appflow_isv.local.seed import ISV_ACCOUNT
from airflow_provider_appflow_isv.onboarding import TenantSetup
from airflow_provider_appflow_isv.operators import catalog, connector_profile, flow, flow_run, flow_state
from airflow_provider_appflow_isv.operators.bucket_policy import AppFlowGrantBucketAccessOperator
from airflow_provider_appflow_isv.sensors.flow_run import AppFlowWaitForFlowRunSensor
from tests.accounts import SCHEDULED, TenantAccount, fresh, map_fields, salesforce_to_s3
from tests.onboarding.credential_work import (
    create_warehouse_profile,
    creating_profile,
    keep_client_credentials,
    redeem_refresh_token,
    refresh_on_auth_failure,
    updating_profile,
    upsert_profile,
)
from tests.onboarding.doing import (
    APP,
    BUCKET,
    CATALOG_ROLE,
    CONSENT,
    GRANT,
    KEY,
    LOCKED_LOGIN,
    LOGIN,
    NEW_BUCKET,
    WAREHOUSE_LOGIN,
    Aws,
    Work,
    do,
)
from tests.onboarding.roles import OnboardedTenant


@dataclass(frozen=True)
class Case:
    """A step of a DAG.

    :param name: the step's name; a variant's has more words.
    :param work: what the step does.
    :param beside: the step that it is a part of; default none.
    :param more: further members of the TenantSetup; default none.
    """

    name: str
    work: Work
    beside: tuple[str, ...] = ()
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def step(self) -> str:
        return self.name.partition(" ")[0]

    @property
    def setup(self) -> TenantSetup:
        """What the template is asked for: the step, on nothing but what these tests make."""
        given = TenantSetup(
            isv_principal=f"arn:aws:iam::{ISV_ACCOUNT}:user/isv",
            steps=(self.step, *self.beside),
            external_id=f"id-of-{self.step}",
            flows=["onboarded-*"],
            profiles=["onboarded-*"],
            buckets=[BUCKET],
            secrets=[LOGIN],
        )
        return replace(given, **self.more)


def onboard(tenant: TenantAccount, setup: TenantSetup) -> OnboardedTenant:
    """Deploy the template."""
    if setup.secret_keys:
        key = tenant.client("secretsmanager").describe_secret(SecretId=LOCKED_LOGIN)["KmsKeyId"]
        setup = replace(setup, secret_keys=[key])
    return OnboardedTenant(tenant, setup)


def asking(operator: Any) -> Work:
    return lambda _, aws: do(operator, aws)


def through_profile(operator: Any, **arguments: Any) -> Work:
    return lambda tenant, aws: do(
        operator, aws, connector_profile_name=tenant.make_profile(fresh("onboarded")), **arguments
    )


def creating_flow(*choices: str, **arguments: Any) -> Work:
    def work(tenant: TenantAccount, aws: Aws) -> None:
        definition = salesforce_to_s3(tenant.make_profile(fresh("onboarded")), BUCKET)
        name = fresh("onboarded")
        for number, choice in enumerate(choices):
            do(
                flow.AppFlowCreateFlowOperator,
                aws,
                flow_name=name,
                description=f"version {number}",
                if_exists=choice,
                **definition,
                **arguments,
            )

    return work


def update_flow(tenant: TenantAccount, aws: Aws) -> None:
    profile, name = tenant.make_profile(fresh("onboarded")), fresh("onboarded")
    tenant.make_flow(name=name, bucket=BUCKET)
    update = flow.AppFlowUpdateFlowOperator
    assert do(update, aws, flow_name=name, **salesforce_to_s3(profile, BUCKET))["action"] == "updated"


def replacing(aws: Aws, name: str, **definition: Any) -> str:
    """What becomes of a scheduled flow that may be replaced."""
    choices = {"if_exists": "update", "replace": True, "activate": False, "trigger_config": SCHEDULED}
    return str(do(flow.AppFlowCreateFlowOperator, aws, flow_name=name, **choices, **definition)["action"])


def run_by_itself(tenant: TenantAccount, name: str) -> None:
    """Make a scheduled flow one whose tags and schedule a replacement has to take over."""
    appflow = tenant.client("appflow")
    appflow.tag_resource(resourceArn=tenant.flow_arn(name), tags={"tenant": "a"})
    appflow.start_flow(flowName=name)


def replace_flow(tenant: TenantAccount, aws: Aws) -> None:
    profile, name = tenant.make_profile(fresh("onboarded")), fresh("onboarded")
    done = [replacing(aws, name, **salesforce_to_s3(profile, BUCKET))]
    run_by_itself(tenant, name)
    for object_name in ("Account", "Contact"):
        changed = salesforce_to_s3(profile, BUCKET, object_name=object_name, tasks=map_fields("Id"))
        done.append(replacing(aws, name, **changed))
    assert done == ["created", "updated", "replaced"]


def on_flow(operator: Any, *, scheduled: bool = False, active: bool = False) -> Work:
    def work(tenant: TenantAccount, aws: Aws) -> None:
        name = tenant.make_flow(name=fresh("onboarded"), trigger=SCHEDULED if scheduled else None, bucket=BUCKET)
        if active:
            tenant.client("appflow").start_flow(flowName=name)
        do(operator, aws, flow_name=name)

    return work


def run_flow(tenant: TenantAccount, aws: Aws) -> None:
    name = tenant.make_flow(name=fresh("onboarded"), bucket=BUCKET)
    start = {"flow_name": name, "deferrable": False, "poll_interval": 0.05}
    do(flow_run.AppFlowStartFlowOperator, aws, **start)
    with settings.held():  # and what it does when it is killed
        run = do(flow_run.AppFlowStartFlowOperator, aws, wait_for_completion=False, **start)
        AppFlowHook(**aws).cancel_flow_runs(name, [run["execution_id"]])


def wait_for_run(tenant: TenantAccount, aws: Aws) -> None:
    name = tenant.make_flow(name=fresh("onboarded"), bucket=BUCKET)
    do(AppFlowWaitForFlowRunSensor, aws, flow_name=name, execution_id=tenant.run(name), deferrable=False)


def cancel_runs(tenant: TenantAccount, aws: Aws) -> None:
    name = tenant.make_flow(name=fresh("onboarded"), bucket=BUCKET)
    with settings.held():
        run = tenant.start(name)
        assert do(flow_run.AppFlowCancelFlowRunsOperator, aws, flow_name=name)["canceled"] == [run]


def grant_bucket_access(tenant: TenantAccount, aws: Aws) -> None:
    tenant.client("s3").delete_bucket_policy(Bucket=NEW_BUCKET)
    do(AppFlowGrantBucketAccessOperator, aws, bucket_name=NEW_BUCKET)


def read_data(tenant: TenantAccount, aws: Aws) -> None:
    tenant.client("s3").put_object(Bucket=BUCKET, Key="onboarded/landed", Body=b"{}")
    s3 = AppFlowHook(**aws).client("s3")
    (landed,) = s3.list_objects_v2(Bucket=BUCKET, Prefix="onboarded/")["Contents"]
    assert s3.get_object(Bucket=BUCKET, Key=landed["Key"])["Body"].read() == b"{}"


CATALOG = {"glueDataCatalog": {"roleArn": CATALOG_ROLE, "databaseName": "landing", "tablePrefix": "salesforce"}}
WAREHOUSE = {
    "secrets": [WAREHOUSE_LOGIN],
    "appflow_roles": [CATALOG_ROLE],
    "redshift_roles": ["arn:aws:iam::222222222222:role/redshift-copy-role"],
}
LOCKED = {"secrets": [LOCKED_LOGIN], "secret_keys": [KEY]}
CLIENT_CASE = Case(
    "keep-client-credentials-secret",
    keep_client_credentials,
    beside=("upsert-connector-profile",),
    more={"secrets": [CONSENT], "secret_keys": [KEY], "client_credentials_secrets": [APP]},
)
CASES = (
    Case("list-connectors", asking(catalog.AppFlowListConnectorsOperator)),
    Case("list-connector-profiles", asking(catalog.AppFlowListConnectorProfilesOperator)),
    Case("list-connector-entities", through_profile(catalog.AppFlowListConnectorEntitiesOperator)),
    Case(
        "describe-connector-entity",
        through_profile(catalog.AppFlowDescribeConnectorEntityOperator, entity_name="Account"),
    ),
    Case("list-flows", asking(catalog.AppFlowListFlowsOperator)),
    Case("list-buckets", lambda _, aws: AppFlowHook(**aws).list_buckets()),
    Case("grant-bucket-access", grant_bucket_access, more={"buckets": [NEW_BUCKET]}),
    Case("create-connector-profile", creating_profile("fail", "skip")),
    Case("create-connector-profile of a warehouse", create_warehouse_profile, more=WAREHOUSE),
    Case("upsert-connector-profile", upsert_profile),
    Case("update-connector-profile", updating_profile(LOGIN)),
    Case("update-connector-profile from a locked secret", updating_profile(LOCKED_LOGIN), more=LOCKED),
    CLIENT_CASE,
    Case(
        "redeem-refresh-token",
        redeem_refresh_token,
        more={"secrets": [GRANT]},
    ),
    Case("delete-connector-profile", through_profile(connector_profile.AppFlowDeleteConnectorProfileOperator)),
    Case("create-flow", creating_flow("fail", "skip")),
    Case(
        "create-flow with a catalog",
        creating_flow("skip", metadata_catalog_config=CATALOG),
        more={"appflow_roles": [CATALOG_ROLE]},
    ),
    Case("upsert-flow", creating_flow("update", "update")),
    Case("update-flow", update_flow),
    Case("replace-flow", replace_flow),
    Case("tag-flow", creating_flow("skip", tags={"tenant": "a"}), beside=("create-flow",)),
    Case("activate-flow", on_flow(flow_state.AppFlowActivateFlowOperator, scheduled=True)),
    Case("stop-flow", on_flow(flow_state.AppFlowStopFlowOperator, scheduled=True, active=True)),
    Case("delete-flow", on_flow(flow_state.AppFlowDeleteFlowOperator)),
    Case("run-flow", run_flow),
    Case("refresh-on-auth-failure", refresh_on_auth_failure, beside=("run-flow",)),
    Case("wait-for-run", wait_for_run),
    Case("cancel-runs", cancel_runs),
    Case("read-data", read_data),
)
"""Every step at least once."""
