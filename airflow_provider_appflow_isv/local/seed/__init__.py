"""An ISV and four tenants in the local stack, made by real AWS calls, each tenant with another OAuth grant."""

from __future__ import annotations

from airflow_provider_appflow_isv.local.seed.accounts import ISV_ACCOUNT, REGION, account_client
from airflow_provider_appflow_isv.local.seed.isv import seed_stack
from airflow_provider_appflow_isv.local.seed.made import Grant, Seed, Tenant

__all__ = ["ISV_ACCOUNT", "REGION", "Grant", "Seed", "Tenant", "account_client", "seed_stack"]
