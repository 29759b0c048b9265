"""Salesforce handed over to AppFlow, and flows whose credential is refreshed when a run fails for it."""

from __future__ import annotations

import json
import secrets
from typing import Any

from airflow_provider_appflow_isv.local.appflow.controls.effects import RunEffect, StuckInProgress, TokenRevoked
from airflow_provider_appflow_isv.local.appflow.controls.faults import faults
from airflow_provider_appflow_isv.local.seed import account_client
from proofs.leak_search.grants import Login, code, login
from proofs.leak_search.plan import Plan, awkward, knows
from proofs.leak_search.trouble import Quoting

STUCK = "start_a_stuck_run"  # deferred until all else has ended


def plan_delegated(plan: Plan) -> None:
    """Add the tasks."""
    refused = plan.tenants["tenant-c"].account_id
    for operation in ("CreateConnectorProfile", "UpdateConnectorProfile"):
        faults.inject(Quoting("ValidationException"), operation=operation, account=refused, times=None)
    for name, grant, source in (
        ("code", "rotating", "AuthorizationCode"),
        ("refresh token", "refresh_token", "OAuth2Credentials"),
        ("assertion", "jwt_bearer", "JwtBearer"),
    ):
        for tenant, ends in (("tenant-a", "success"), ("tenant-c", "failed")):
            _handed_over(plan, name, login(plan, grant), source, tenant, ends)
    _started(plan, "start deferred", "success")
    _started(plan, "start refreshed", "success", TokenRevoked(after_page=0))
    _started(plan, "start not refreshed", "failed", TokenRevoked(after_page=0), clientSecret=awkward("wrong"))
    _started(plan, STUCK.replace("_", " "), "deferred", StuckInProgress())


def _profile(plan: Plan, by: Login, name: str, tenant: str = "tenant-a") -> dict[str, Any]:
    return {
        "connector_profile_name": name,
        "connector_type": "Salesforce",
        "connector_profile_properties": by.properties,
        **plan.aws(tenant),
    }


def _handed_over(plan: Plan, name: str, by: Login, source: str, tenant: str, ends: str) -> None:
    members = dict(by.members)
    if source == "AuthorizationCode":
        members |= code(by.org, members["clientId"], pkce=knows("codeVerifier"))
        del members["refreshToken"]
    secret_id = plan.secret(f"handed-over-{source}", members, account=plan.tenants[tenant].account_id)
    arguments: dict[str, Any] = {"secret_id": secret_id}
    if source == "OAuth2Credentials":
        arguments["redeemer"] = "appflow"
    operator = _profile(plan, by, f"handed-over-{source}", tenant)
    if source != "JwtBearer":
        operator["client_credentials_secret"] = f"appflow-client-{source}-{tenant}"
    plan.task(
        f"create with {name} handed over {ends}",
        "create",
        ends=ends,
        arguments=operator,
        source={"class": source, "arguments": arguments},
    )


def _started(plan: Plan, about: str, ends: str, trouble: RunEffect | None = None, **changes: str) -> None:
    """A flow with a profile of its own, and what its credential is refreshed with, with some members changed."""
    by = login(plan, "client_credentials")
    flow = f"{about.replace(' ', '-')}-{secrets.token_hex(3)}"
    if trouble:
        faults.inject(trouble, flow=flow)
    made = plan.task(
        f"create for {about}",
        "create",
        arguments=_profile(plan, by, flow),
        source=by.source(secret_id=plan.secret(flow, by.members)),
    )
    tenant = plan.tenants["tenant-a"]
    plan.task(
        about,
        "start",
        ends=ends,
        after=made,
        arguments={"flow_name": flow, "deferrable": True, "poll_interval": 5, **plan.aws()},
        source=by.source(secret_id=plan.secret(f"fresh-{flow}", {**by.members, **changes})),
        flow={
            "flow_name": flow,
            "source_flow_config": {
                "connectorType": "Salesforce",
                "connectorProfileName": flow,
                "sourceConnectorProperties": {"Salesforce": {"object": "Account"}},
            },
            "destination_flow_config_list": [
                {
                    "connectorType": "S3",
                    "destinationConnectorProperties": {"S3": {"bucketName": tenant.bucket, "bucketPrefix": flow}},
                }
            ],
            "tasks": [
                {"taskType": "Filter", "sourceFields": ["Id"], "connectorOperator": {"Salesforce": "PROJECTION"}},
                {"taskType": "Map", "sourceFields": ["Id"], "destinationField": "Id"},
            ],
            "trigger_config": {"triggerType": "OnDemand"},
            **plan.aws(),
        },
    )


def let_in(plan: Plan) -> None:
    """Let AppFlow write to tenant-a's bucket."""
    tenant = plan.tenants["tenant-a"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "appflow.amazonaws.com"},
        "Action": ["s3:PutObject", "s3:ListBucket"],
        "Resource": [f"arn:aws:s3:::{tenant.bucket}", f"arn:aws:s3:::{tenant.bucket}/*"],
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    account_client(plan.stack.aws_url, tenant.account_id, "s3").put_bucket_policy(Bucket=tenant.bucket, Policy=policy)
