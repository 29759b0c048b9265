"""Hands the records of event flows to Amazon EventBridge, as the events of a partner event source.

Facts: EventBridge user guide, "Receiving events from Salesforce" (envelope; the detail-type is the Salesforce event,
the detail has the mapped fields); AppFlow user guide, "Amazon EventBridge": creating the flow makes the partner event
source, which then has to be associated with an event bus of the same name; an event above 256 KB is put into the error
bucket and the event points there. Inferred: the members of that pointer.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING

from moto.events.models import PartnerEventSource, events_backends

from airflow_provider_appflow_isv.local import event_bus
from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from airflow_provider_appflow_isv.local.appflow.runs.outcome import Counts, RunFailedError
from airflow_provider_appflow_isv.local.appflow.values import to_json

from .refusals import Refusals

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.appflow.runs.job import Job, Page, Record
    from airflow_provider_appflow_isv.local.appflow.runs.tasks import TaskPlan

_PARTNER = "aws.partner/"
_MAX_BYTES = 256 * 1024


def make_partner_source(account_id: str, region_name: str, name: str) -> None:
    """Make the partner event source of a flow; one that is there already stays.

    :param account_id: the flow's account.
    :param region_name: its Region.
    :param name: the destination's object, ``aws.partner/appflow/salesforce.com/<account>/<name>``.
    """
    sources = events_backends[account_id][region_name].event_sources
    if name not in sources:
        source = sources[name] = PartnerEventSource(region_name, name.removeprefix(_PARTNER))
        source.name = name


def write_eventbridge(job: Job, _task_plan: TaskPlan, pages: Sequence[Page], counts: Counts) -> None:
    """Put one event for each record; they go nowhere as long as no event bus is associated with the source.

    :param job: the run.
    :param pages: the records.
    :param counts: gets the bytes written and the refusals.
    """
    with Refusals(job, counts) as refusals:
        for record in (record for page in pages for record in page.records):
            detail = record
            size = len(to_json(record).encode())
            if size > _MAX_BYTES:
                try:
                    detail = _pointer(job, record)
                except RunFailedError as error:
                    refusals.add(record, str(error))
                    refusals.settle()
                    continue
            event_bus.put(job.account_id, job.region_name, job.destination["object"], _event(job, detail))
            counts.bytes_written += size


def _event(job: Job, detail: Record) -> event_bus.Event:
    source, detail_type = job.destination["object"], job.source["object"]
    content = json.loads(to_json(detail))
    return event_bus.envelope(job.account_id, job.region_name, source, detail_type, content, settings.now())


def _pointer(job: Job, record: Record) -> Record:
    """Put a large event into the error bucket and return what takes its place."""
    config = job.destination.get("errorHandlingConfig", {})
    if "bucketName" not in config:
        raise RunFailedError("The event is larger than 256 KB and the flow has no errorHandlingConfig.bucketName.")
    prefix = config.get("bucketPrefix", "").strip("/")
    key = "/".join(filter(None, [prefix, job.flow_name, job.execution_id, str(uuid.uuid4())]))
    job.buckets.put(config["bucketName"], key, to_json(record).encode())
    return {"s3": {"bucketName": config["bucketName"], "key": key}}
