"""A tenant's Redshift cluster: with a table for Salesforce's accounts and one for ServiceNow's incidents."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from airflow_provider_appflow_isv.local.salesforce.objects import ACCOUNT
from airflow_provider_appflow_isv.local.seed.accounts import account_client, policy, statement
from airflow_provider_appflow_isv.local.servicenow.schema import Schema

if TYPE_CHECKING:
    from collections.abc import Mapping

DATABASE = "analytics"
_USER = "appflow_loader"
_ROLE = "redshift-copy-role"
_WIDEST = 65535  # bytes, of a varchar
_BYTES = 4  # of a character in UTF-8, at most
_TYPES = {
    "boolean": "boolean",
    "currency": "decimal(18, 2)",
    "date": "date",
    "datetime": "timestamptz",
    "double": "double precision",
    "float": "double precision",
    "glide_date": "date",
    "glide_date_time": "timestamp",
    "int": "integer",
    "integer": "bigint",
    "reference": "varchar(1024)",  # ServiceNow's is an object with a link
}


@dataclass(frozen=True)
class TenantWarehouse:
    """A cluster that was made.

    :param cluster: its identifier.
    :param database_url: JDBC URL of its database.
    :param role_arn: the role by which it reads the ISV's bucket.
    :param credentials: user name and password of a connector profile.
    """

    cluster: str
    database_url: str
    role_arn: str
    credentials: Mapping[str, str] = field(repr=False)


def make_warehouse(aws_url: str, account_id: str, tenant: str, staging_bucket: str) -> TenantWarehouse:
    """Make a tenant's cluster, its tables and the role by which it reads what AppFlow stages for it.

    :param aws_url: the local AWS endpoint.
    :param account_id: the tenant's account.
    :param tenant: the tenant's name, which is its folder in the bucket, too.
    :param staging_bucket: the ISV's bucket.
    """
    iam = account_client(aws_url, account_id, "iam")
    trust = policy(statement(["sts:AssumeRole"], Principal={"Service": "redshift.amazonaws.com"}))
    role_arn = str(iam.create_role(RoleName=_ROLE, AssumeRolePolicyDocument=trust)["Role"]["Arn"])
    reads = policy(*staged_files_statements(staging_bucket, tenant))
    iam.put_role_policy(RoleName=_ROLE, PolicyName="read-staged-files", PolicyDocument=reads)

    cluster = f"{tenant}-warehouse"
    credentials = {"username": _USER, "password": f"Local1{secrets.token_hex(16)}"}
    made = account_client(aws_url, account_id, "redshift").create_cluster(
        ClusterIdentifier=cluster,
        NodeType="ra3.large",
        DBName=DATABASE,
        MasterUsername=credentials["username"],
        MasterUserPassword=credentials["password"],
        IamRoles=[role_arn],
        PubliclyAccessible=True,  # as AppFlow needs it that comes by JDBC
    )["Cluster"]["Endpoint"]
    account_client(aws_url, account_id, "redshift-data").batch_execute_statement(
        ClusterIdentifier=cluster, Database=DATABASE, DbUser=credentials["username"], Sqls=_tables()
    )
    url = f"jdbc:redshift://{made['Address']}:{made['Port']}/{DATABASE}"
    return TenantWarehouse(cluster, url, role_arn, credentials)


def staged_files_statements(bucket: str, folder: str, **principal: object) -> list[dict[str, object]]:
    """Return the statements that let a cluster's role read a folder of the ISV's bucket.

    :param bucket: the bucket.
    :param folder: the folder.
    :param principal: ``Principal``, in the bucket's policy.
    """
    listing = {"StringLike": {"s3:prefix": f"{folder}/*"}}
    return [
        statement(["s3:GetObject"], [f"arn:aws:s3:::{bucket}/{folder}/*"], **principal),
        statement(["s3:ListBucket"], [f"arn:aws:s3:::{bucket}"], Condition=listing, **principal),
    ]


def _tables() -> list[str]:
    accounts = {each.name: _type(each.type, each.length) for each in ACCOUNT.fields}
    incidents = {
        name: _type(column.internal_type, column.max_length) for name, column in Schema().columns("incident").items()
    }
    return [_create_table("public.accounts", accounts), _create_table("public.incidents", incidents)]


def _create_table(name: str, columns: Mapping[str, str]) -> str:
    listed = ", ".join(f"{column} {kind}" for column, kind in columns.items())
    return f"CREATE TABLE {name} ({listed})"


def _type(kind: str, length: int) -> str:
    return _TYPES.get(kind, f"varchar({min(length * _BYTES, _WIDEST)})")
