"""Where a connector profile's credentials come from; resolved when the task runs, in memory only."""

from airflow_provider_appflow_isv.credentials.base import CredentialSource
from airflow_provider_appflow_isv.credentials.salesforce import SalesforceCredentials
from airflow_provider_appflow_isv.credentials.secrets_manager import SecretsManagerCredentials

__all__ = ["CredentialSource", "SalesforceCredentials", "SecretsManagerCredentials"]
