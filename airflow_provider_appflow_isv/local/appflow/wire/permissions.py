"""Which permissions an AppFlow operation needs, on which resources.

Facts: Service Authorization Reference, "Actions, resources, and condition keys for Amazon AppFlow"; AppFlow user guide,
"Data protection": AppFlow keeps a new profile's credentials in the account's Secrets Manager as its caller.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv.local.services import APPFLOW

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.conditions import Context
    from airflow_provider_appflow_isv.local.identity import Caller

_ON_FLOW = (
    "CancelFlowExecutions",
    "DeleteFlow",
    "DescribeFlow",
    "DescribeFlowExecutionRecords",
    "ListFlows",
    "StartFlow",
    "StopFlow",
    "UpdateFlow",
)
_ON_PROFILE = (
    "DeleteConnectorProfile",
    "DescribeConnectorEntity",
    "ListConnectorEntities",
    "ResetConnectorMetadataCache",
    "UpdateConnectorProfile",
)
_ON_CONNECTOR = ("DescribeConnector", "ListConnectors", "UnregisterConnector", "UpdateConnectorRegistration")
_ON_TAGGED = ("ListTagsForResource", "TagResource", "UntagResource")
_SPELLINGS = {"UnregisterConnector": "UnRegisterConnector"}  # the only action not spelt as its operation
_PASSED_TO = {"roleArn": "redshift.amazonaws.com", "dataApiRoleArn": str(APPFLOW.service)}


@dataclass(frozen=True)
class Permission:
    """One permission that a request needs.

    :param action: e.g. ``appflow:StartFlow``.
    :param resource: an ARN; ``*`` for an action that has no resource types, such as CreateFlow.
    :param context: condition keys of the request for this action.
    """

    action: str
    resource: str
    context: Context = field(default_factory=dict)


def permissions(operation: str, params: Mapping[str, Any], arn_prefix: str) -> list[Permission]:
    """Return the permissions that a request needs.

    :param operation: e.g. ``CreateFlow``.
    :param params: the request's members, not yet validated.
    :param arn_prefix: how the ARNs of the account's resources begin, e.g. ``arn:aws:appflow:us-east-1:111122223333``.
    :return: the operation's own permission first, then those that come with it: ``appflow:TagResource`` for a flow
        that is created with tags, ``appflow:UseConnectorProfile`` for each profile of a flow, ``iam:PassRole`` for
        each role handed over, ``secretsmanager:CreateSecret`` and ``secretsmanager:PutResourcePolicy`` for a new
        profile's secret.
    """
    tags = _object(params.get("tags"))
    context: dict[str, Any] = {f"aws:RequestTag/{key}": str(value) for key, value in tags.items()}
    removed = params.get("tagKeys")
    keys = tuple(map(str, tags or (removed if isinstance(removed, list) else ())))
    if keys:
        context["aws:TagKeys"] = keys
    action = f"appflow:{_SPELLINGS.get(operation, operation)}"
    needed = [Permission(action, _resource(operation, params, arn_prefix), context)]
    if operation == "CreateFlow" and tags:
        needed.append(Permission("appflow:TagResource", _arn(arn_prefix, "flow", params.get("flowName")), context))
    needed += [
        Permission("appflow:UseConnectorProfile", _arn(arn_prefix, "connectorprofile", name))
        for name in dict.fromkeys(_flow_profiles(operation, params))
    ]
    needed += [
        Permission("iam:PassRole", role, {"iam:PassedToService": service}) for role, service in _passed_roles(params)
    ]
    if operation == "CreateConnectorProfile":
        needed += _on_secret(arn_prefix, params.get("connectorProfileName"))
    return needed


def check(
    caller: Caller,
    operation: str,
    params: Mapping[str, Any],
    arn_prefix: str,
    tags_of: Callable[[str], Mapping[str, str]],
) -> None:
    """Ask the caller's policies for all permissions that a request needs.

    :param caller: who asks.
    :param operation: e.g. ``CreateFlow``.
    :param params: the request's members, not yet validated.
    :param arn_prefix: as of ``permissions``.
    :param tags_of: returns the tags of the resource of an ARN, none if there is no such resource.
    :raises NotAuthorizedError: in IAM's words, for the first permission that is missing.
    """
    for needed in permissions(operation, params, arn_prefix):
        tags = {f"aws:ResourceTag/{key}": value for key, value in tags_of(needed.resource).items()}
        caller.check(needed.action, needed.resource, {**needed.context, **tags})


def _resource(operation: str, params: Mapping[str, Any], arn_prefix: str) -> str:
    if operation in _ON_FLOW:
        return _arn(arn_prefix, "flow", params.get("flowName"))
    if operation in _ON_PROFILE:
        return _arn(arn_prefix, "connectorprofile", params.get("connectorProfileName"))
    if operation in _ON_CONNECTOR:
        return _arn(arn_prefix, "connector", params.get("connectorLabel") or params.get("connectorType"))
    return str(params.get("resourceArn") or "*") if operation in _ON_TAGGED else "*"


def _arn(arn_prefix: str, kind: str, name: Any) -> str:
    """The ARN of one resource; of all of the kind where the request names none."""
    return f"{arn_prefix}:{kind}/{name or '*'}"


def _flow_profiles(operation: str, params: Mapping[str, Any]) -> Iterator[str]:
    if operation not in ("CreateFlow", "UpdateFlow"):
        return
    destinations = params.get("destinationFlowConfigList")
    for config in (params.get("sourceFlowConfig"), *(destinations if isinstance(destinations, list) else ())):
        name = _object(config).get("connectorProfileName")
        if name:
            yield str(name)


def _passed_roles(params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    catalog = _object(_object(params.get("metadataCatalogConfig")).get("glueDataCatalog"))
    if catalog.get("roleArn"):
        yield str(catalog["roleArn"]), str(APPFLOW.service)
    properties = _object(_object(params.get("connectorProfileConfig")).get("connectorProfileProperties"))
    redshift = _object(properties.get("Redshift"))
    for member, service in _PASSED_TO.items():
        if redshift.get(member):
            yield str(redshift[member]), service


def _on_secret(arn_prefix: str, profile_name: Any) -> list[Permission]:
    """What AppFlow asks of Secrets Manager as the caller that creates a profile."""
    arn, _, account_id = arn_prefix.replace(":appflow:", ":secretsmanager:").rpartition(":")
    name = f"appflow!{account_id}-{profile_name}"
    through = {"aws:CalledVia": (str(APPFLOW.service),), "aws:ViaAWSService": "true"}
    owned = {"secretsmanager:ResourceTag/aws:secretsmanager:owningService": "appflow"}
    resource = f"{arn}:{account_id}:secret:{name}"
    return [
        Permission("secretsmanager:CreateSecret", resource, {**through, "secretsmanager:Name": name}),
        Permission("secretsmanager:PutResourcePolicy", resource, {**through, **owned}),
    ]


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
