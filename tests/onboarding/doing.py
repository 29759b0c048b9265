"""What the steps of a DAG act on while the policies are tried, and how they are done."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from airflow_provider_appflow_isv.local.seed import ISV_ACCOUNT, account_client
from airflow_provider_appflow_isv.onboarding import TenantSetup, bucket_policies
from tests.accounts import TenantAccount
from tests.tasks import run_task

BUCKET, NEW_BUCKET = "onboarded-landing", "onboarded-new"
LOGIN, LOCKED_LOGIN, WAREHOUSE_LOGIN = "onboarded-login", "onboarded-locked-login", "onboarded-warehouse"
GRANT, CONSENT, APP = "onboarded-grant", "onboarded-consent", "onboarded-app"
KEY = "arn:aws:kms:us-east-1:222222222222:key/of-the-locked-login"  # stands for one whose id KMS chooses
CATALOG_ROLE = "arn:aws:iam::222222222222:role/catalog"

Aws = dict[str, Any]
"""The arguments with which a task acts in a role."""
Work = Callable[[TenantAccount, Aws], object]
"""Makes with every right what is to be acted on, and acts on it in the role."""


def prepare(tenant: TenantAccount) -> None:
    """Make what is there before the ISV comes: buckets, one of them open to AppFlow, logins, and the key of one."""
    s3, secrets = tenant.client("s3"), tenant.client("secretsmanager")
    setup = TenantSetup(isv_principal=ISV_ACCOUNT, steps=["run-flow"], account_id=tenant.account, buckets=[BUCKET])
    for name in (BUCKET, NEW_BUCKET):
        s3.create_bucket(Bucket=name)
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(bucket_policies(setup)[BUCKET]))
    isv = account_client(tenant.stack.aws_url, ISV_ACCOUNT, "secretsmanager")
    warehouse = isv.get_secret_value(SecretId=tenant.tenant.redshift_secret_id)["SecretString"]
    login = json.dumps(tenant.secret())
    secrets.create_secret(Name=LOGIN, SecretString=login)
    secrets.create_secret(Name=WAREHOUSE_LOGIN, SecretString=warehouse)
    key = tenant.client("kms").create_key()["KeyMetadata"]["Arn"]
    secrets.create_secret(Name=LOCKED_LOGIN, SecretString=login, KmsKeyId=key)
    for name, rotates in ((GRANT, True), (CONSENT, False)):
        app = tenant.org.add_connected_app(rotate_refresh_tokens=rotates)
        refresh_token = tenant.org.issue_refresh_token(app.client_id, tenant.username)
        grant = {"clientId": app.client_id, "clientSecret": app.client_secret, "refreshToken": refresh_token}
        secrets.create_secret(Name=name, SecretString=json.dumps({**grant, "accessToken": "none-yet"}))


def do(operator: Any, aws: Aws, **arguments: Any) -> Any:
    return run_task(operator(task_id="task", **arguments, **aws))
