"""What AppFlow offers, as lists to choose from or to map over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv.operators.base import AppFlowBaseOperator, check_choice

if TYPE_CHECKING:
    from airflow_provider_appflow_isv._compat import Context


class AppFlowListConnectorsOperator(AppFlowBaseOperator):
    """List the connectors that AppFlow offers in the account.

    :param connector_types: only these types, e.g. ``["Salesforce", "S3"]``; default all.
    :param usable_as: ``source``, ``destination`` or None (default) for either.

    The other parameters are those of :class:`~airflow_provider_appflow_isv.operators.base.AppFlowBaseOperator`.

    Returns a list of AppFlow's ConnectorConfiguration members, each with its ``connectorType``, sorted by it; points
    in time as ISO 8601.
    """

    template_fields: Sequence[str] = (*AppFlowBaseOperator.template_fields, "connector_types", "usable_as")

    def __init__(
        self, *, connector_types: list[str] | None = None, usable_as: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.connector_types = connector_types
        self.usable_as = usable_as
        self.check_arguments()

    def check_arguments(self) -> None:
        """As of the base; the use too."""
        super().check_arguments()
        if self.usable_as is not None:
            check_choice("usable_as", self.usable_as, ("source", "destination"))

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Ask AppFlow, all pages."""
        found = self.make_hook().describe_connectors(self.connector_types or ())
        if self.usable_as:
            found = [item for item in found if item.get(f"canUseAs{self.usable_as.capitalize()}")]
        self.log.info("%d connectors: %s", len(found), ", ".join(item["connectorType"] for item in found))
        return [_json_values(item) for item in found]


def _json_values(item: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in item.items()}
