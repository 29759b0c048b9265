"""AppFlow's quotas of one account and Region (AppFlow user guide, "Quotas"; AWS General Reference).

Inferred: the texts, that a month is a calendar month in UTC, and that a scheduled or event run beyond a quota is left
out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sized
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from airflow_provider_appflow_isv.local.appflow.controls import checks
from airflow_provider_appflow_isv.local.appflow.controls.checks import checked
from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from airflow_provider_appflow_isv.local.appflow.exceptions import ServiceQuotaExceededException

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.appflow.flows.flow import FlowRun


@dataclass
class Quotas:
    """The quotas of every account and Region of the process. A test may set them; ``settings.reset()`` takes that back.

    ``flows`` (default 1,000), ``connector_profiles`` (100), ``concurrent_runs`` (1,000), ``runs_per_month``
    (10,000,000), ``tags`` of one flow (50), ``run_seconds`` (48 hours): how long a run may be InProgress.
    """

    flows: int = 1000
    connector_profiles: int = 100
    concurrent_runs: int = 1000
    runs_per_month: int = 10_000_000
    tags: int = 50
    run_seconds: float = 48 * 3600.0

    def reset(self) -> None:
        """Go back to the defaults."""
        for field in fields(self):
            setattr(self, field.name, field.default)

    def values(self) -> dict[str, float]:
        """Return all quotas by name."""
        return asdict(self)

    def update(self, values: Mapping[str, object]) -> None:
        """Change some quotas, or none of them if one is wrong.

        :param values: quotas by name.
        :raises ValueError: naming the quota that is unknown or has a wrong value.
        """
        unknown = sorted(set(values) - set(self.values()))
        if unknown:
            raise ValueError(f"{unknown[0]}: there is no such quota; there are {', '.join(self.values())}")
        accepted = {
            name: checked(name, checks.seconds if name == "run_seconds" else checks.whole_number(0), value)
            for name, value in values.items()
        }
        for name, value in accepted.items():
            setattr(self, name, value)
        settings.tell()

    def check_flows(self, kept: Sized) -> None:
        """Check that one more flow may be created.

        :param kept: the flows that there are.
        :raises ServiceQuotaExceededException: if not.
        """
        _check(len(kept), self.flows, "flows")

    def check_profiles(self, kept: Sized) -> None:
        """Check that one more connector profile may be created.

        :param kept: the profiles that there are.
        :raises ServiceQuotaExceededException: if not.
        """
        _check(len(kept), self.connector_profiles, "connector profiles")


class RunCounter:
    """The runs of one account and Region. Its owner lets one thread in at a time."""

    def __init__(self) -> None:
        self._going_on: list[FlowRun] = []
        self._month = ""
        self._this_month = 0

    def check(self) -> None:
        """Check that one more run may start now.

        :raises ServiceQuotaExceededException: if not.
        """
        month = f"{datetime.fromtimestamp(settings.now(), UTC):%Y-%m}"
        if month != self._month:
            self._month, self._this_month = month, 0
        self._going_on = [run for run in self._going_on if not run.ended.done()]
        _check(len(self._going_on), quotas.concurrent_runs, "concurrent flow runs")
        _check(self._this_month, quotas.runs_per_month, "flow runs per month")

    def add(self, run: FlowRun) -> None:
        """Count a run that has started."""
        self._going_on.append(run)
        self._this_month += 1


def _check(used: int, limit: int, what: str) -> None:
    if used >= limit:
        raise ServiceQuotaExceededException(
            f"The request would exceed the service quota of {limit} {what} per account and Region. "
            "Request a higher quota or remove what is not needed."
        )


quotas = Quotas()
settings.on_reset(quotas.reset)
