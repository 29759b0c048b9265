"""A Salesforce on this machine: orgs behind one login host, with OAuth, a data API and a Streaming API."""

from __future__ import annotations

from airflow_provider_appflow_isv.local.salesforce.app import create_app
from airflow_provider_appflow_isv.local.salesforce.org import Org
from airflow_provider_appflow_isv.local.salesforce.orgs import Orgs
from airflow_provider_appflow_isv.local.salesforce.principals import THIRTY_DAYS, ConnectedApp, User

__all__ = ["THIRTY_DAYS", "ConnectedApp", "Org", "Orgs", "User", "create_app"]
