"""A secret in AWS Secrets Manager as the store of a login, in the account that the hook acts in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv.exceptions import AppFlowRequestError, TenantConfigurationError
from airflow_provider_appflow_isv.hooks.request_errors import explained
from airflow_provider_appflow_isv.stores.base import Stored
from airflow_provider_appflow_isv.stores.masking import mask_traffic
from airflow_provider_appflow_isv.stores.members import read_members
from airflow_provider_appflow_isv.stores.settling import CURRENT, settled

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.hooks.tenant import TenantHook


@dataclass(frozen=True)
class SecretVersion:
    """One version of a secret.

    :param arn: the secret's ARN.
    :param version: the version's id.
    :param content: the JSON object that it holds.
    :param members: those of a login among it, by canonical name.
    :param labels: its staging labels.
    :param created: when it was made, by AWS's clock.
    :param answered: when AWS told so, by the same clock.
    """

    arn: str
    version: str
    content: Mapping[str, Any] = field(repr=False)
    members: Mapping[str, str] = field(repr=False)
    labels: frozenset[str]
    created: datetime
    answered: datetime

    @property
    def age(self) -> float:
        """Seconds from its making to AWS's answer; off by less than one, for the answer tells whole seconds."""
        return (self.answered - self.created).total_seconds()

    def stored(self, source: str) -> Stored:
        """The version as what a store returns."""
        return Stored(self.members, source, self.version, self.created)


class SecretStore:
    """A secret whose value is a JSON object with the members of a login.

    :param hook: reaches Secrets Manager, with the account, role and region that the secret is in.
    :param secret_id: name or ARN of the secret.
    """

    writable = True

    def __init__(self, hook: TenantHook, secret_id: str) -> None:
        self._hook = hook
        self._secret_id = secret_id
        self.source = f"secret {secret_id}"

    @cached_property
    def _client(self) -> Any:
        client = self._hook.client("secretsmanager")
        mask_traffic(client, lambda text: self._hook.mask(text))  # bound late: the trigger sets its own
        return client

    def read(self) -> Stored:
        """Read the current version, after finishing what a worker that died had begun to store.

        :raises TenantConfigurationError: the value is no JSON object.
        :raises AppFlowRequestError: AWS refused to read the secret, or to finish the storing.
        """
        return settled(self).stored(self.source)

    def current(self) -> SecretVersion:
        """The version labelled AWSCURRENT.

        :raises TenantConfigurationError: its value is no JSON object.
        :raises AppFlowRequestError: AWS refused; the secret may not be there.
        """
        answer = self._get(VersionStage=CURRENT)
        content = _json_object(answer)
        if content is None:
            raise TenantConfigurationError(
                f"The value of {self.source} is not a JSON object.",
                account=self._hook.known_account,
                hint='Store it as {"clientId": ..., "clientSecret": ..., "username": ..., ...}.',
            )
        return _version(answer, content, read_members(content, source=self.source))

    def find(self, **version: str) -> SecretVersion | None:
        """A version by label or id, None if there is none; one that is none of ours may have no content.

        :param version: ``VersionStage`` or ``VersionId``.
        :raises AppFlowRequestError: AWS refused.
        """
        try:
            answer = self._get(**version)
        except AppFlowRequestError as error:
            if error.code == "ResourceNotFoundException":
                return None
            raise
        content = _json_object(answer) or {}
        try:
            members = read_members(content, source=self.source)
        except TenantConfigurationError:
            members = {}
        return _version(answer, content, members)

    def _get(self, **version: str) -> dict[str, Any]:
        with explained("GetSecretValue", account=self._hook.known_account, subject=self.source):
            answer: dict[str, Any] = self._client.get_secret_value(SecretId=self._secret_id, **version)
            return answer

    def put(self, content: Mapping[str, Any], *, token: str, labels: Sequence[str]) -> bool:
        """Add a version.

        :param content: its JSON object.
        :param token: its id; doing the same twice with one id adds one version.
        :param labels: staging labels, which leave the versions that had them.
        :return: False if the id is taken by other content.
        :raises AppFlowRequestError: AWS refused for another reason.
        """
        with explained("PutSecretValue", account=self._hook.known_account, subject=self.source):
            try:
                self._client.put_secret_value(
                    SecretId=self._secret_id,
                    ClientRequestToken=token,
                    SecretString=json.dumps(content),
                    VersionStages=list(labels),
                )
            except self._client.exceptions.ResourceExistsException:
                return False
        return True

    def move(self, label: str, *, to: str | None, away_from: str | None) -> bool:
        """Move a staging label between versions, in one step.

        :param label: the label.
        :param to: id of the version that gets it; None if none is to have it.
        :param away_from: id of the version that has it; None if none has.
        :return: False if it was not there any more.
        :raises AppFlowRequestError: AWS refused for another reason.
        """
        ends = {"MoveToVersionId": to, "RemoveFromVersionId": away_from}
        given = {name: version for name, version in ends.items() if version}
        with explained("UpdateSecretVersionStage", account=self._hook.known_account, subject=self.source):
            try:
                self._client.update_secret_version_stage(SecretId=self._secret_id, VersionStage=label, **given)
            except (
                self._client.exceptions.InvalidParameterException,
                self._client.exceptions.InvalidRequestException,
            ):
                holder = self.find(VersionStage=label)
                if (holder.version if holder else None) == away_from:
                    raise
                return False
        return True


def _json_object(answer: Mapping[str, Any]) -> dict[str, Any] | None:
    try:
        content = json.loads(answer["SecretString"])
    except (KeyError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def _version(answer: Mapping[str, Any], content: Mapping[str, Any], members: Mapping[str, str]) -> SecretVersion:
    date = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
    return SecretVersion(
        arn=answer["ARN"],
        version=answer["VersionId"],
        content=content,
        members=members,
        labels=frozenset(answer.get("VersionStages", ())),
        created=answer["CreatedDate"],
        # without the header no version seems old, which is the safe side
        answered=parsedate_to_datetime(date) if date else answer["CreatedDate"],
    )
