"""A tenant as the tests of the documents set it up."""

from __future__ import annotations

from typing import Any

from airflow_provider_appflow_isv.onboarding import TenantSetup

ISV, TENANT = "111111111111", "222222222222"
KEY = "arn:aws:kms:us-east-1:222222222222:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ROLE = "arn:aws:iam::222222222222:role/catalog"
STEPS = ("grant-bucket-access", "upsert-connector-profile", "upsert-flow", "run-flow", "read-data")


def tenant_a(**members: Any) -> TenantSetup:
    """One tenant with the steps of the example DAG."""
    given: dict[str, Any] = {
        "isv_principal": ISV,
        "steps": STEPS,
        "external_id": "tenant-a-id",
        "account_id": TENANT,
        "region": "us-east-1",
        "buckets": ["tenant-a-landing"],
        "secrets": ["AppFlowSalesforce"],
    }
    return TenantSetup(**{**given, **members})
