"""Flows and triggers that AppFlow would refuse, or would run to no good."""

from __future__ import annotations

from typing import Any

from airflow_provider_appflow_isv.specs import (
    ConnectorSource,
    EqualTo,
    Field,
    GoogleAnalyticsSource,
    MarketoSource,
    OnDemand,
    OnEvent,
    SalesforceSource,
    Schedule,
    ServiceNowSource,
)
from tests.specs.examples import DESTINATION, Row, flow

EVENTS = SalesforceSource(profile="p", object="AccountChangeEvent")
SERVICENOW = ServiceNowSource(profile="p", object="incident")
MARKETO = MarketoSource(profile="p", object="leads")


def schedule(**more: Any) -> Schedule:
    return Schedule("rate(1hours)", **more)


WRONG: dict[str, Row] = {
    # the flow itself
    "no name": (lambda: flow(name=""), "name", "has 0 characters"),
    "a name with a blank": (lambda: flow(name="my flow"), "name", "begins with a letter or digit"),
    "a name that begins with a dash": (lambda: flow(name="-accounts"), "name", "begins with a letter or digit"),
    "a name of one character": (lambda: flow(name="a"), "name", "has 1 characters, it must have 2"),
    "a name of 257 characters": (lambda: flow(name="a" * 257), "name", "it must have 2 to 256"),
    "a number as name": (lambda: flow(name=5), "name", "must be a text"),
    "a description with a colon": (lambda: flow(description="Note: daily"), "description", "any of _!@#-.?, only"),
    "a description that is too long": (lambda: flow(description="a" * 2049), "description", "2049 characters"),
    "an alias as KMS key": (
        lambda: flow(kms_arn="alias/my-key-for-appflow"),
        "kms_arn",
        "must be the ARN of a KMS key",
    ),
    "a tag of AWS": (lambda: flow(tags={"aws:team": "a"}), "tags[aws:team]", "tags"),
    "a tag with a bracket": (lambda: flow(tags={"team": "(a)"}), "tags[team]", "tags"),
    "a number as tag": (lambda: flow(tags={"team": 5}), "tags[team]", "must be a text"),
    "51 tags": (lambda: flow(tags={f"tag{'x' * n}": "a" for n in range(51)}), "tags", "50 at most"),
    "an argument that is none": (lambda: flow(triger=OnDemand()), "triger", "Did you mean trigger?"),
    "no source": (lambda: flow(source=None), "source", "must be one of ConnectorSource, CustomSource"),
    "a destination as source": (lambda: flow(source=DESTINATION), "source", "SalesforceSource"),
    "a source as destination": (lambda: flow(destination=SERVICENOW), "destination", "S3Destination"),
    "a class as trigger": (lambda: flow(trigger=OnDemand), "trigger", "write OnDemand(...)"),
    "a filter as field": (lambda: flow(fields=[EqualTo("Id", 1)]), "fields[0]", "Field"),
    "a field as filter": (lambda: flow(filters=[Field("Id")]), "filters[0]", "Between"),
    "the name of a class as field": (lambda: flow(fields=["AllFields"]), "fields[0]", "write AllFields(...)"),
    # triggers
    "events of ServiceNow": (lambda: flow(source=SERVICENOW, trigger=OnEvent()), "trigger", "only Salesforce has"),
    "events of an object": (lambda: flow(trigger=OnEvent()), "source.object", "AccountChangeEvent"),
    "a schedule of change events": (lambda: flow(source=EVENTS, trigger=schedule()), "trigger", "take OnEvent()"),
    "platform events on demand": (
        lambda: flow(source=SalesforceSource(profile="p", object="Order__e")),
        "trigger",
        "OnDemand is not possible: 'Order__e' has events only",
    ),
    "change events of a general source on demand": (
        lambda: flow(source=ConnectorSource("Salesforce", {"object": "AccountChangeEvent"}, profile="p")),
        "trigger",
        "has events only",
    ),
    "a rate in words": (lambda: Schedule("every hour"), "expression", "write rate(5minutes)"),
    "a rate of nothing": (lambda: Schedule("rate(0hours)"), "expression", "is no schedule"),
    "a rate in weeks": (lambda: Schedule("rate(2weeks)"), "expression", "is no schedule"),
    "a cron of five fields": (lambda: Schedule("cron(0 8 * * ?)"), "expression", "cron has six fields"),
    "a cron of two days": (lambda: Schedule("cron(0 8 * * * *)"), "expression", "must be ?, and only one"),
    "a cron of no day": (lambda: Schedule("cron(0 8 ? * ? *)"), "expression", "must be ?, and only one"),
    "a cron of minute 60": (lambda: Schedule("cron(60 8 * * ? *)"), "expression", "60 is not possible as minutes"),
    "a cron of month 13": (lambda: Schedule("cron(0 8 1 13 ? *)"), "expression", "as month"),
    "a cron of no weekday": (lambda: Schedule("cron(0 8 ? * FUN *)"), "expression", "FUN is not possible"),
    "Marketo by the minute": (
        lambda: flow(source=MARKETO, trigger=Schedule("rate(30minutes)")),
        "trigger.expression",
        "too often for Marketo: its schedules count in hours",
    ),
    "Marketo by the minute, in cron": (
        lambda: flow(source=MARKETO, trigger=Schedule("cron(0/5 * * * ? *)")),
        "trigger.expression",
        "too often",
    ),
    "Google Analytics by the hour": (
        lambda: flow(source=GoogleAnalyticsSource(profile="p", object="v"), trigger=Schedule("cron(0 8,20 * * ? *)")),
        "trigger.expression",
        "count in days",
    ),
    "incremental on demand": (lambda: OnDemand(pull="Incremental"), "pull", "OnDemand has no arguments"),
    "an unknown way to pull": (lambda: schedule(pull="incremental"), "pull", "one of Incremental, Complete"),
    "an offset of more than 10 hours": (lambda: schedule(offset_seconds=36_001), "offset_seconds", "0 to 36000"),
    "an end before the start": (lambda: schedule(start="2030-01-02", end="2030-01-01"), "end", "not after start"),
    "a first range after the end": (
        lambda: schedule(pull="Incremental", first_execution_from="2030-01-02", end="2030-01-01"),
        "end",
        "not after first_execution_from",
    ),
    "a start that is no time": (lambda: schedule(start="tomorrow"), "start", "ISO 8601"),
    "a timestamp field of a complete pull": (
        lambda: schedule(timestamp_field="LastModifiedDate"),
        "timestamp_field",
        'pull="Incremental" only',
    ),
    "a first range of a complete pull": (
        lambda: schedule(pull="Complete", first_execution_from="2021-01-01"),
        "first_execution_from",
        'pull="Incremental" only',
    ),
    "101 failures in a row": (
        lambda: schedule(deactivate_after_failures=101),
        "deactivate_after_failures",
        "from 1 to 100",
    ),
}
