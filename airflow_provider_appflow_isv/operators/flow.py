"""Creating flows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_appflow_isv.exceptions import TenantConfigurationError
from airflow_provider_appflow_isv.operators.base import AppFlowBaseOperator, check_choice, check_flow_name

if TYPE_CHECKING:
    from airflow_provider_appflow_isv._compat import Context

_TRIGGERS = ("OnDemand", "Scheduled", "Event")


class AppFlowCreateFlowOperator(AppFlowBaseOperator):
    """Create a flow from the members of AppFlow's CreateFlow request, or see that it is there.

    :param flow_name: its name, unique in account and region.
    :param source_flow_config: the SourceFlowConfig member: connector, profile and object to read.
    :param destination_flow_config_list: list with the one DestinationFlowConfig member.
    :param tasks: list of Task members: projection, filters, mappings.
    :param trigger_config: the TriggerConfig member; default ``{"triggerType": "OnDemand"}``.
    :param description: text of letters, digits, blanks and ``_!@#-.?,``.
    :param kms_arn: key for AppFlow to encrypt with; default AppFlow's own. An existing flow keeps its key.
    :param metadata_catalog_config: the MetadataCatalogConfig member. Left out, an update removes it from the flow.
    :param tags: tags of a new flow. An existing flow keeps its tags.
    :param if_exists: ``fail`` (default), ``update`` or ``skip``.
    :param activate: activate a scheduled or event flow, which AppFlow creates as a draft; default False. Not templated.

    The other parameters are those of :class:`~airflow_provider_appflow_isv.operators.base.AppFlowBaseOperator`.

    Returns ``{"flow_name", "flow_arn", "flow_status", "action"}``; the action is ``created``, ``updated`` or
    ``skipped``.
    """

    template_fields: Sequence[str] = (
        *AppFlowBaseOperator.template_fields,
        "flow_name",
        "source_flow_config",
        "destination_flow_config_list",
        "tasks",
        "trigger_config",
        "description",
        "kms_arn",
        "metadata_catalog_config",
        "tags",
        "if_exists",
    )
    template_fields_renderers: ClassVar[dict[str, str]] = {
        "source_flow_config": "json",
        "destination_flow_config_list": "json",
        "tasks": "json",
        "trigger_config": "json",
        "metadata_catalog_config": "json",
    }

    def __init__(
        self,
        *,
        flow_name: str,
        source_flow_config: dict[str, Any],
        destination_flow_config_list: list[dict[str, Any]],
        tasks: list[dict[str, Any]],
        trigger_config: dict[str, Any] | None = None,
        description: str | None = None,
        kms_arn: str | None = None,
        metadata_catalog_config: dict[str, Any] | None = None,
        tags: dict[str, str] | None = None,
        if_exists: str = "fail",
        activate: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.flow_name = flow_name
        self.source_flow_config = source_flow_config
        self.destination_flow_config_list = destination_flow_config_list
        self.tasks = tasks
        self.trigger_config = trigger_config or {"triggerType": "OnDemand"}
        self.description = description
        self.kms_arn = kms_arn
        self.metadata_catalog_config = metadata_catalog_config
        self.tags = tags
        self.if_exists = if_exists
        self.activate = activate
        self.check_arguments()

    def check_arguments(self) -> None:
        """As of the base; name, trigger type and number of destinations too."""
        super().check_arguments()
        check_choice("if_exists", self.if_exists, ("fail", "update", "skip"))
        check_flow_name(self.flow_name)
        if isinstance(self.trigger_config, dict):
            check_choice("trigger_config['triggerType']", self.trigger_config.get("triggerType"), _TRIGGERS)
        check_choice("activate", self.activate, (True, False))
        destinations = self.destination_flow_config_list
        if isinstance(destinations, list) and len(destinations) != 1:
            raise TenantConfigurationError(
                f"destination_flow_config_list has {len(destinations)} destinations, a flow has exactly one.",
                flow_name=self.flow_name,
            )

    def execute(self, context: Context) -> dict[str, Any]:
        """Create, update or leave alone; then activate if told so."""
        hook = self.make_hook()
        existing = hook.get_flow(self.flow_name) if self.if_exists != "fail" else None
        if not existing:
            answer = hook.create_flow(**self._definition(kmsArn=self.kms_arn, tags=self.tags))
            arn, status, action = answer["flowArn"], answer["flowStatus"], "created"
        elif self.if_exists == "skip":
            arn, status, action = existing["flowArn"], existing["flowStatus"], "skipped"
        else:
            status = hook.update_flow(**self._definition())
            arn, action = existing["flowArn"], "updated"
        if self.activate and self.trigger_config["triggerType"] != "OnDemand" and status != "Active":
            status = hook.start_flow(self.flow_name).status
        self.log.info("Flow %s in account %s: %s, %s", self.flow_name, arn.split(":")[4], action, status)
        return {"flow_name": self.flow_name, "flow_arn": arn, "flow_status": status, "action": action}

    def _definition(self, **more: Any) -> dict[str, Any]:
        optional = {
            "description": self.description,
            "metadataCatalogConfig": self.metadata_catalog_config,
            **more,
        }
        return {
            "flowName": self.flow_name,
            "triggerConfig": self.trigger_config,
            "sourceFlowConfig": self.source_flow_config,
            "destinationFlowConfigList": self.destination_flow_config_list,
            "tasks": self.tasks,
            **{name: value for name, value in optional.items() if value},
        }
