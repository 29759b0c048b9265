"""A Salesforce on this machine: several orgs behind one login host, with OAuth and a data API that can be queried."""

from __future__ import annotations

from airflow_provider_appflow_isv.local.salesforce.app import create_app
from airflow_provider_appflow_isv.local.salesforce.org import Org, Orgs
from airflow_provider_appflow_isv.local.salesforce.principals import ConnectedApp, User

__all__ = ["ConnectedApp", "Org", "Orgs", "User", "create_app"]
