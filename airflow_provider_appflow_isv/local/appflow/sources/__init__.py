"""Where flow runs read: one reader for each connector type that the local stack has."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from airflow_provider_appflow_isv.local.appflow.runs.job import Job, SourcePage
from airflow_provider_appflow_isv.local.appflow.runs.outcome import RunFailedError
from airflow_provider_appflow_isv.local.appflow.runs.tasks import TaskPlan

from .custom_connector import read_custom_connector
from .s3 import read_s3
from .salesforce import read_salesforce
from .servicenow import read_servicenow

Reader = Callable[[Job, TaskPlan], Iterator[SourcePage]]

_READERS: dict[str, Reader] = {
    "CustomConnector": read_custom_connector,
    "S3": read_s3,
    "Salesforce": read_salesforce,
    "Servicenow": read_servicenow,
}


def reader_of(connector_type: str) -> Reader:
    """Return what reads a source.

    :param connector_type: the source's connector type.
    :raises RunFailedError: if the local stack has no such source.
    """
    try:
        return _READERS[connector_type]
    except KeyError:
        raise RunFailedError(
            f"The local stack has no {connector_type} to read from, only {', '.join(sorted(_READERS))}."
        ) from None
