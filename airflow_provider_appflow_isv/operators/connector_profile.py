"""Connector profiles, AppFlow's connections to a SaaS: made, given fresh credentials, deleted."""

from __future__ import annotations

from airflow_provider_appflow_isv.operators.profile_create import AppFlowCreateConnectorProfileOperator
from airflow_provider_appflow_isv.operators.profile_delete import AppFlowDeleteConnectorProfileOperator
from airflow_provider_appflow_isv.operators.profile_update import AppFlowUpdateConnectorProfileOperator

__all__ = [
    "AppFlowCreateConnectorProfileOperator",
    "AppFlowDeleteConnectorProfileOperator",
    "AppFlowUpdateConnectorProfileOperator",
]
