"""A ServiceNow on this machine: several instances behind one base URL, with OAuth and a Table API to query."""

from __future__ import annotations

from airflow_provider_appflow_isv.local.servicenow.app import create_app
from airflow_provider_appflow_isv.local.servicenow.instance import Instance, Instances
from airflow_provider_appflow_isv.local.servicenow.principals import OAuthClient, User

__all__ = ["Instance", "Instances", "OAuthClient", "User", "create_app"]
