"""What AppFlow looks at, outside of itself, when a flow is saved.

Facts: it logs in to the source and lists an S3 source (AppFlow API reference, CreateFlow; seen on AWS). Inferred: of a
destination, its private connection has to be there, and no more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv.local.appflow.buckets import BucketError, FlowBuckets
from airflow_provider_appflow_isv.local.appflow.connections import connector_errors
from airflow_provider_appflow_isv.local.appflow.connectors.catalog import needs_profile
from airflow_provider_appflow_isv.local.appflow.exceptions import ConnectorServerException

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.appflow.profiles.store import ProfileStore


def check_ends(definition: dict[str, Any], profiles: ProfileStore, buckets: FlowBuckets) -> None:
    """Check source and destination of a flow.

    :param definition: the flow, whose profiles exist.
    :param profiles: the connector profiles of its account and Region.
    :param buckets: its way to S3.
    :raises ConnectorAuthenticationException: if the source refuses the profile's credentials.
    :raises ConnectorServerException: if the source cannot be reached, or has no object to read.
    :raises ValidationException: if a profile's private connection is not there yet.
    """
    destination = definition["destinationFlowConfigList"][0]
    if needs_profile(destination["connectorType"]):
        profiles.connection(destination["connectorProfileName"])
    source = definition["sourceFlowConfig"]
    if source["connectorType"] == "S3":
        _check_files(source["sourceConnectorProperties"]["S3"], buckets)
    elif "connectorProfileName" in source:
        connection = profiles.connection(source["connectorProfileName"])
        if connection is not None:
            with connector_errors():
                connection.check()


def _check_files(location: dict[str, Any], buckets: FlowBuckets) -> None:
    prefix = location.get("bucketPrefix", "")
    try:
        found = buckets.keys(location["bucketName"], prefix)
    except BucketError as error:
        raise ConnectorServerException(f"Error while communicating to connector: {error}") from None
    if not found:
        raise ConnectorServerException(
            f"Error while communicating to connector: there is no object under s3://{location['bucketName']}/"
            f"{prefix}. Put the source files there before the flow is created."
        )
