"""Every credential source, grant and failure of the plan that LEAK_SEARCH_PLAN names."""

from __future__ import annotations

import json
import logging
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from airflow_provider_appflow_isv import credentials
from airflow_provider_appflow_isv.operators.connector_profile import (
    AppFlowCreateConnectorProfileOperator,
    AppFlowUpdateConnectorProfileOperator,
)
from airflow_provider_appflow_isv.operators.flow import AppFlowCreateFlowOperator
from airflow_provider_appflow_isv.operators.flow_run import AppFlowStartFlowOperator
from proofs.leak_search.exceptions import write_down

try:
    from airflow.sdk import DAG, task
except ImportError:  # Airflow 2
    from airflow.decorators import task  # type: ignore[attr-defined,no-redef]  # not in Airflow 3's stubs
    from airflow.models.dag import DAG  # type: ignore[no-redef]  # as above

PLAN = json.loads(Path(os.environ["LEAK_SEARCH_PLAN"]).read_text())
OPERATORS: dict[str, Any] = {
    "create": AppFlowCreateConnectorProfileOperator,
    "update": AppFlowUpdateConnectorProfileOperator,
    "start": AppFlowStartFlowOperator,
}

log = logging.getLogger(__name__)


def tell(context: Any) -> None:
    """Write down what a task failed with."""
    write_down(context["ti"].task_id, context["exception"])


@task
def call(calls: list[dict[str, Any]]) -> list[Any]:
    """Make calls of the hook for tokens; what goes wrong is logged, and the last of it raised."""
    from airflow_provider_appflow_isv.exceptions import AppFlowIsvError

    results, problem = [], None
    for each in calls:
        try:
            results.append(one_call(each))
        except AppFlowIsvError as error:
            log.exception("Call %s has failed", each["name"])
            write_down(each["name"], error)
            problem = error
    if problem is not None:
        raise problem
    return results


def one_call(each: dict[str, Any]) -> list[str]:
    """The steps of one call, one after the other; what they give is told as far as it says itself."""
    from airflow_provider_appflow_isv._compat import BaseHook
    from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook
    from airflow_provider_appflow_isv.hooks.salesforce import SalesforceTokenHook

    hook: Any = SalesforceTokenHook(aws_hook=AppFlowHook(**each["aws"]), retries=1, **each["hook"])
    token: Any = None
    told = []
    for step in each["steps"]:
        if step == "exchange_code":
            consent = BaseHook.get_connection(each["consent"]).extra_dejson
            token = hook.exchange_code(consent["code"], consent["redirectUri"], consent["codeVerifier"])
            result = token
        elif step == "get_token":
            result = token = hook.get_token()
        else:
            result = getattr(hook, step)(token.access_token)
        write_down(step, result)
        log.info("%s gave %r, of %r", step, result, hook)
        told.append(repr(result))
    write_down("hook", hook)
    return told


with DAG(
    "every_credential",
    schedule="@once",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    default_args={"on_failure_callback": tell, "retries": 0},
):
    made: dict[str, Any] = {}
    for planned in PLAN:
        task_id = planned["task_id"]
        # authorization codes end after minutes, and on Airflow 2 all of this takes longer
        named = {"task_id": task_id, "priority_weight": 100 if "code" in task_id else 1}
        if planned["kind"] == "calls":
            made[task_id] = call.override(**named)(planned["calls"])
            continue
        source = planned["source"]
        argument = "on_auth_failure" if planned["kind"] == "start" else "credentials"
        arguments = {**planned["arguments"], argument: getattr(credentials, source["class"])(**source["arguments"])}
        made[task_id] = OPERATORS[planned["kind"]](**named, **arguments)
        if "flow" in planned:
            flow = AppFlowCreateFlowOperator(task_id=f"flow_{task_id}", **planned["flow"])
            made[planned["after"]] >> flow >> made[task_id]
        elif "after" in planned:
            made[planned["after"]] >> made[task_id]
