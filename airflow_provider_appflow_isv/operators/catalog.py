"""What AppFlow offers and what an account has in it, as lists to choose from or to map over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv.operators.base import (
    AppFlowBaseOperator,
    as_list,
    check_choice,
    check_connector_profile_name,
    check_text,
    check_texts,
)

if TYPE_CHECKING:
    from airflow_provider_appflow_isv._compat import Context

_TRIGGER_TYPES = ("OnDemand", "Scheduled", "Event")
_MORE = "more would be listed than meant"
_FLOW_STATUSES = ("Active", "Deprecated", "Deleted", "Draft", "Errored", "Suspended")


class AppFlowListConnectorsOperator(AppFlowBaseOperator):
    """List the connectors that AppFlow offers in the account.

    :param connector_types: only these types, one or a list, e.g. ``["Salesforce", "S3"]``; an empty list is none of
        them. Default all.
    :param usable_as: ``source``, ``destination`` or None (default) for either.

    The other parameters are those of :class:`~airflow_provider_appflow_isv.operators.base.AppFlowBaseOperator`.

    Returns a list of AppFlow's ConnectorConfiguration members, each with its ``connectorType``, sorted by it; points
    in time as ISO 8601.
    """

    template_fields: Sequence[str] = (*AppFlowBaseOperator.template_fields, "connector_types", "usable_as")

    def __init__(
        self, *, connector_types: str | list[str] | None = None, usable_as: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.connector_types = connector_types
        self.usable_as = usable_as
        self._filters = self.given("connector_types", "usable_as")
        self.check_arguments()

    def check_arguments(self) -> None:
        """As of the base; types and use too."""
        super().check_arguments()
        self.refuse_nothing(self._filters, _MORE)
        if self.connector_types is not None:
            check_texts("connector_types", self.connector_types)
        if self.usable_as is not None:
            check_choice("usable_as", self.usable_as, ("source", "destination"))

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Ask AppFlow, all pages."""
        hook = self.make_hook()
        types = None if self.connector_types is None else as_list(self.connector_types)
        # AppFlow takes no types for all types
        found = [] if types == [] else hook.describe_connectors(types or ())
        if self.usable_as:
            found = [item for item in found if item.get(f"canUseAs{self.usable_as.capitalize()}")]
        self.log.info("%d connectors: %s", len(found), ", ".join(item["connectorType"] for item in found))
        return [json_values(item) for item in found]


class AppFlowListConnectorProfilesOperator(AppFlowBaseOperator):
    """List the connector profiles of the account and region; their credentials are never among what AppFlow tells.

    :param connector_type: only profiles of this type, e.g. ``Salesforce``; default all.
    :param names: only these, one name or a list; those that do not exist are left out, with a warning in the log.
        Default all.

    The other parameters are those of :class:`~airflow_provider_appflow_isv.operators.base.AppFlowBaseOperator`.

    Returns a list of AppFlow's ConnectorProfile members, sorted by name; points in time as ISO 8601.
    """

    template_fields: Sequence[str] = (*AppFlowBaseOperator.template_fields, "connector_type", "names")

    def __init__(
        self, *, connector_type: str | None = None, names: str | list[str] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.connector_type = connector_type
        self.names = names
        self._filters = self.given("connector_type", "names")
        self.check_arguments()

    def check_arguments(self) -> None:
        """As of the base; type and names too."""
        super().check_arguments()
        self.refuse_nothing(self._filters, _MORE)
        if self.connector_type is not None:
            check_text("connector_type", self.connector_type)
        if self.names is not None:
            check_texts("names", self.names)

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Ask AppFlow, all pages."""
        hook = self.make_hook()
        names = None if self.names is None else as_list(self.names)
        # AppFlow takes no names for all names
        found = [] if names == [] else hook.describe_connector_profiles(names or (), connector_type=self.connector_type)
        found.sort(key=lambda profile: str(profile["connectorProfileName"]))
        listed = [profile["connectorProfileName"] for profile in found]
        self.log.info("%d connector profiles in account %s: %s", len(found), hook.account, ", ".join(listed))
        if absent := sorted(set(names or ()) - set(listed)):
            self.log.warning("No such connector profile in account %s: %s", hook.account, ", ".join(absent))
        return [json_values(profile) for profile in found]


class _NameFilteringOperator(AppFlowBaseOperator):
    template_fields: Sequence[str] = (*AppFlowBaseOperator.template_fields, "include", "exclude")

    def __init__(
        self, *, include: str | list[str] | None = None, exclude: str | list[str] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.include = include
        self.exclude = exclude
        self._filters = self.given("include", "exclude")

    def check_arguments(self) -> None:
        """As of the base; the filters too."""
        super().check_arguments()
        self.refuse_nothing(self._filters, _MORE)
        for name in self.given("include", "exclude"):
            check_texts(name, getattr(self, name))

    def pick(self, items: list[dict[str, Any]], member: str) -> list[dict[str, Any]]:
        """The items that include and exclude leave; a pattern of include that fits none is named in the log.

        :param items: items to pick from.
        :param member: the member that has their name.
        """
        names = [str(item[member]) for item in items]
        include = ["*"] if self.include is None else as_list(self.include)
        exclude = [] if self.exclude is None else as_list(self.exclude)
        unused = [pattern for pattern in include if not any(fnmatchcase(name, pattern) for name in names)]
        if unused and self.include is not None:
            self.log.warning("Nothing to include has the name %s", ", ".join(unused))
        return [
            item for item, name in zip(items, names, strict=True) if _fits(name, include) and not _fits(name, exclude)
        ]


class AppFlowListConnectorEntitiesOperator(_NameFilteringOperator):
    """List what a connector profile's org offers as source or destination, e.g. the objects of a Salesforce org.

    :param connector_profile_name: the profile to ask through.
    :param entities_path: path below which to list; default the top. An entity that AppFlow says to have nested entities
        (``hasNestedEntities``) is a path; this does not go down by itself.
    :param include: only entities of these names, one or a list; ``*``, ``?`` and ``[]`` are wildcards, upper and lower
        case differ. What is not there is left out, with a warning in the log. Default all.
    :param exclude: not those of these names, in the same form, e.g. ``*ChangeEvent``. Default none.

    The other parameters are those of :class:`~airflow_provider_appflow_isv.operators.base.AppFlowBaseOperator`.

    Returns a list of AppFlow's ConnectorEntity members, ``name``, ``label`` and ``hasNestedEntities``, each with its
    ``group``, sorted by group and name. Airflow maps over no more than its ``[core] max_map_length``, 1024 by default.
    """

    template_fields: Sequence[str] = (
        *_NameFilteringOperator.template_fields,
        "connector_profile_name",
        "entities_path",
    )

    def __init__(self, *, connector_profile_name: str, entities_path: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.connector_profile_name = connector_profile_name
        self.entities_path = entities_path
        self.check_arguments()

    def check_arguments(self) -> None:
        """As of the base; profile and path too."""
        super().check_arguments()
        check_connector_profile_name(self.connector_profile_name)
        if self.entities_path is not None:
            check_text("entities_path", self.entities_path)

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Ask AppFlow, all pages."""
        hook, profile = self.make_hook(), self.connector_profile_name
        groups = hook.list_connector_entities(profile, entities_path=self.entities_path)
        offered = [{**entity, "group": group} for group, entities in groups.items() for entity in entities]
        found = sorted(self.pick(offered, "name"), key=lambda entity: (entity["group"], entity["name"]))
        self.log.info(
            "%d of %d entities of connector profile %s in account %s", len(found), len(offered), profile, hook.account
        )
        return [json_values(entity) for entity in found]


class AppFlowDescribeConnectorEntityOperator(AppFlowBaseOperator):
    """Describe the fields of an entity, e.g. of a Salesforce object.

    :param connector_profile_name: the profile to ask through.
    :param entity_name: the entity as :class:`AppFlowListConnectorEntitiesOperator` names it, e.g. ``Account``.

    The other parameters are those of :class:`~airflow_provider_appflow_isv.operators.base.AppFlowBaseOperator`.

    Returns a list of AppFlow's ConnectorEntityField members, sorted by ``identifier``; a field in another comes after
    those that are in none.
    """

    template_fields: Sequence[str] = (*AppFlowBaseOperator.template_fields, "connector_profile_name", "entity_name")

    def __init__(self, *, connector_profile_name: str, entity_name: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.connector_profile_name = connector_profile_name
        self.entity_name = entity_name
        self.check_arguments()

    def check_arguments(self) -> None:
        """As of the base; profile and entity too."""
        super().check_arguments()
        check_connector_profile_name(self.connector_profile_name)
        check_text("entity_name", self.entity_name)

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Ask AppFlow."""
        hook = self.make_hook()
        fields = hook.describe_connector_entity(self.connector_profile_name, self.entity_name)
        fields.sort(key=lambda field: (field.get("parentIdentifier") or "", field["identifier"]))
        self.log.info(
            "%d fields of %s through connector profile %s in account %s",
            len(fields),
            self.entity_name,
            self.connector_profile_name,
            hook.account,
        )
        return [json_values(field) for field in fields]


class AppFlowListFlowsOperator(_NameFilteringOperator):
    """List the flows of the account and region.

    :param include: only flows of these names, one or a list; ``*``, ``?`` and ``[]`` are wildcards, e.g.
        ``tenant-a-*``. What is not there is left out, with a warning in the log. Default all.
    :param exclude: not those of these names, in the same form. Default none.
    :param trigger_type: only ``OnDemand``, ``Scheduled`` or ``Event``; default any.
    :param flow_status: only ``Active``, ``Deprecated``, ``Deleted``, ``Draft``, ``Errored`` or ``Suspended``; default
        any. A flow that runs on demand is Active.

    The other parameters are those of :class:`~airflow_provider_appflow_isv.operators.base.AppFlowBaseOperator`.

    Returns a list of AppFlow's FlowDefinition members, sorted by ``flowName``; points in time as ISO 8601.
    """

    template_fields: Sequence[str] = (*_NameFilteringOperator.template_fields, "trigger_type", "flow_status")

    def __init__(self, *, trigger_type: str | None = None, flow_status: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.trigger_type = trigger_type
        self.flow_status = flow_status
        self._filters += self.given("trigger_type", "flow_status")
        self.check_arguments()

    def check_arguments(self) -> None:
        """As of the base; trigger type and status too."""
        super().check_arguments()
        if self.trigger_type is not None:
            check_choice("trigger_type", self.trigger_type, _TRIGGER_TYPES)
        if self.flow_status is not None:
            check_choice("flow_status", self.flow_status, _FLOW_STATUSES)

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Ask AppFlow, all pages."""
        hook = self.make_hook()
        flows = hook.list_flows()
        found = [
            flow
            for flow in self.pick(flows, "flowName")
            if self.trigger_type in (None, flow["triggerType"]) and self.flow_status in (None, flow["flowStatus"])
        ]
        found.sort(key=lambda flow: str(flow["flowName"]))
        self.log.info("%d of %d flows in account %s", len(found), len(flows), hook.account)
        return [json_values(flow) for flow in found]


def json_values(value: Any) -> Any:
    """An answer of AppFlow as JSON values: points in time, wherever they stand, as ISO 8601 in UTC."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, dict):
        return {name: json_values(item) for name, item in value.items()}
    if isinstance(value, list):
        return [json_values(item) for item in value]
    return value


def _fits(name: str, patterns: list[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
