"""Registers in the account's Glue Data Catalog what a run wrote to S3, where the flow has a metadataCatalogConfig.

Facts: AppFlow user guide, "Cataloging the data output from an Amazon AppFlow flow": the tables' names; ``_latest`` is
kept up with the last run, its time being that of its creation; a table for each run only with EXECUTION_ID in the path;
the flow's name is changed where Glue has no such names; partition keys; AppFlowLabel and AppFlowDescription of columns,
whose names are in lower case. AppFlow API reference, RegistrationOutput. Glue API reference, TableInput: names of 255
bytes, folded to lower case. AWS CDK: appflow.amazonaws.com assumes the role.

Inferred: the run stays Successful where the registration fails; a run that wrote nothing registers nothing; one detail
for each table, whose results count it and its new partitions; in a flow's name all but letters, digits, ``_`` and ``-``
becomes ``_``; whether the database is there, and the role's trust policy, are looked at in the run and not before. The
role's own policies are not looked at.
"""

from __future__ import annotations

import dataclasses
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from moto.glue.exceptions import GlueClientError, TableNotFoundException
from moto.glue.models import glue_backends

from airflow_provider_appflow_isv.local.appflow.buckets import FlowBuckets
from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from airflow_provider_appflow_isv.local.appflow.flows.flow import ERROR, SUCCESSFUL
from airflow_provider_appflow_isv.local.identity import find_role
from airflow_provider_appflow_isv.local.services import APPFLOW, flow_source_arn, refusal, service_context

from .glue_tables import Output, Table

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.appflow.runs.job import Job

_MAX_NAME = 255
_NO_NAME = re.compile(r"[^a-z0-9_-]")
_registering = threading.Lock()  # two runs of one flow may end at once


class _RoleError(Exception):
    """AppFlow may not use the catalog's role."""


@dataclass(frozen=True)
class _RecordingBuckets(FlowBuckets):
    """Buckets that keep what is written to them, by key."""

    written: dict[str, bytes] = field(default_factory=dict)

    def put(self, bucket_name: str, key: str, content: bytes) -> None:
        super().put(bucket_name, key, content)
        self.written[key] = content


def move_and_catalog(job: Job, move: Callable[[Job], None]) -> list[dict[str, Any]]:
    """Let a run move its data, then register what it has written if its flow says so.

    :param job: the run.
    :param move: moves the data of the run that it gets; whatever it raises goes on.
    :return: the run's metadataCatalogDetails, empty if nothing was to be registered.
    """
    config = job.definition.get("metadataCatalogConfig", {}).get("glueDataCatalog")
    if config is None:
        move(job)
        return []
    buckets = _RecordingBuckets(job.account_id, job.region_name, job.buckets.flow_arn)
    move(dataclasses.replace(job, buckets=buckets))
    if not buckets.written:
        return []
    output = Output(job, buckets.written)
    with _registering:
        tables = output.tables(_stem(job, config["tablePrefix"]), lambda stem: _latest(job, config, stem))
        return [_register(job, config, table) for table in tables]


def _stem(job: Job, prefix: str) -> str:
    """What the names of all tables of a flow begin with; a long flow name is cut so that the longest name fits."""
    start, longest_end = f"{prefix.lower()}_appflow_", f"_{job.schema_version}_{job.execution_id}"
    room = _MAX_NAME - len(start.encode()) - len(longest_end)
    return start + _NO_NAME.sub("_", job.flow_name.lower())[:room]


def _latest(job: Job, config: Mapping[str, str], stem: str) -> str:
    """The name of the table of the last run: the one that is there, or a new one."""
    database = _backend(job).databases.get(config["databaseName"])
    name = re.compile(rf"{re.escape(stem)}_\d+_latest")
    known = [each for each in (database.tables if database else ()) if name.fullmatch(each)]
    return max(known, default=f"{stem}_{int(settings.now())}_latest")


def _register(job: Job, config: Mapping[str, str], table: Table) -> dict[str, Any]:
    """Register one table with its partitions, and return its MetadataCatalogDetail."""
    detail: dict[str, Any] = {"catalogType": "GLUE", "tableName": table.name}
    try:
        _check_role(job, config["roleArn"])
        _put_table(job, config["databaseName"], table)
    except (_RoleError, GlueClientError) as error:
        message = error.message if isinstance(error, GlueClientError) else str(error)
        return detail | {"tableRegistrationOutput": {"message": message, "result": "0", "status": ERROR}}
    detail["tableRegistrationOutput"] = {"result": "1", "status": SUCCESSFUL}
    if table.partitions:
        known = _backend(job).batch_create_partition(config["databaseName"], table.name, table.partitions)
        created = len(table.partitions) - len(known)
        detail["partitionRegistrationOutput"] = {"result": str(created), "status": SUCCESSFUL}
    return detail


def _put_table(job: Job, database: str, table: Table) -> None:
    """Create or update a table; partitions of another folder or other keys are no longer its own."""
    backend = _backend(job)
    try:
        known = backend.get_table(database, table.name)
    except TableNotFoundException:
        backend.create_table(database, table.name, table.definition)
        return
    if table.is_elsewhere(known.as_dict()):
        known.partitions.clear()
    backend.update_table(database, table.name, table.definition)


def _check_role(job: Job, role_arn: str) -> None:
    role = find_role(role_arn, job.region_name)
    if role is None:
        raise _RoleError(f"AppFlow cannot assume {role_arn}: there is no such role.")
    context = service_context(
        APPFLOW,
        region=job.region_name,
        resource_account=role.account_id,
        source_account=job.account_id,
        source_arn=flow_source_arn(job.buckets.flow_arn),
    )
    refused = refusal(role.assume_role_policy_document, APPFLOW, "sts:AssumeRole", None, context)
    if refused is not None:
        raise _RoleError(f"AppFlow cannot assume {role_arn}: its trust policy {refused}")


def _backend(job: Job) -> Any:
    return glue_backends[job.account_id][job.region_name]
