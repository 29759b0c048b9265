"""Makes moto's Secrets Manager keep a secret's versions and their staging labels as AWS does, also under threads.

Facts: Secrets Manager API reference, PutSecretValue (ClientRequestToken, VersionStages), UpdateSecretVersionStage,
GetSecretValue and ListSecretVersionIds; user guide, "What's in a secret: versions" and "Quotas" (20 labels a secret).
Versions without a label are deleted as the user guide says: of more than 100, those older than 24 hours. That the quota
of 100 versions counts those that are not deleted for their age, and the text of its refusal, are inferred.
"""

from __future__ import annotations

import functools
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from moto.secretsmanager.exceptions import (
    InvalidParameterException,
    OperationNotPermittedOnReplica,
    ResourceExistsException,
    SecretHasNoValueException,
    SecretNotFoundException,
    SecretsManagerClientError,
)
from moto.secretsmanager.models import FakeSecret, SecretsManagerBackend

_MARK = "_keeps_versions"
_CURRENT, _PREVIOUS = "AWSCURRENT", "AWSPREVIOUS"
_MOST_LABELS = 20
_KEPT_VERSIONS, _KEPT_SECONDS = 100, 24 * 3600
_LIMIT = "LimitExceededException"
_CHANGING = ("create_secret", "update_secret", "rotate_secret", "delete_secret", "restore_secret", "tag_resource")
_one_at_a_time = threading.RLock()


@dataclass
class VersionQuota:
    """How many versions of the last 24 hours a secret may have; a test may set it.

    ``versions`` (default 100): a request that would add one more is refused. Their age is by the clock of CreatedDate,
    which is the machine's.
    """

    versions: int = _KEPT_VERSIONS


quota = VersionQuota()


def keep_versions() -> None:
    """Correct moto's Secrets Manager; calling it again changes nothing.

    From then on a ClientRequestToken seen before with other data is a ``ResourceExistsException``, also for a version
    labelled AWSPENDING; a label sits on one version, and all others of a version stay when one moves; a label moves
    only from the version that RemoveFromVersionId names, all at once or not at all; reads follow the labels.
    """
    if hasattr(SecretsManagerBackend, _MARK):
        return
    backend: Any = SecretsManagerBackend
    setattr(backend, _MARK, True)
    backend.put_secret_value = _put_with(backend.put_secret_value)
    backend.get_secret_value = _get_with(backend.get_secret_value)
    backend.update_secret_version_stage = _locked(_move_label)
    backend.list_secret_version_ids = _locked(_list_versions)
    for name in _CHANGING:
        setattr(backend, name, _locked(getattr(backend, name)))
    secret: Any = FakeSecret
    secret.reset_default_version = _add_current
    secret.remove_version_stages_from_old_versions = _detach
    secret._form_version_ids_to_stages = _labelled


def _locked(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def run(*args: Any, **kwargs: Any) -> Any:
        with _one_at_a_time:
            return method(*args, **kwargs)

    return run


def _put_with(put: Callable[..., str]) -> Callable[..., str]:
    @_locked
    def put_secret_value(
        self: Any,
        secret_id: str,
        secret_string: str | None,
        secret_binary: str | None,
        client_request_token: str | None,
        version_stages: list[str],
    ) -> str:
        secret = self.secrets.get(secret_id)
        if isinstance(secret, FakeSecret):
            known = secret.versions.get(client_request_token or "", {})
            data = (known.get("secret_string"), known.get("secret_binary"))
            if data == (secret_string, secret_binary):
                return str(secret.to_short_dict(include_version_stages=True, version_id=client_request_token))
            if data != (None, None):  # a rotation's version waits for its data
                raise ResourceExistsException(
                    f"You can't use ClientRequestToken {client_request_token} because that value is already in use "
                    f"for a version of secret {secret.arn}."
                )
            _check_limit(secret, version_stages)
            _check_quota(secret.versions, client_request_token)
        labels = list(dict.fromkeys(version_stages))
        answer = put(self, secret_id, secret_string, secret_binary, client_request_token, labels)
        versions = self.secrets.get(secret_id).versions
        _stamp(versions[json.loads(answer)["VersionId"]])
        _drop_old(versions)
        return answer

    return put_secret_value


def _get_with(get: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    @_locked
    def get_secret_value(
        self: Any, secret_id: str, version_id: str | None, version_stage: str | None
    ) -> dict[str, Any]:
        secret = self.secrets.get(secret_id)
        is_read = isinstance(secret, FakeSecret) and not secret.is_deleted()
        if is_read and version_stage and not version_id and _holder(secret, version_stage) is None:
            raise SecretHasNoValueException(version_stage)
        value = get(self, secret_id, version_id, version_stage)
        return {**value, "VersionStages": list(value["VersionStages"])}

    return get_secret_value


def _move_label(
    self: Any,
    secret_id: str,
    version_stage: str,
    remove_from_version_id: str | None,
    move_to_version_id: str | None,
) -> tuple[str, str]:
    secret = self.secrets.get(secret_id)
    if secret is None:
        raise SecretNotFoundException()
    if not isinstance(secret, FakeSecret):
        raise OperationNotPermittedOnReplica()
    for version_id in filter(None, (remove_from_version_id, move_to_version_id)):
        if version_id not in secret.versions:
            raise InvalidParameterException(f"Not a valid version: {version_id}")
    holder = _holder(secret, version_stage)
    _check_move(version_stage, holder, remove_from_version_id, move_to_version_id)
    if move_to_version_id is None:
        _detach(secret, [version_stage])
    elif holder != move_to_version_id:
        _check_limit(secret, [version_stage])
        _attach(secret, move_to_version_id, version_stage)
    secret.last_changed_date = int(time.time())
    return secret.arn, secret.name


def _check_move(label: str, holder: str | None, remove_from: str | None, move_to: str | None) -> None:
    if remove_from is None and move_to is None:
        raise InvalidParameterException("Specify MoveToVersionId, RemoveFromVersionId or both.")
    if label == _CURRENT and move_to is None:
        raise InvalidParameterException(
            f"You can only move staging label {_CURRENT} to a different secret version. It can't be completely removed."
        )
    if remove_from is not None and remove_from != holder:
        raise InvalidParameterException(
            f"When you move staging label {label}, if you specify RemoveFromVersionId, it must be set to the version "
            f"that currently has the staging label {label}."
        )
    if remove_from is None and holder not in (None, move_to):
        raise InvalidParameterException(
            f"The parameter RemoveFromVersionId can't be empty. Staging label {label} is currently attached to version "
            f"{holder}, so you must explicitly reference that version in RemoveFromVersionId."
        )


def _list_versions(self: Any, secret_id: str) -> str:
    secret = self.secrets.get(secret_id)
    if secret is None:
        raise SecretNotFoundException()
    versions = [
        {"VersionId": version_id, "VersionStages": stages, "CreatedDate": secret.versions[version_id]["createdate"]}
        for version_id, stages in _labelled(secret).items()
    ]
    return json.dumps({"ARN": secret.arn, "Name": secret.name, "Versions": versions})


def _labelled(secret: Any) -> dict[str, list[str]]:
    """The versions that have a label; those without count as deprecated and are not told of."""
    with _one_at_a_time:
        stages = {version_id: list(version["version_stages"]) for version_id, version in secret.versions.items()}
    return {version_id: labels for version_id, labels in stages.items() if labels}


def _add_current(secret: Any, version: dict[str, Any], version_id: str) -> None:
    _check_quota(secret.versions, version_id)
    labels, version["version_stages"] = version["version_stages"], []
    _stamp(version)
    secret.versions[version_id] = version
    for label in dict.fromkeys([*labels, _CURRENT]):
        _attach(secret, version_id, label)


def _stamp(version: dict[str, Any]) -> None:
    version["createdate"] = round(time.time(), 3)  # moto has whole seconds


def _is_young(version: Mapping[str, Any]) -> bool:
    return bool(version["createdate"] >= time.time() - _KEPT_SECONDS)


def _check_quota(versions: Mapping[str, Mapping[str, Any]], version_id: str | None) -> None:
    if version_id not in versions and sum(map(_is_young, versions.values())) >= quota.versions:
        raise SecretsManagerClientError(
            _LIMIT, f"A secret can have at most {quota.versions} versions that are younger than 24 hours."
        )


def _drop_old(versions: dict[str, dict[str, Any]]) -> None:
    old = [name for name, each in versions.items() if not each["version_stages"] and not _is_young(each)]
    old.sort(key=lambda name: versions[name]["createdate"])
    for name in old[: max(len(versions) - _KEPT_VERSIONS, 0)]:
        del versions[name]


def _attach(secret: Any, version_id: str, label: str) -> None:
    before = _holder(secret, label)
    _detach(secret, [label])
    secret.versions[version_id]["version_stages"].append(label)
    if label == _CURRENT:
        secret.set_default_version_id(version_id)
        _detach(secret, [_PREVIOUS])
        if before is not None:
            secret.versions[before]["version_stages"].append(_PREVIOUS)


def _detach(secret: Any, labels: list[str]) -> None:
    for version in secret.versions.values():
        version["version_stages"] = [label for label in version["version_stages"] if label not in labels]


def _holder(secret: Any, label: str) -> str | None:
    holders: Iterator[str] = (
        version_id for version_id, version in secret.versions.items() if label in version["version_stages"]
    )
    return next(holders, None)


def _check_limit(secret: Any, labels: list[str]) -> None:
    attached = {label for version in secret.versions.values() for label in version["version_stages"]}
    if len(attached.union(labels)) > _MOST_LABELS:
        raise SecretsManagerClientError(
            _LIMIT, f"A secret can have at most {_MOST_LABELS} staging labels on all its versions."
        )
