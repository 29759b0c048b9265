"""An account of the local AWS in which every connector has a profile."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_appflow_isv.local.seed.accounts import ISV_ACCOUNT, account_client
from tests.accounts import allow_profiles
from tests.local.appflow.conftest import allow_appflow
from tests.local.appflow.profiles.test_rules import ACCEPTED
from tests.local.appflow.profiles.test_rules import request as profile_request
from tests.specs.ends import INPUT_BUCKET, INPUT_FOLDER, profile_of

if TYPE_CHECKING:
    from tests.accounts import TenantAccount


@dataclass(frozen=True)
class Connected:
    """An account with a profile of every connector.

    :param appflow: AppFlow's client there.
    :param kms_arn: a key of the account.
    """

    appflow: Any
    kms_arn: str


def _login(tenant: TenantAccount, secret_id: str, member: str) -> Any:
    """Credentials of one of the tenant's systems, which the ISV keeps."""
    secrets = account_client(tenant.stack.aws_url, ISV_ACCOUNT, "secretsmanager")
    return json.loads(secrets.get_secret_value(SecretId=secret_id)["SecretString"])[member]


@pytest.fixture(scope="session")
def connected(tenants: dict[str, TenantAccount]) -> Connected:
    """The account."""
    allow_profiles()
    tenant = tenants["tenant-a"]
    appflow = tenant.client("appflow")
    tenant.make_profile(profile_of("Salesforce"))
    requests = {each["connectorType"]: each for each in ACCEPTED if each["connectionMode"] == "Public"}
    seeded = tenant.tenant
    requests["Servicenow"] = profile_request(
        "Servicenow", {"instanceUrl": seeded.servicenow_url}, _login(tenant, seeded.servicenow_secret_id, "ServiceNow")
    )
    warehouse = {
        "databaseUrl": seeded.redshift_database_url,
        "bucketName": INPUT_BUCKET,
        "roleArn": seeded.redshift_role_arn,
    }
    requests["Redshift"] = profile_request("Redshift", warehouse, _login(tenant, seeded.redshift_secret_id, "Redshift"))
    for name, each in requests.items():
        appflow.create_connector_profile(**{**each, "connectorProfileName": profile_of(name)})
    s3 = tenant.client("s3")
    s3.create_bucket(Bucket=INPUT_BUCKET)
    s3.put_bucket_policy(Bucket=INPUT_BUCKET, Policy=json.dumps(allow_appflow(INPUT_BUCKET)))
    s3.put_object(Bucket=INPUT_BUCKET, Key=f"{INPUT_FOLDER}/1.csv", Body=b"Id\n1\n")
    return Connected(appflow, tenant.client("kms").create_key()["KeyMetadata"]["Arn"])
