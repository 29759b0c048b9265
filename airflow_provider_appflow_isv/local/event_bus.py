"""Brings the events of AWS services through moto's EventBridge rules to their targets.

moto's own delivery drops ``account`` and ``resources`` on the way, ignores disabled rules, and looks every queue up in
the rule's account. Facts: EventBridge user guide, "Event bus targets" (queues and buses need a policy that lets the
rule in; a target's role needs the permission instead, across accounts both), "IAM policy conditions", "Sending and
receiving events between AWS accounts" (an event keeps its ``account`` and is not handed on to a third one), "Input
transformation".
"""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moto.events.models import EventsBackend, Rule, events_backends
from moto.events.utils import EventTemplateParser
from moto.logs.models import logs_backends
from moto.sqs.models import sqs_backends

from airflow_provider_appflow_isv.local.identity import Caller, find_role
from airflow_provider_appflow_isv.local.policies import evaluate, is_permitted, parse_policy
from airflow_provider_appflow_isv.local.services import EVENTBRIDGE, refusal, service_context

_log = logging.getLogger(__name__)

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


def envelope(
    account_id: str,
    region_name: str,
    source: str,
    detail_type: str,
    detail: dict[str, Any],
    moment: float,
    resources: Sequence[str] = (),
) -> Event:
    """Return a whole event (EventBridge user guide, "Events").

    :param account_id: the account that it is about.
    :param region_name: its Region.
    :param source: e.g. ``aws.appflow``.
    :param detail_type: what kind of event it is.
    :param detail: what it says, as JSON has it.
    :param moment: when it happened, in seconds since the epoch.
    :param resources: what it is about; default none.
    """
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": detail_type,
        "source": source,
        "account": account_id,
        "time": f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%dT%H:%M:%SZ}",
        "region": region_name,
        "resources": list(resources),
        "detail": detail,
    }


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
        _send_to_bus(rule, target, arn, event, forwarded=forwarded)
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
    if "RoleArn" in target:
        _check_caller(_in_role(rule, target["RoleArn"]), "sqs:SendMessage", target["Arn"], queue.policy, {})
    else:
        refused = refusal(
            queue.policy, EVENTBRIDGE, "sqs:SendMessage", target["Arn"], _context(rule, arn.region, arn.account)
        )
        if refused is not None:
            raise UndeliverableError(f"its policy {refused}")
    group = target.get("SqsParameters", {}).get("MessageGroupId")
    backend.send_message(arn.resource, body, group_id=group)


def _send_to_bus(rule: Rule, target: dict[str, Any], arn: _Arn, event: Event, *, forwarded: bool) -> None:
    if forwarded:
        raise UndeliverableError("an event of another account's bus is not handed on to a third bus")
    name = arn.resource.removeprefix("event-bus/")
    bus = events_backends[arn.account][arn.region].event_buses.get(name)
    if bus is None:
        raise UndeliverableError("there is no such bus")
    # that without a role it is the account's root who asks is a guess
    role_arn = target.get("RoleArn")
    caller = _in_role(rule, role_arn) if role_arn else Caller.root(rule.account_id, rule.region_name)
    about = {
        "aws:SourceArn": rule.arn,
        "aws:SourceAccount": rule.account_id,
        "events:source": event["source"],
        "events:detail-type": event["detail-type"],
    }
    _check_caller(caller, "events:PutEvents", target["Arn"], bus.policy, about)
    put(arn.account, arn.region, name, event, forwarded=True)


def _context(rule: Rule, region: str, resource_account: str) -> dict[str, str]:
    return service_context(
        EVENTBRIDGE,
        region=region,
        resource_account=resource_account,
        source_account=rule.account_id,
        source_arn=rule.arn,
    )


def _in_role(rule: Rule, role_arn: str) -> Caller:
    """EventBridge in the role of a target, which has to trust it and to be of the rule's account."""
    role = find_role(role_arn, rule.region_name)
    if role is None or role.account_id != rule.account_id:
        raise UndeliverableError(f"there is no role {role_arn} in the rule's account")
    context = _context(rule, rule.region_name, rule.account_id)
    refused = refusal(role.assume_role_policy_document, EVENTBRIDGE, "sts:AssumeRole", None, context)
    if refused is not None:
        raise UndeliverableError(f"the trust policy of {role_arn} {refused}")
    return Caller.in_service(role, rule.name, rule.region_name)


def _check_caller(caller: Caller, action: str, resource: str, policy: str | None, about: dict[str, str]) -> None:
    context = {**caller.context(resource), **about}
    identity = caller.identity_verdict(action, resource, context)
    target = evaluate(
        [parse_policy(policy)], principal=caller.principal, action=action, resource=resource, context=context
    )
    if not is_permitted(identity, target, same_account=_Arn.of(resource).account == caller.account_id):
        raise UndeliverableError(f"its policy and those of {caller.arn} do not allow {action}")


def _send_to_log_group(arn: _Arn, body: str, event_id: str) -> None:
    name = arn.resource.removeprefix("log-group:").removesuffix(":*")
    backend = logs_backends[arn.account][arn.region]
    if name not in backend.groups:
        raise UndeliverableError("there is no such log group")
    stream = f"{event_id}-{uuid.uuid4()}"
    backend.create_log_stream(name, stream)
    backend.put_log_events(name, stream, [{"timestamp": int(time.time() * 1000), "message": body}])
