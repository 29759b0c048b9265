"""Brings the events of AWS services through moto's EventBridge rules to their targets.

moto's own delivery drops ``account`` and ``resources`` on the way, ignores disabled rules, and looks every queue up in
the rule's account. Facts: EventBridge user guide, "Event bus targets" (queues and buses need a policy that lets the
rule in), "Sending and receiving events between AWS accounts" (an event keeps its ``account`` and is not handed on to a
third one), "Input transformation".
"""

from __future__ import annotations

import json
import logging
import time
import uuid
from dataclasses import dataclass
from typing import Any

from moto.events.models import EventsBackend, Rule, events_backends
from moto.events.utils import EventTemplateParser
from moto.logs.models import logs_backends
from moto.sqs.models import sqs_backends

from airflow_provider_appflow_isv.local.policies import Principal, is_allowed

_log = logging.getLogger(__name__)
_EVENTBRIDGE = Principal(service="events.amazonaws.com")

Event = dict[str, Any]


class UndeliverableError(Exception):
    """A target cannot take the event; EventBridge drops it then."""


@dataclass(frozen=True)
class _Arn:
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def of(cls, text: str) -> _Arn:
        _, _, service, region, account, resource = text.split(":", 5)
        return cls(service, region, account, resource)


def keep_partner_names() -> None:
    """Make moto find buses by their whole names; it knows only the part after the last slash. Calling it again is fine.

    The bus of a partner event source has the source's name, which is full of slashes.
    """
    EventsBackend._normalize_event_bus_arn = _bus_name  # type: ignore[method-assign,assignment]  # moto offers no hook here


def _bus_name(_backend: EventsBackend, name_or_arn: str | None) -> str:
    return "default" if name_or_arn is None else name_or_arn.rpartition(":event-bus/")[2]


def put(account_id: str, region_name: str, bus_name: str, event: Event, *, forwarded: bool = False) -> None:
    """Give an event to a bus: every enabled rule that matches sends it to its targets.

    A target that cannot be reached is logged and passed over, as EventBridge drops what it cannot deliver.

    :param account_id: the bus's account.
    :param region_name: its Region.
    :param bus_name: the bus, e.g. ``default``; a bus that does not exist gets nothing.
    :param event: the whole event, with ``account``, ``region``, ``time`` and ``resources``.
    :param forwarded: True for an event that another account's bus sent on; default False.
    """
    bus = events_backends[account_id][region_name].event_buses.get(bus_name)
    for rule in list(bus.rules.values()) if bus else []:
        pattern: Any = rule.event_pattern
        if rule.state == "DISABLED" or rule.scheduled_expression or not pattern.matches_event(event):
            continue
        for target in list(rule.targets):
            try:
                _send(rule, target, event, forwarded=forwarded)
            except UndeliverableError as error:
                _log.warning("EventBridge rule %s: target %s: %s", rule.arn, target["Arn"], error)


def _send(rule: Rule, target: dict[str, Any], event: Event, *, forwarded: bool) -> None:
    arn = _Arn.of(target["Arn"])
    if arn.service == "sqs":
        _send_to_queue(rule, target, arn, _input(target, event))
    elif arn.service == "events" and arn.resource.startswith("event-bus/"):
        _send_to_bus(rule, arn, event, forwarded=forwarded)
    elif arn.service == "logs":
        _send_to_log_group(arn, _input(target, event), event["id"])
    else:
        raise UndeliverableError(f"the local stack delivers to SQS, event buses and log groups, not to {arn.service}")


def _input(target: dict[str, Any], event: Event) -> str:
    """What the target gets of the event."""
    if "Input" in target:
        return str(target["Input"])
    if "InputPath" in target:
        transformer: dict[str, Any] = {"InputPathsMap": {"value": target["InputPath"]}, "InputTemplate": "<value>"}
    else:
        transformer = target.get("InputTransformer", {})
    if not transformer:
        return json.dumps(event)
    parse: Any = EventTemplateParser.parse
    timed = {**event, "ingestion-time": event["time"]}
    return json.dumps(parse(transformer["InputTemplate"], transformer.get("InputPathsMap", {}), timed))


def _send_to_queue(rule: Rule, target: dict[str, Any], arn: _Arn, body: str) -> None:
    backend = sqs_backends[arn.account][arn.region]
    queue = backend.queues.get(arn.resource)
    if queue is None:
        raise UndeliverableError("there is no such queue")
    context = {"aws:SourceArn": rule.arn, "aws:SourceAccount": rule.account_id}
    if "RoleArn" not in target and not is_allowed(
        json.loads(queue.policy) if queue.policy else {},
        principal=_EVENTBRIDGE,
        action="sqs:SendMessage",
        resource=target["Arn"],
        context=context,
    ):
        raise UndeliverableError("its policy does not allow events.amazonaws.com sqs:SendMessage for this rule")
    group = target.get("SqsParameters", {}).get("MessageGroupId")
    backend.send_message(arn.resource, body, group_id=group)


def _send_to_bus(rule: Rule, arn: _Arn, event: Event, *, forwarded: bool) -> None:
    if forwarded:
        raise UndeliverableError("an event of another account's bus is not handed on to a third bus")
    name = arn.resource.removeprefix("event-bus/")
    bus = events_backends[arn.account][arn.region].event_buses.get(name)
    if bus is None:
        raise UndeliverableError("there is no such bus")
    if arn.account != rule.account_id and not is_allowed(
        json.loads(bus.policy) if bus.policy else {},
        principal=Principal(account_id=rule.account_id),
        action="events:PutEvents",
        resource=bus.arn,
        context={"aws:SourceArn": rule.arn, "aws:SourceAccount": rule.account_id},
    ):
        raise UndeliverableError(f"its policy does not allow the account {rule.account_id} events:PutEvents")
    put(arn.account, arn.region, name, event, forwarded=True)


def _send_to_log_group(arn: _Arn, body: str, event_id: str) -> None:
    name = arn.resource.removeprefix("log-group:").removesuffix(":*")
    backend = logs_backends[arn.account][arn.region]
    if name not in backend.groups:
        raise UndeliverableError("there is no such log group")
    stream = f"{event_id}-{uuid.uuid4()}"
    backend.create_log_stream(name, stream)
    backend.put_log_events(name, stream, [{"timestamp": int(time.time() * 1000), "message": body}])
