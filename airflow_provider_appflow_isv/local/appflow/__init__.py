"""Amazon AppFlow for moto, in moto's own layout, plugged in from outside."""

from __future__ import annotations

import importlib.util
import re
import sys

import moto.backend_index

from airflow_provider_appflow_isv.local.caller_checks import check_callers
from airflow_provider_appflow_isv.local.event_bus import keep_partner_names
from airflow_provider_appflow_isv.local.redshift.data_api import serve_data_api
from airflow_provider_appflow_isv.local.secret_versions import keep_versions
from airflow_provider_appflow_isv.local.trust import enforce_trust

from .models import appflow_backends, wait_for_runs, wait_until_ended
from .urls import url_bases

__all__ = ["appflow_backends", "register", "wait_for_runs", "wait_until_ended"]

_MODULE = "moto.appflow"  # the name under which moto looks a service up


def register() -> None:
    """Make moto serve AppFlow, and what belongs to it. Calling it again changes nothing.

    What belongs to it: AssumeRole checks trust policies, S3 and Secrets Manager check their callers while
    ``identity.enforce`` is on, Secrets Manager keeps versions and labels as AWS does, EventBridge knows the buses of
    partner event sources, the Redshift Data API runs statements.

    Works for ``mock_aws``, ``ThreadedMotoServer`` and moto's server program alike; call it before the first request.

    :raises RuntimeError: if moto has an AppFlow of its own by now; then this one is not needed.
    """
    enforce_trust()
    check_callers()
    keep_versions()
    keep_partner_names()
    serve_data_api()
    if sys.modules.get(_MODULE) is sys.modules[__name__]:
        return
    if importlib.util.find_spec(_MODULE) is not None:
        raise RuntimeError("This version of moto brings its own AppFlow: do not register the local one.")
    sys.modules[_MODULE] = sys.modules[__name__]
    moto.backend_index.backend_url_patterns.append(("appflow", re.compile(url_bases[0])))
