"""Where flow runs write: one writer for each connector type that the local stack has."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from airflow_provider_appflow_isv.local.appflow.runs.job import Job, Page
from airflow_provider_appflow_isv.local.appflow.runs.outcome import Counts, RunFailedError
from airflow_provider_appflow_isv.local.appflow.runs.tasks import TaskPlan

from .custom_connector import write_custom_connector
from .eventbridge import write_eventbridge
from .redshift import write_redshift
from .s3 import write_s3
from .salesforce import write_salesforce

Writer = Callable[[Job, TaskPlan, Sequence[Page], Counts], None]

_WRITERS: dict[str, Writer] = {
    "CustomConnector": write_custom_connector,
    "EventBridge": write_eventbridge,
    "Redshift": write_redshift,
    "S3": write_s3,
    "Salesforce": write_salesforce,
}


def writer_of(connector_type: str) -> Writer:
    """Return what writes to a destination.

    :param connector_type: the destination's connector type.
    :raises RunFailedError: if the local stack has no such destination.
    """
    try:
        return _WRITERS[connector_type]
    except KeyError:
        raise RunFailedError(
            f"The local stack has no {connector_type} to write to, only {', '.join(sorted(_WRITERS))}."
        ) from None
