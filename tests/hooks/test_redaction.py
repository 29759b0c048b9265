"""What AWS repeats of a secret shows neither in an error nor in what botocore logs."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

import pytest

from airflow_provider_appflow_isv._compat import mask_secret
from airflow_provider_appflow_isv.exceptions import AppFlowRequestError
from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook
from airflow_provider_appflow_isv.local.appflow.controls.effects import Error
from airflow_provider_appflow_isv.local.appflow.controls.faults import faults
from airflow_provider_appflow_isv.stores.secret import SecretStore

if TYPE_CHECKING:
    from tests.accounts import TenantAccount

SECRET = "planted\"'\\secret/of+awkward=letters"


def test_an_error_of_aws_does_not_repeat_a_secret(tenant: TenantAccount) -> None:
    hook = AppFlowHook(**tenant.aws)
    mask_secret("planted-in-the-request")
    faults.inject(Error("ValidationException", "Not good: planted-in-the-request"), operation="DescribeFlow")
    with pytest.raises(AppFlowRequestError, match=r"Not good: \*\*\*\.") as caught:
        hook.describe_flow("accounts")
    cause = caught.value.__cause__
    told = [repr(caught.value), repr(cause), repr(vars(cause)), *traceback.format_exception(caught.value)]
    assert [text for text in told if "planted" in text] == []


def test_botocore_logs_no_secret_whatever_airflow_does_with_its_records(
    tenant: TenantAccount, caplog: pytest.LogCaptureFixture
) -> None:
    secret_id = tenant.make_secret({"clientSecret": SECRET, "clientId": "app"})
    hook = AppFlowHook(**tenant.aws)
    with caplog.at_level("DEBUG"):
        assert SecretStore(hook, secret_id).read().members["client_secret"] == SECRET
    records = [record for record in caplog.records if record.name.startswith("botocore.")]
    assert [record for record in records if record.name == "botocore.parsers"]
    credentials = hook.get_session().get_credentials()
    shown = [part for part in ("awkward", credentials.secret_key, credentials.token) if part in caplog.text]
    assert shown == []
