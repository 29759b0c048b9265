"""A secret as the store of a login, and what of it a log may show."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_appflow_isv.exceptions import AppFlowRequestError, TenantConfigurationError
from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook
from airflow_provider_appflow_isv.stores.secret import SecretStore

if TYPE_CHECKING:
    from tests.accounts import TenantAccount

AWKWARD = 'a "quoted" \\ secret with ünïcode'


def test_the_members_are_read_with_their_version(tenant: TenantAccount) -> None:
    name = tenant.make_secret({"clientId": "an-id", "note": "other"})
    stored = SecretStore(AppFlowHook(**tenant.aws), name).read()
    version = tenant.client("secretsmanager").get_secret_value(SecretId=name)
    assert stored.members == {"client_id": "an-id"}
    assert (stored.source, stored.version, stored.created) == (
        f"secret {name}",
        version["VersionId"],
        version["CreatedDate"],
    )


@pytest.mark.parametrize("value", ["no JSON: hidden-value", '["hidden-value"]', '"hidden-value"'])
def test_a_value_that_is_no_object_is_refused_without_showing_it(tenant: TenantAccount, value: str) -> None:
    name = tenant.make_secret(value)
    with pytest.raises(TenantConfigurationError, match=f"The value of secret {name} is not a JSON object") as caught:
        SecretStore(AppFlowHook(**tenant.aws), name).read()
    assert "hidden-value" not in str(caught.value)


def test_a_secret_that_is_not_there_is_named(tenant: TenantAccount) -> None:
    with pytest.raises(AppFlowRequestError, match="GetSecretValue of secret nowhere failed with ResourceNotFound"):
        SecretStore(AppFlowHook(**tenant.aws), "nowhere").read()


@pytest.mark.parametrize("secret", ["a-plain-secret", AWKWARD])
def test_the_log_of_every_call_is_masked_before_it_is_written(tenant: TenantAccount, secret: str) -> None:
    hook = AppFlowHook(**tenant.aws)
    masked: list[str] = []
    hook.mask = masked.append
    store = SecretStore(hook, tenant.make_secret({"clientSecret": secret, "unknownMember": f"unknown {secret}"}))
    lines: list[str] = []

    class Masking(logging.Handler):
        """Writes each line as it comes, without what is masked by then."""

        def emit(self, record: logging.LogRecord) -> None:
            line = record.getMessage()
            for text in sorted(masked, key=len, reverse=True):
                line = line.replace(text, "***")
            lines.append(line)

    handler, logger = Masking(), logging.getLogger("botocore")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        current = store.current()
        store.put({**current.content, "refresh_token": f"new {secret}"}, token="0" * 32, labels=["AWSPENDING"])
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
    assert sum("SecretString" in line and "***" in line for line in lines) == 2
    assert not [line for line in lines if any(word in line for word in ("plain-secret", "quoted", "unknown "))]


def test_a_move_from_where_a_label_is_not_any_more_is_told(tenant: TenantAccount) -> None:
    store = SecretStore(AppFlowHook(**tenant.aws), tenant.make_secret({"clientId": "an-id"}))
    first = store.current().version
    second, third = "2" * 32, "3" * 32
    for token in (second, third):
        assert store.put({"clientId": token}, token=token, labels=["AWSPENDING"])
    assert store.move("AWSCURRENT", to=second, away_from=first)
    assert not store.move("AWSCURRENT", to=third, away_from=first)
    assert store.current().version == second


def test_a_move_that_cannot_be_is_an_error(tenant: TenantAccount) -> None:
    store = SecretStore(AppFlowHook(**tenant.aws), tenant.make_secret({"clientId": "an-id"}))
    with pytest.raises(AppFlowRequestError, match="UpdateSecretVersionStage"):
        store.move("AWSCURRENT", to="9" * 32, away_from=store.current().version)


def test_an_id_that_is_taken_is_told(tenant: TenantAccount) -> None:
    store = SecretStore(AppFlowHook(**tenant.aws), tenant.make_secret({"clientId": "an-id"}))
    contents: list[dict[str, Any]] = [{"a": 1}, {"a": 1}, {"a": 2}]
    assert [store.put(content, token="1" * 32, labels=["MINE"]) for content in contents] == [True, True, False]


def test_the_age_of_a_version_is_told_by_aws(tenant: TenantAccount) -> None:
    store = SecretStore(AppFlowHook(**tenant.aws), tenant.make_secret({"clientId": "an-id"}))
    assert -1 <= store.current().age < 600
