"""The steps that put credentials into connector profiles, for the trial of their policies."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import requests

from airflow_provider_appflow_isv.credentials import (
    OAuth2Credentials,
    SalesforceCredentials,
    SecretsManagerCredentials,
)
from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook
from airflow_provider_appflow_isv.local.appflow.controls.effects import Error
from airflow_provider_appflow_isv.local.appflow.controls.faults import faults
from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from airflow_provider_appflow_isv.local.seed import ISV_ACCOUNT
from airflow_provider_appflow_isv.onboarding import TenantSetup, key_policies
from airflow_provider_appflow_isv.operators import connector_profile, flow_run
from airflow_provider_appflow_isv.stores.redemption import Redeemer
from airflow_provider_appflow_isv.stores.secret import SecretStore
from tests.accounts import TenantAccount, fresh, map_fields, salesforce_to_s3
from tests.onboarding.doing import (
    APP,
    BUCKET,
    CATALOG_ROLE,
    CONSENT,
    GRANT,
    LOCKED_LOGIN,
    LOGIN,
    WAREHOUSE_LOGIN,
    Aws,
    Work,
    do,
)
from tests.operators.pushing import HandedOver

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.credentials import CredentialSource
    from airflow_provider_appflow_isv.stores.base import Stored


def salesforce_login(tenant: TenantAccount, secret: str = LOGIN) -> SalesforceCredentials:
    return SalesforceCredentials(secret_id=secret, login_url=tenant.tenant.login_url)


def creating_profile(*choices: str, credentials: CredentialSource | None = None) -> Work:
    def work(tenant: TenantAccount, aws: Aws) -> None:
        profile = {
            "connector_profile_name": fresh("onboarded"),
            "connector_type": "Salesforce",
            "connector_profile_properties": tenant.properties,
            "credentials": credentials or salesforce_login(tenant),
        }
        for choice in choices:
            do(connector_profile.AppFlowCreateConnectorProfileOperator, aws, if_exists=choice, **profile)

    return work


def upsert_profile(tenant: TenantAccount, aws: Aws) -> None:
    """Push twice; and twice what AppFlow redeems, where the second time proves the profile instead."""
    creating_profile("update", "update")(tenant, aws)
    creating_profile("update", "update", credentials=HandedOver(tenant, token_lifetime=None))(tenant, aws)


def create_warehouse_profile(tenant: TenantAccount, aws: Aws) -> None:
    redshift = {
        "databaseUrl": tenant.tenant.redshift_database_url,
        "bucketName": BUCKET,
        "roleArn": tenant.tenant.redshift_role_arn,
        "dataApiRoleArn": CATALOG_ROLE,
    }
    do(
        connector_profile.AppFlowCreateConnectorProfileOperator,
        aws,
        connector_profile_name=fresh("onboarded"),
        connector_type="Redshift",
        connector_profile_properties={"Redshift": redshift},
        credentials=SecretsManagerCredentials(WAREHOUSE_LOGIN),
        if_exists="skip",
    )


def updating_profile(secret: str) -> Work:
    def work(tenant: TenantAccount, aws: Aws) -> None:
        profile = {
            "connector_profile_name": tenant.make_profile(fresh("onboarded")),
            "credentials": salesforce_login(tenant, secret),
        }
        for entity in (None, "Account"):
            do(connector_profile.AppFlowUpdateConnectorProfileOperator, aws, verify_entity=entity, **profile)

    return work


def keep_client_credentials(tenant: TenantAccount, aws: Aws) -> None:
    """Make the secret, move it to a key of the tenant's, which lets AppFlow in, and look at it again."""
    secrets, kms = tenant.client("secretsmanager"), tenant.client("kms")
    with suppress(secrets.exceptions.ResourceNotFoundException):
        secrets.delete_secret(SecretId=APP, ForceDeleteWithoutRecovery=True)
    key = secrets.describe_secret(SecretId=LOCKED_LOGIN)["KmsKeyId"]
    setup = TenantSetup(
        isv_principal=ISV_ACCOUNT,
        steps=["keep-client-credentials-secret"],
        account_id=tenant.account,
        secret_keys=[key],
        client_credentials_secrets=[APP],
    )
    policy = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
    policy["Statement"] = [policy["Statement"][0], *key_policies(setup)[key]["Statement"]]
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(policy))
    name = fresh("onboarded")
    for kms_key in (None, key, key):
        do(
            connector_profile.AppFlowCreateConnectorProfileOperator,
            aws,
            connector_profile_name=name,
            connector_type="Salesforce",
            connector_profile_properties=tenant.properties,
            credentials=OAuth2Credentials(secret_id=CONSENT, redeemer="appflow"),
            client_credentials_secret=APP,
            client_credentials_kms_key=kms_key,
            if_exists="update",
        )


def redeem_refresh_token(tenant: TenantAccount, aws: Aws) -> None:
    """Redeem without the patience that a worker has with AWS, so that a refusal shows at once."""
    store = SecretStore(AppFlowHook(**aws), GRANT)

    def send(stored: Stored) -> dict[str, Any]:
        names = ("client_id", "client_secret", "refresh_token")
        form = {"grant_type": "refresh_token", **{name: stored.members[name] for name in names}}
        answer = requests.post(f"{tenant.tenant.login_url}/services/oauth2/token", data=form, timeout=30)
        return dict(answer.json())

    Redeemer(store, send=send, is_active=lambda _: True, patience=0.0).redeem()


def refresh_on_auth_failure(tenant: TenantAccount, aws: Aws) -> None:
    """Start a flow of two connector profiles, which is refused once; who is refused has to be found out."""
    name, profiles = fresh("onboarded"), [tenant.make_profile(fresh("onboarded")) for _ in range(2)]
    source = salesforce_to_s3(profiles[0], BUCKET)["source_flow_config"]
    writes = {"object": "Account", "writeOperationType": "INSERT"}
    destination = {
        "connectorType": "Salesforce",
        "connectorProfileName": profiles[1],
        "destinationConnectorProperties": {"Salesforce": writes},
    }
    tenant.client("appflow").create_flow(
        flowName=name,
        triggerConfig={"triggerType": "OnDemand"},
        sourceFlowConfig=source,
        destinationFlowConfigList=[destination],
        tasks=map_fields("Name"),
    )
    faults.inject(Error("ConnectorAuthenticationException"), operation="StartFlow")
    tenant.org.expire_tokens()
    start = {
        "flow_name": name,
        "wait_for_completion": False,
        "on_auth_failure": salesforce_login(tenant),
        "auth_failure_profile": profiles[0],
    }
    with settings.held():  # nothing is to be written
        run = do(flow_run.AppFlowStartFlowOperator, aws, **start)
        tenant.client("appflow").cancel_flow_executions(flowName=name, executionIds=[run["execution_id"]])
