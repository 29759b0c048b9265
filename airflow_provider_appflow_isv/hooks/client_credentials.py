"""The secret from which AppFlow reads an app's client id and secret (``clientCredentialsArn``)."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv.exceptions import AppFlowRequestError, TenantConfigurationError
from airflow_provider_appflow_isv.hooks.request_errors import explained
from airflow_provider_appflow_isv.secret_access import READ_SECRET, appflow_statement, profiles_let_in, with_statement
from airflow_provider_appflow_isv.stores.masking import mask_traffic

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook

log = logging.getLogger(__name__)

MEMBERS = ("clientId", "clientSecret")


class ClientCredentialsSecret:
    """A secret with exactly ``{"clientId", "clientSecret"}``, which AppFlow may read for a connector profile.

    :param hook: hook for the profile's account, in which the secret is.
    :param name: name of the secret.
    :param kms_key: id, alias or ARN of the KMS key to encrypt it; default None: what it has, or Secrets Manager's own.
        The key's policy has to let AppFlow decrypt: ``python -m airflow_provider_appflow_isv.onboarding`` prints the
        statement as ``key-policies``.
    """

    def __init__(self, hook: AppFlowHook, name: str, kms_key: str | None = None) -> None:
        self._hook = hook
        self._name = name
        self._key: dict[str, str] = {"KmsKeyId": kms_key} if kms_key else {}
        self._client = hook.client("secretsmanager")
        mask_traffic(self._client, lambda text: hook.mask(text))

    def keep(self, client_id: str, client_secret: str, *, profile_arn: str) -> str:
        """Make the secret, or bring it up to date; one that is right is left alone.

        A try that died on the way is taken up by the next. Other statements of the secret's policy stay.

        :param client_id: the app's id.
        :param client_secret: the app's secret.
        :param profile_arn: the connector profile for which AppFlow may read it.
        :return: the secret's ARN.
        :raises TenantConfigurationError: the secret holds anything else, or an app of other profiles, or is to be
            deleted.
        :raises AppFlowRequestError: AWS refused.
        """
        arn = self._made()
        value = self._value()
        if value is not None and not set(value) <= set(MEMBERS):
            raise TenantConfigurationError(
                f"Secret {self._name} (client_credentials_secret) holds other members than clientId and clientSecret.",
                account=self._hook.known_account,
                hint="It may be somebody's login, which must not be overwritten: choose another name.",
            )
        policy = self._policy()
        if value is not None and value.get("clientId") != client_id:
            self._refuse_others_app(policy, profile_arn)
        self._let_appflow_in(arn, profile_arn, policy)
        wanted = dict(zip(MEMBERS, (client_id, client_secret), strict=True))
        if value != wanted:
            self._call("PutSecretValue", SecretString=json.dumps(wanted))
            log.info("Wrote the app's client id and secret to secret %s", arn)
        return arn

    def _made(self) -> str:
        try:
            found = self._call("DescribeSecret")
        except AppFlowRequestError as error:
            if error.code != "ResourceNotFoundException":
                raise
            # without a value yet: the policy comes first, and a value is sent by one request only, which is masked
            with self._explained("CreateSecret"):
                made = self._client.create_secret(
                    Name=self._name, Description="The app that Amazon AppFlow logs in with.", **self._key
                )
            log.info("Made secret %s", made["ARN"])
            return str(made["ARN"])
        if found.get("DeletedDate"):
            raise TenantConfigurationError(
                f"Secret {self._name} (client_credentials_secret) is marked as deleted.",
                account=self._hook.known_account,
                hint="Restore it (secretsmanager:RestoreSecret) or choose another name.",
            )
        if self._key and found.get("KmsKeyId") != self._key["KmsKeyId"]:
            self._call("UpdateSecret", **self._key)
        return str(found["ARN"])

    def _value(self) -> Mapping[str, Any] | None:
        """What the secret holds; None if it has no value yet."""
        try:
            text = self._call("GetSecretValue").get("SecretString", "")
        except AppFlowRequestError as error:
            if error.code == "ResourceNotFoundException":
                return None
            raise
        try:
            found = json.loads(text)
        except ValueError:
            found = None
        return found if isinstance(found, dict) else {"": None}  # what is no such object is somebody else's

    def _policy(self) -> dict[str, Any]:
        text = self._call("GetResourcePolicy").get("ResourcePolicy")
        return json.loads(text) if text else {}

    def _refuse_others_app(self, policy: dict[str, Any], profile_arn: str) -> None:
        if others := [each for each in profiles_let_in(policy) if each != profile_arn]:
            raise TenantConfigurationError(
                f"Secret {self._name} (client_credentials_secret) holds another app's clientId, with which AppFlow "
                f"renews the tokens of {', '.join(others)}.",
                account=self._hook.known_account,
                hint="Choose another name. Or, if all of them are to change the app, delete the secret's policy first.",
            )

    def _let_appflow_in(self, arn: str, profile_arn: str, before: dict[str, Any]) -> None:
        statement = appflow_statement(READ_SECRET, account=profile_arn.split(":")[4], profile_arn=profile_arn)
        after = with_statement(before, statement)
        if after is not before:
            self._call("PutResourcePolicy", ResourcePolicy=json.dumps(after), BlockPublicPolicy=True)
            log.info("AppFlow may read secret %s for %s", arn, profile_arn)

    def _call(self, operation: str, **request: Any) -> dict[str, Any]:
        methods = {api: method for method, api in self._client.meta.method_to_api_mapping.items()}
        with self._explained(operation):
            answer: dict[str, Any] = getattr(self._client, methods[operation])(SecretId=self._name, **request)
        return answer

    def _explained(self, operation: str) -> Any:
        return explained(operation, account=self._hook.known_account, subject=f"secret {self._name}")
