"""What the operators that delete have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from airflow_provider_appflow_isv.exceptions import AppFlowIsvError
from airflow_provider_appflow_isv.operators.base import AppFlowBaseOperator, check_choice, is_literal


class DeletingOperator(AppFlowBaseOperator):
    """Base of what deletes.

    :param force: delete what is in use too; default False.
    :param if_missing: ``skip`` (default) or ``fail``.
    """

    template_fields: Sequence[str] = (*AppFlowBaseOperator.template_fields, "force", "if_missing")

    def __init__(self, *, force: bool = False, if_missing: str = "skip", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.force = force
        self.if_missing = if_missing

    def check_arguments(self) -> None:
        """As of the base; force and if_missing too."""
        super().check_arguments()
        check_choice("if_missing", self.if_missing, ("skip", "fail"))
        if is_literal(self.force):
            check_choice("force", str(self.force), ("True", "False"))

    @property
    def is_forced(self) -> bool:
        """Whether force is set; Jinja renders True to a text."""
        return str(self.force) == "True"

    def delete(self, subject: str, arn: str, delete: Callable[[], None]) -> str:
        """Delete something, or see that it is gone.

        :param subject: what it is, for the log, e.g. ``Flow accounts``.
        :param arn: its ARN.
        :param delete: what deletes it, or raises AppFlow's refusal.
        :return: ``deleted``, or ``skipped`` if it was not there.
        """
        _, _, _, region, account, _ = arn.split(":")
        try:
            delete()
        except AppFlowIsvError as error:
            if error.code != "ResourceNotFoundException" or self.if_missing == "fail":
                raise
            self.log.warning("%s is not in account %s, region %s: nothing to delete", subject, account, region)
            return "skipped"
        self.log.info("%s in account %s: deleted", subject, account)
        return "deleted"
