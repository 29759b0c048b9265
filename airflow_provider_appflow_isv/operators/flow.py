"""Creating and updating flows; what else can be done to a flow is at hand here, too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_appflow_isv.exceptions import TenantConfigurationError
from airflow_provider_appflow_isv.operators.base import (
    AppFlowBaseOperator,
    check_choice,
    check_flow_name,
    check_positive,
)
from airflow_provider_appflow_isv.operators.flow_state import (
    AppFlowActivateFlowOperator,
    AppFlowDeleteFlowOperator,
    AppFlowStopFlowOperator,
)
from airflow_provider_appflow_isv.specs import FlowSpec, SpecError
from airflow_provider_appflow_isv.specs.files import opened
from airflow_provider_appflow_isv.specs.triggers import Trigger
from airflow_provider_appflow_isv.specs.values import is_late

if TYPE_CHECKING:
    from airflow_provider_appflow_isv._compat import Context
    from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook
    from airflow_provider_appflow_isv.hooks.flow_definition import Outcome, Wanted

__all__ = [
    "AppFlowActivateFlowOperator",
    "AppFlowCreateFlowOperator",
    "AppFlowDeleteFlowOperator",
    "AppFlowStopFlowOperator",
    "AppFlowUpdateFlowOperator",
]

_TRIGGERS = ("OnDemand", "Scheduled", "Event")
_NEEDED = ("flow_name", "source_flow_config", "destination_flow_config_list", "tasks")
_SHOWN_AS_JSON = (
    "spec",
    "source_flow_config",
    "destination_flow_config_list",
    "tasks",
    "trigger_config",
    "metadata_catalog_config",
)
_MEMBERS = {
    "flow_name": "flowName",
    "trigger_config": "triggerConfig",
    "source_flow_config": "sourceFlowConfig",
    "destination_flow_config_list": "destinationFlowConfigList",
    "tasks": "tasks",
    "description": "description",
    "kms_arn": "kmsArn",
    "metadata_catalog_config": "metadataCatalogConfig",
    "tags": "tags",
}


class _FlowDefinitionOperator(AppFlowBaseOperator):
    template_fields: Sequence[str] = (*AppFlowBaseOperator.template_fields, "spec", *_MEMBERS)
    template_fields_renderers: ClassVar[dict[str, str]] = dict.fromkeys(_SHOWN_AS_JSON, "json")

    def __init__(
        self,
        *,
        spec: FlowSpec | Mapping[str, Any] | None = None,
        flow_name: str | None = None,
        source_flow_config: dict[str, Any] | None = None,
        destination_flow_config_list: list[dict[str, Any]] | None = None,
        tasks: list[dict[str, Any]] | None = None,
        trigger_config: dict[str, Any] | None = None,
        description: str | None = None,
        kms_arn: str | None = None,
        metadata_catalog_config: dict[str, Any] | None = None,
        tags: dict[str, str] | None = None,
        replace: bool = False,
        activate: bool | None = None,
        update_timeout: float = 60.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        # plain values are rendered, mapped, shown and serialised by Airflow itself
        self.spec = spec.to_dict() if isinstance(spec, FlowSpec) else spec
        self.flow_name = flow_name
        self.source_flow_config = source_flow_config
        self.destination_flow_config_list = destination_flow_config_list
        self.tasks = tasks
        self.trigger_config = trigger_config
        self.description = description
        self.kms_arn = kms_arn
        self.metadata_catalog_config = metadata_catalog_config
        self.tags = tags
        self.replace = replace
        self.activate = activate
        self.update_timeout = update_timeout
        self._members = self.given(*_MEMBERS)
        self._spec_as_given = self.spec

    def check_arguments(self) -> None:
        """As of the base; the spec, or name, trigger type and number of destinations, too."""
        super().check_arguments()
        # not templated: a text would count as True
        for name, possible in (("replace", (True, False)), ("activate", (None, True, False))):
            if not any(getattr(self, name) is each for each in possible):
                raise TenantConfigurationError(
                    f"{name} is {getattr(self, name)!r}, it must be True or False.", hint="It can't be a template."
                )
        check_positive("update_timeout", self.update_timeout)
        given = self.given(*_MEMBERS)
        if self.spec is not None and given:
            raise TenantConfigurationError(
                f"{given[0]} and spec are both given.", hint="The spec says all of it; change it by spec.replace(...)."
            )
        if self.spec is None:
            self._check_members()
            self.refuse_nothing(self._members, "the flow would be another one than meant")
        elif not is_late(self.spec) and isinstance(trigger := self._spec().trigger, Trigger):
            self._check_activate("spec.trigger", trigger.trigger_type)

    def _check_members(self) -> None:
        missing = [name for name in _NEEDED if getattr(self, name) is None]
        if missing:
            raise TenantConfigurationError(
                f"{missing[0]} is missing.", hint=f"Give spec=FlowSpec(...), or {', '.join(_NEEDED)}."
            )
        check_flow_name(self.flow_name)
        trigger = {"triggerType": "OnDemand"} if self.trigger_config is None else self.trigger_config
        if isinstance(trigger, dict):
            check_choice("trigger_config['triggerType']", trigger.get("triggerType"), _TRIGGERS)
            self._check_activate("trigger_config['triggerType']", trigger["triggerType"])
        destinations = self.destination_flow_config_list
        if isinstance(destinations, list) and len(destinations) != 1:
            raise TenantConfigurationError(
                f"destination_flow_config_list has {len(destinations)} destinations, a flow has exactly one.",
                flow_name=self.flow_name,
            )

    def _check_activate(self, place: str, trigger_type: str) -> None:
        if self.activate is None and trigger_type in ("Scheduled", "Event"):
            raise TenantConfigurationError(
                f"activate is missing: {place} is {trigger_type}, and AppFlow creates such a flow as a draft.",
                hint="Give activate=True for a flow that is to run, activate=False to leave a new one a draft.",
            )

    def _spec(self) -> FlowSpec:
        for place in _emptied(self._spec_as_given, self.spec, "spec"):
            raise TenantConfigurationError(
                f"{place} has rendered to nothing: the flow would be another one than meant.",
                hint="Check the template or the task that it comes from.",
            )
        try:
            return FlowSpec.from_dict(opened(self._spec_as_given, self.spec))
        except SpecError as error:
            raise TenantConfigurationError(f"spec: {error}", hint="Correct the argument that it names.") from error

    def _wanted(self) -> Wanted:
        """The flow that the arguments describe, once all of them are known."""
        if self.spec is not None:
            return self._rendered_spec()
        from airflow_provider_appflow_isv.hooks.flow_definition import Members

        given = {member: getattr(self, name) for name, member in _MEMBERS.items()}
        request = {**given, "triggerConfig": self.trigger_config or {"triggerType": "OnDemand"}}
        return Members({name: value for name, value in request.items() if value})

    def _rendered_spec(self) -> FlowSpec:
        spec = self._spec()
        if not spec.is_rendered:
            raise TenantConfigurationError(
                "spec holds a template that Airflow does not render, as in values that a task hands on to expand.",
                hint="Fill it in where the spec is made.",
                flow_name=spec.name,
            )
        self._check_activate("spec.trigger", spec.trigger.trigger_type)
        return spec

    def _upsert(self, hook: AppFlowHook, wanted: Wanted, found: Mapping[str, Any]) -> Outcome:
        from airflow_provider_appflow_isv.hooks.flow_upsert import upsert

        return upsert(hook, wanted, found, replace=self.replace, timeout=self.update_timeout)

    def _done(self, hook: AppFlowHook, wanted: Wanted, outcome: Outcome) -> dict[str, Any]:
        """Activate the flow if told so, and tell what was done."""
        status, trigger_type = outcome.status, wanted.create_request()["triggerConfig"]["triggerType"]
        if self.activate and trigger_type != "OnDemand" and status != "Active":
            status = hook.start_flow(wanted.name).status
        account = outcome.arn.split(":")[4]
        self.log.info("Flow %s in account %s: %s, %s", wanted.name, account, outcome.action, status)
        for change in outcome.changes:
            self.log.info("Changed: %s", change)
        return {
            "flow_name": wanted.name,
            "flow_arn": outcome.arn,
            "flow_status": status,
            "action": outcome.action,
        }


def _emptied(given: Any, rendered: Any, place: str) -> Iterator[str]:
    """Yield where a template, or another task's output, has come to nothing."""
    if is_late(given):
        if rendered in (None, "", "None"):
            yield place
    elif isinstance(given, Mapping) and isinstance(rendered, Mapping):
        for name, value in given.items():
            yield from _emptied(value, rendered.get(name), f"{place}.{name}")
    elif isinstance(given, list) and isinstance(rendered, list):
        for number, pair in enumerate(zip(given, rendered, strict=False)):
            yield from _emptied(*pair, f"{place}[{number}]")


class AppFlowCreateFlowOperator(_FlowDefinitionOperator):
    """Create a flow, or see that it is there and as it should be.

    :param spec: the flow, as a :class:`~airflow_provider_appflow_isv.specs.FlowSpec` or as its ``to_dict()``, which is
        what a task hands on to ``expand(spec=...)`` (Airflow renders no templates in it then). The task keeps it as the
        latter, so that Airflow renders templates in it; give that, too, to ``partial`` and ``expand`` if outputs of
        other tasks are in it, which Airflow sees only there. Instead of it, the members of CreateFlow can be given:
    :param flow_name: the flow's name, unique in account and region.
    :param source_flow_config: the SourceFlowConfig member: connector, profile and object to read.
    :param destination_flow_config_list: list with the one DestinationFlowConfig member.
    :param tasks: list of Task members: projection, filters, mappings.
    :param trigger_config: the TriggerConfig member; default ``{"triggerType": "OnDemand"}``.
    :param description: text of letters, digits, blanks and ``_!@#-.?,``.
    :param kms_arn: key for AppFlow to encrypt with; default AppFlow's own.
    :param metadata_catalog_config: the MetadataCatalogConfig member. Left out, an update removes it from the flow.
    :param tags: tags of the flow; others that it has stay.
    :param if_exists: ``fail`` (default; on a retry a flow that is just as wanted is the one that an earlier try has
        created), ``update`` or ``skip``. An update compares the flow with what is wanted and calls nothing if they are
        the same; what is not said, such as a description, stays. After UpdateFlow it waits until AppFlow shows the new
        definition, since a run that starts before uses the old one.
    :param replace: whether a flow whose source, destination or key is another one, which UpdateFlow can't change, is
        deleted, with the records of its runs, and created anew; default False, an error that says what differs. Not
        templated. If the new one can't be created, the old one is created again.
    :param activate: must be given for scheduled and event flows, which AppFlow creates as drafts: True activates the
        flow, unless it is active; False leaves its status alone, also if it is replaced. Not templated.
    :param update_timeout: seconds to wait for an update to show; default 60.

    The other parameters are those of :class:`~airflow_provider_appflow_isv.operators.base.AppFlowBaseOperator`.

    Returns ``{"flow_name", "flow_arn", "flow_status", "action"}``; the action is ``created``, ``updated``,
    ``unchanged``, ``replaced`` or ``skipped``.
    """

    template_fields: Sequence[str] = (*_FlowDefinitionOperator.template_fields, "if_exists")

    def __init__(self, *, if_exists: str = "fail", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.if_exists = if_exists
        self.check_arguments()

    def check_arguments(self) -> None:
        """As of the base; what to do with an existing flow too."""
        super().check_arguments()
        check_choice("if_exists", self.if_exists, ("fail", "update", "skip"))

    def execute(self, context: Context) -> dict[str, Any]:
        """Create, update or leave alone; then activate if told so."""
        hook, wanted = self.make_hook(), self._wanted()
        from airflow_provider_appflow_isv.hooks.flow_definition import Outcome
        from airflow_provider_appflow_isv.hooks.flow_upsert import create

        is_retry = getattr(context.get("ti"), "try_number", 1) > 1
        found = hook.get_flow(wanted.name) if self.if_exists != "fail" or is_retry else None
        if not found:
            outcome = create(hook, wanted)
        elif self.if_exists == "fail":
            # an earlier try has created it, if it is just what is wanted
            is_own = not wanted.differences(found)
            outcome = Outcome(found["flowArn"], found["flowStatus"], "unchanged") if is_own else create(hook, wanted)
        elif self.if_exists == "skip":
            outcome = Outcome(found["flowArn"], found["flowStatus"], "skipped")
        else:
            outcome = self._upsert(hook, wanted, found)
        return self._done(hook, wanted, outcome)


class AppFlowUpdateFlowOperator(_FlowDefinitionOperator):
    """Update a flow that is there, if it is not as it should be.

    Parameters are those of :class:`AppFlowCreateFlowOperator`, without ``if_exists``.

    Returns ``{"flow_name", "flow_arn", "flow_status", "action"}``; the action is ``updated``, ``unchanged`` or
    ``replaced``. A flow that does not exist is an error; with ``replace=True``, where an earlier try may have come as
    far as deleting it, it is ``created``.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.check_arguments()

    def execute(self, context: Context) -> dict[str, Any]:
        """Compare, update what differs, then activate if told so."""
        hook, wanted = self.make_hook(), self._wanted()
        if not self.replace:
            return self._done(hook, wanted, self._upsert(hook, wanted, hook.describe_flow(wanted.name)))
        from airflow_provider_appflow_isv.hooks.flow_upsert import create

        found = hook.get_flow(wanted.name)
        return self._done(hook, wanted, self._upsert(hook, wanted, found) if found else create(hook, wanted))
