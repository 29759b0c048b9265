"""Where a connector profile's credentials come from; resolved when the task runs, in memory only."""

from airflow_provider_appflow_isv.credentials.api_key import ApiKeyCredentials
from airflow_provider_appflow_isv.credentials.authorization_code import AuthorizationCode
from airflow_provider_appflow_isv.credentials.base import CredentialSource
from airflow_provider_appflow_isv.credentials.basic import BasicCredentials
from airflow_provider_appflow_isv.credentials.custom import CustomCredentials
from airflow_provider_appflow_isv.credentials.jwt_bearer import JwtBearer
from airflow_provider_appflow_isv.credentials.key_pair import SnowflakeKeyPair
from airflow_provider_appflow_isv.credentials.oauth2 import OAuth2Credentials
from airflow_provider_appflow_isv.credentials.redshift import RedshiftCredentials
from airflow_provider_appflow_isv.credentials.salesforce import SalesforceCredentials
from airflow_provider_appflow_isv.credentials.secrets_manager import SecretsManagerCredentials

__all__ = [
    "ApiKeyCredentials",
    "AuthorizationCode",
    "BasicCredentials",
    "CredentialSource",
    "CustomCredentials",
    "JwtBearer",
    "OAuth2Credentials",
    "RedshiftCredentials",
    "SalesforceCredentials",
    "SecretsManagerCredentials",
    "SnowflakeKeyPair",
]
