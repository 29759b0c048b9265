"""What seeding has made, told without any secret but the ISV's key."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Literal

Grant = Literal["password", "client_credentials", "jwt_bearer", "refresh_token"]
_COUNTS = ("accounts", "incidents")  # for tests; no DAG needs them


@dataclass(frozen=True)
class Tenant:
    """A customer of the ISV: an AWS account, a Salesforce org and a ServiceNow instance. Holds no secret.

    :param name: the tenant, which is also the name of its org and of its instance.
    :param account_id: the tenant's AWS account.
    :param role_arn: the role there that the ISV assumes.
    :param external_id: what the role's trust policy asks for.
    :param bucket: where the tenant's data lands; in the tenant's account.
    :param outbound_prefix: folder of that bucket with the files that are to go to Salesforce.
    :param secret_id: the secret in the tenant's account that holds the Salesforce credentials.
    :param isv_secret_id: the secret in the ISV's account that holds the same, but for a refresh token of its own.
    :param login_url: where tokens are asked for.
    :param instance_url: the org.
    :param grant: how tokens are asked for.
    :param servicenow_url: the instance.
    :param servicenow_secret_id: the secret in the ISV's account with a connector profile's ServiceNow credentials.
    :param redshift_cluster: identifier of the tenant's Redshift cluster, in the tenant's account.
    :param redshift_database: its database, which has the tables ``public.accounts`` and ``public.incidents``.
    :param redshift_database_url: JDBC URL of that database.
    :param redshift_secret_id: the secret in the ISV's account with a connector profile's Redshift credentials.
    :param redshift_role_arn: the cluster's role, which reads the tenant's folder of the ISV's bucket.
    :param accounts: how many accounts the org has; it has twice as many contacts and as many opportunities.
    :param incidents: how many incidents the instance has.
    """

    name: str
    account_id: str
    role_arn: str
    external_id: str
    bucket: str
    outbound_prefix: str
    secret_id: str
    isv_secret_id: str
    login_url: str
    instance_url: str
    grant: Grant
    servicenow_url: str
    servicenow_secret_id: str
    redshift_cluster: str
    redshift_database: str
    redshift_database_url: str
    redshift_secret_id: str
    redshift_role_arn: str
    accounts: int
    incidents: int


@dataclass(frozen=True)
class Seed:
    """What seeding made.

    :param isv_account: the ISV's AWS account.
    :param access_key_id: key of the ISV's user, who may assume the tenants' roles and use AppFlow in the own account.
    :param secret_access_key: its secret.
    :param region: the region of all of it.
    :param staging_bucket: the ISV's bucket, through which AppFlow in the ISV's account loads the tenants' warehouses.
    :param tenants: the tenants.
    """

    isv_account: str
    access_key_id: str
    secret_access_key: str = field(repr=False)
    region: str
    staging_bucket: str
    tenants: tuple[Tenant, ...]

    def tenants_variable(self) -> list[dict[str, str]]:
        """Return the tenants as the Airflow variable ``appflow_tenants`` lists them."""
        return [
            {
                **{name: value for name, value in asdict(tenant).items() if name not in _COUNTS},
                "staging_bucket": self.staging_bucket,
                "region_name": self.region,
            }
            for tenant in self.tenants
        ]
