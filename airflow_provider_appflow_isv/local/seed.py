"""An ISV and three tenants in the local stack, made by real AWS calls, each tenant with another OAuth grant."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import boto3
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_appflow_isv.local.salesforce import Org, Orgs

REGION = "us-east-1"
ISV_ACCOUNT = "111111111111"
ROLE_NAME = "appflow-remote-role"
SECRET_ID = "AppFlowSalesforce"  # noqa: S105  # the secret's name
_ASSUME = ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"]  # with all that a task can say of its session
Grant = Literal["password", "client_credentials", "jwt_bearer"]


@dataclass(frozen=True)
class Tenant:
    """A customer of the ISV: an AWS account and a Salesforce org. Holds no secret.

    :param name: the tenant, which is also the name of its org.
    :param account_id: the tenant's AWS account.
    :param role_arn: the role there that the ISV assumes.
    :param external_id: what the role's trust policy asks for.
    :param bucket: where the tenant's data lands.
    :param secret_id: the secret in the tenant's account that holds the Salesforce credentials.
    :param login_url: where tokens are asked for.
    :param instance_url: the org.
    :param grant: how tokens are asked for.
    :param accounts: how many accounts the org has.
    """

    name: str
    account_id: str
    role_arn: str
    external_id: str
    bucket: str
    secret_id: str
    login_url: str
    instance_url: str
    grant: Grant
    accounts: int


@dataclass(frozen=True)
class Seed:
    """What seeding made.

    :param isv_account: the ISV's AWS account.
    :param access_key_id: key of the ISV's user, who may assume the tenants' roles.
    :param secret_access_key: its secret.
    :param region: the region of all of it.
    :param tenants: the tenants.
    """

    isv_account: str
    access_key_id: str
    secret_access_key: str = field(repr=False)
    region: str
    tenants: tuple[Tenant, ...]

    def tenants_variable(self) -> list[dict[str, str]]:
        """Return the tenants as the Airflow variable ``appflow_tenants`` lists them."""
        return [
            {
                **{name: value for name, value in asdict(tenant).items() if name != "accounts"},
                "region_name": self.region,
            }
            for tenant in self.tenants
        ]


def _password_credentials(org: Org, username: str) -> dict[str, str]:
    user, app = org.users[username], org.add_connected_app()
    return {
        "clientId": app.client_id,
        "clientSecret": app.client_secret,
        "SFLoginEmail": username,
        "SFPassword+SeurityToken": user.password + user.security_token,  # spelt as the AWS blog spells it
    }


def _client_credentials(org: Org, username: str) -> dict[str, str]:
    app = org.add_connected_app(run_as=username)
    return {"clientId": app.client_id, "clientSecret": app.client_secret}


def _jwt_bearer_credentials(org: Org, username: str) -> dict[str, str]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public_key = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    app = org.add_connected_app(certificate=public_key.decode(), permitted_users="admin_approved", approved=(username,))
    private_key = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return {"clientId": app.client_id, "username": username, "privateKey": private_key.decode()}


@dataclass(frozen=True)
class _Plan:
    name: str
    account_id: str
    grant: Grant
    accounts: int
    make_credentials: Callable[[Org, str], dict[str, str]]


_PLANS = (
    _Plan("tenant-a", "222222222222", "password", 25, _password_credentials),
    _Plan("tenant-b", "333333333333", "client_credentials", 300, _client_credentials),
    _Plan("tenant-c", "444444444444", "jwt_bearer", 2500, _jwt_bearer_credentials),
)


def account_client(aws_url: str, account_id: str, service: str, region: str = REGION) -> Any:
    """Return a boto3 client that acts in an account of the local AWS with every right.

    :param aws_url: the local AWS endpoint.
    :param account_id: the account.
    :param service: the service, e.g. ``s3``.
    :param region: the region.
    :return: the client.
    """
    make_client: Any = boto3.client  # its stub wants the service as a literal
    client = make_client(
        service,
        region_name=region,
        endpoint_url=aws_url,
        aws_access_key_id="local-administrator",
        aws_secret_access_key="local-administrator",  # noqa: S106  # moto takes any; the header below decides
    )

    def choose_account(request: Any, **_: Any) -> None:
        request.headers["x-moto-account-id"] = account_id

    client.meta.events.register("before-sign", choose_account)
    return client


def _policy(**statement: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


def _role_policy(bucket: str) -> str:
    """What the ISV may do in a tenant's account."""
    allow = [
        (["appflow:*"], ["*"]),
        (["s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:ListBucket"], [f"arn:aws:s3:::{bucket}"]),
        (["s3:GetObject"], [f"arn:aws:s3:::{bucket}/*"]),
        (["secretsmanager:GetSecretValue"], [f"arn:aws:secretsmanager:*:*:secret:{SECRET_ID}-*"]),
    ]
    statements = [{"Effect": "Allow", "Action": actions, "Resource": targets} for actions, targets in allow]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _make_tenant(aws_url: str, orgs: Orgs, plan: _Plan) -> Tenant:
    external_id = secrets.token_urlsafe(24)
    bucket = f"{plan.name}-landing"
    iam = account_client(aws_url, plan.account_id, "iam")
    role = iam.create_role(
        RoleName=ROLE_NAME,
        AssumeRolePolicyDocument=_policy(
            Principal={"AWS": f"arn:aws:iam::{ISV_ACCOUNT}:root"},
            Action=_ASSUME,
            Condition={"StringEquals": {"sts:ExternalId": external_id}},
        ),
    )["Role"]
    iam.put_role_policy(RoleName=ROLE_NAME, PolicyName="appflow", PolicyDocument=_role_policy(bucket))
    account_client(aws_url, plan.account_id, "s3").create_bucket(Bucket=bucket)

    org = orgs.create(plan.name, accounts=plan.accounts)
    user = org.add_user(f"isv-loader@{plan.name}.example")
    account_client(aws_url, plan.account_id, "secretsmanager").create_secret(
        Name=SECRET_ID, SecretString=json.dumps(plan.make_credentials(org, user.username))
    )
    return Tenant(
        name=plan.name,
        account_id=plan.account_id,
        role_arn=role["Arn"],
        external_id=external_id,
        bucket=bucket,
        secret_id=SECRET_ID,
        # Salesforce takes client credentials on the org's own domain only.
        login_url=org.my_domain_url if plan.grant == "client_credentials" else orgs.login_url,
        instance_url=org.my_domain_url,
        grant=plan.grant,
        accounts=plan.accounts,
    )


def seed_stack(aws_url: str, orgs: Orgs) -> Seed:
    """Make the ISV's account and three tenants, with fresh random secrets.

    :param aws_url: the local AWS endpoint.
    :param orgs: the local Salesforce's orgs; must not have the tenants' yet.
    :return: what was made.
    """
    tenants = tuple(_make_tenant(aws_url, orgs, plan) for plan in _PLANS)
    iam = account_client(aws_url, ISV_ACCOUNT, "iam")
    iam.create_user(UserName="isv")
    iam.put_user_policy(
        UserName="isv",
        PolicyName="assume-tenant-roles",
        PolicyDocument=_policy(Action=_ASSUME, Resource=[tenant.role_arn for tenant in tenants]),
    )
    key = iam.create_access_key(UserName="isv")["AccessKey"]
    return Seed(ISV_ACCOUNT, key["AccessKeyId"], key["SecretAccessKey"], REGION, tenants)
