"""Deleting a connector profile."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv.operators.base import check_connector_profile_name
from airflow_provider_appflow_isv.operators.deleting import DeletingOperator

if TYPE_CHECKING:
    from airflow_provider_appflow_isv._compat import Context


class AppFlowDeleteConnectorProfileOperator(DeletingOperator):
    """Delete a connector profile, and with it the credentials that AppFlow keeps for it.

    :param connector_profile_name: its name.
    :param force: delete it although flows use it; these can't run any more. Default False: AppFlow refuses, and the
        error names such flows.
    :param if_missing: what it means if there is no such profile: ``skip`` (default) or ``fail``. Deleting is done when
        the profile is gone, so a retry after a lost answer, or a clean-up that runs twice, ends well; the log warns,
        with account and region, in case the task looked in the wrong place.

    The other parameters are those of :class:`~airflow_provider_appflow_isv.operators.base.AppFlowBaseOperator`.

    Returns ``{"connector_profile_name", "connector_profile_arn", "action"}``; the action is ``deleted`` or ``skipped``.
    """

    template_fields: Sequence[str] = (*DeletingOperator.template_fields, "connector_profile_name")

    def __init__(self, *, connector_profile_name: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.connector_profile_name = connector_profile_name
        self.check_arguments()

    def check_arguments(self) -> None:
        """As of the base; the name too."""
        super().check_arguments()
        check_connector_profile_name(self.connector_profile_name)

    def execute(self, context: Context) -> dict[str, Any]:
        """Delete it, or see that it is gone."""
        hook, name = self.make_hook(), self.connector_profile_name
        arn = hook.connector_profile_arn(name)
        action = self.delete(
            f"Connector profile {name}", arn, lambda: hook.delete_connector_profile(name, force=self.is_forced)
        )
        return {"connector_profile_name": name, "connector_profile_arn": arn, "action": action}
