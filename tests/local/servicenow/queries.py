"""Encoded queries carried out on incidents that a test gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_appflow_isv.local.servicenow import Instance, Instances
from airflow_provider_appflow_isv.local.servicenow.encoded_query import parse
from airflow_provider_appflow_isv.local.servicenow.evaluate import run
from airflow_provider_appflow_isv.local.servicenow.snapshot import Snapshot

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.servicenow.records import Record

BOSS = "b" * 32


def _instance(*records: Record) -> Instance:
    """Return an instance with just these incidents, and a user with a manager."""
    instance = Instances("http://example.invalid").create("tenant-a", incidents=0)
    instance.records("sys_user").clear()
    instance.insert("sys_user", {"sys_id": BOSS, "name": "Given Boss"})
    instance.insert("sys_user", {"sys_id": "a" * 32, "name": "Vorname Agent", "manager": BOSS})
    for record in records:
        instance.insert("incident", record)
    return instance


def numbers_found(query: str, *records: Record, strict: bool = False) -> list[str]:
    """Return the numbers of the incidents that a query finds, in order."""
    instance = _instance(*records)
    found = run(parse(query), "incident", instance.records("incident"), Snapshot(instance.database), strict=strict)
    return [record["number"] for record in found]


PLAIN: Record = {
    "number": "INC1",
    "short_description": "It's 100% Größe_1",
    "category": "",
    "priority": "2",
    "business_stc": "1000",
    "closed_at": "",
    "active": "true",
    "assigned_to": "a" * 32,
    "opened_at": "2021-01-03 08:15:30",
}
