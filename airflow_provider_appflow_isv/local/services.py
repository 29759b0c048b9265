"""AWS services as callers: the principals they go by and the condition keys that their requests have.

Facts: IAM user guide, "AWS global condition context keys".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_provider_appflow_isv.local.conditions import Spelled
from airflow_provider_appflow_isv.local.policies import Principal, is_allowed

APPFLOW = Principal(service="appflow.amazonaws.com")
EVENTBRIDGE = Principal(service="events.amazonaws.com")

_REGION = 3  # place of the Region in an ARN


def service_context(
    service: Principal, *, region: str, resource_account: str, source_account: str, source_arn: str | None = None
) -> dict[str, str]:
    """Return the condition keys of a request that a service makes for somebody's resource.

    :param service: who asks, e.g. ``APPFLOW``.
    :param region: Region of the request.
    :param resource_account: account of what is acted on.
    :param source_account: account for which the service asks.
    :param source_arn: the resource for which it asks; default None, then the request has no ``aws:SourceArn``.
    """
    context = {
        "aws:PrincipalIsAWSService": "true",
        "aws:PrincipalServiceName": str(service.service),
        "aws:ResourceAccount": resource_account,
        "aws:RequestedRegion": region,
        "aws:SecureTransport": "true",
        "aws:SourceAccount": source_account,
    }
    return context if source_arn is None else {**context, "aws:SourceArn": source_arn}


def flow_source_arn(flow_arn: str) -> Spelled:
    """Return a flow's ARN as ``aws:SourceArn``, which a policy may name without its Region too.

    ``arn:aws:appflow::<account>:flow/<name>`` stands in the AppFlow user guide, "Amazon S3 bucket policies for Amazon
    AppFlow"; that AWS takes it for the flow's ARN is a guess.
    """
    parts = flow_arn.split(":")
    return Spelled.of(flow_arn, ":".join([*parts[:_REGION], "", *parts[_REGION + 1 :]]))


def refusal(
    policy: str | Mapping[str, Any] | None,
    service: Principal,
    action: str,
    resource: str | None,
    context: Mapping[str, str],
) -> str | None:
    """Ask a resource policy whether it lets a service do something.

    :param policy: as of ``is_allowed``.
    :param service: who asks, e.g. ``APPFLOW``.
    :param action: e.g. ``s3:PutObject``.
    :param resource: as of ``evaluate``.
    :param context: condition keys of the request.
    :return: None if it does, else "does not allow ..." with the condition keys that a policy could have named.
    """
    if is_allowed(policy, principal=service, action=action, resource=resource, context=context):
        return None
    sent = ", ".join(f"{key} {value}" for key, value in context.items())
    on = f" on {resource}" if resource else ""
    return f"does not allow {service.service} {action}{on}. The request has {sent}."
