"""The one place that knows Airflow versions apart.

Names are resolved on first use, so that importing this module costs nothing and a name that an Airflow version
lacks hurts only the code that asks for it. Sources: ``airflow.sdk`` (3.x) before the Airflow 2 module.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from datetime import datetime

    from airflow.sdk import BaseHook as BaseHook
    from airflow.sdk import BaseOperator as BaseOperator
    from airflow.sdk import BaseSensorOperator as BaseSensorOperator
    from airflow.sdk import Context as Context
    from airflow.sdk import PokeReturnValue as PokeReturnValue
    from airflow.sdk import XComArg as XComArg
    from airflow.sdk.configuration import conf as conf
    from airflow.sdk.exceptions import AirflowException as AirflowException
    from airflow.sdk.exceptions import AirflowNotFoundException as AirflowNotFoundException
    from airflow.sdk.exceptions import AirflowSensorTimeout as AirflowSensorTimeout
    from airflow.sdk.exceptions import AirflowSkipException as AirflowSkipException
    from airflow.sdk.log import mask_secret as mask_secret
    from airflow.sdk.log import redact as redact  # type: ignore[attr-defined]  # imported there, not exported

_MASKERS = ("airflow.sdk.log", "airflow.sdk.execution_time.secrets_masker", "airflow.utils.log.secrets_masker")
_SOURCES = {
    "AirflowException": ("airflow.sdk.exceptions", "airflow.exceptions"),
    "AirflowNotFoundException": ("airflow.sdk.exceptions", "airflow.exceptions"),
    "AirflowSensorTimeout": ("airflow.sdk.exceptions", "airflow.exceptions"),
    "AirflowSkipException": ("airflow.sdk.exceptions", "airflow.exceptions"),
    "BaseHook": ("airflow.sdk", "airflow.hooks.base"),
    "BaseOperator": ("airflow.sdk", "airflow.models.baseoperator"),
    "BaseSensorOperator": ("airflow.sdk", "airflow.sensors.base"),
    "Context": ("airflow.sdk", "airflow.utils.context"),
    "PokeReturnValue": ("airflow.sdk", "airflow.sensors.base"),
    "XComArg": ("airflow.sdk", "airflow.models.xcom_arg"),
    "conf": ("airflow.sdk.configuration", "airflow.configuration"),
    "mask_secret": _MASKERS,
    "redact": _MASKERS,
}


def __getattr__(name: str) -> Any:
    for module in _SOURCES.get(name, ()):
        try:
            value = getattr(import_module(module), name)
        except (ImportError, AttributeError):
            continue
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def airflow_version() -> tuple[int, int]:
    """Major and minor number of the Airflow that is installed, e.g. ``(3, 3)``."""
    major, minor, *_ = version("apache-airflow").split(".")
    return int(major), int(minor)


def seconds_before_first_event() -> float:
    """How long a trigger waits before its first event.

    Up to Airflow 3.3 the scheduler may mark a task failed whose trigger fires before the scheduler has seen the
    worker's exit (github.com/apache/airflow/issues/67287); 10 s kept all of 240 deferrals clear of it.
    """
    return 10.0 if airflow_version() < (3, 4) else 0.0


def first_reschedule(context: Context) -> datetime | None:
    """When a sensor in mode ``reschedule`` looked for the first time; None if that is now."""
    ti: Any = context["ti"]
    if hasattr(ti, "get_first_reschedule_date"):
        return cast("datetime | None", ti.get_first_reschedule_date(context))
    from airflow.sensors.base import _orig_start_date  # type: ignore[import-not-found,unused-ignore]  # Airflow 2 only

    key = (ti.dag_id, ti.task_id, ti.run_id, ti.map_index, ti.try_number)
    return cast("datetime | None", _orig_start_date(*key))
