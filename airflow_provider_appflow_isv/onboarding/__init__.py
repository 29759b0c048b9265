"""What a tenant must set up before an ISV can run AppFlow in its account: generated, not described.

``TenantSetup`` says what is wanted; the functions make the documents of it. The same on the command line:
``python -m airflow_provider_appflow_isv.onboarding --help``. Needs neither Airflow nor boto3.
"""

from __future__ import annotations

from airflow_provider_appflow_isv.onboarding.policies import (
    bucket_policies,
    key_policies,
    permission_policy,
    secret_policies,
    trust_policy,
)
from airflow_provider_appflow_isv.onboarding.steps import STEPS
from airflow_provider_appflow_isv.onboarding.template import template
from airflow_provider_appflow_isv.onboarding.tenant import OnboardingError, TenantSetup, new_external_id

__all__ = [
    "STEPS",
    "OnboardingError",
    "TenantSetup",
    "bucket_policies",
    "key_policies",
    "new_external_id",
    "permission_policy",
    "secret_policies",
    "template",
    "trust_policy",
]
