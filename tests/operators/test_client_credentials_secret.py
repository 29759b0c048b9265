"""The secret from which AppFlow reads an app's client id and secret, made by the step that makes the profile."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_appflow_isv.credentials import AuthorizationCode, OAuth2Credentials, SecretsManagerCredentials
from airflow_provider_appflow_isv.exceptions import AppFlowRequestError, OAuthConsentRequired, TenantConfigurationError
from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook
from airflow_provider_appflow_isv.hooks.client_credentials import ClientCredentialsSecret
from airflow_provider_appflow_isv.operators.connector_profile import AppFlowCreateConnectorProfileOperator
from tests.accounts import TenantAccount, fresh
from tests.operators.pushing import age
from tests.tasks import run_task

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.salesforce import ConnectedApp
    from tests.recording import Recording

OTHERS = {
    "Sid": "AppFlowRead",
    "Effect": "Allow",
    "Principal": {"AWS": "222222222222"},
    "Action": "secretsmanager:*",
    "Resource": "*",
}


class Consent:
    """A user's consent to an app of the tenant's org, in a secret of the tenant's."""

    def __init__(self, tenant: TenantAccount) -> None:
        self.tenant = tenant
        self.app: ConnectedApp = tenant.org.add_connected_app()
        refresh_token = tenant.org.issue_refresh_token(self.app.client_id, tenant.username)
        self.login = {
            "clientId": self.app.client_id,
            "clientSecret": self.app.client_secret,
            "refreshToken": refresh_token,
            "accessToken": "to-be-replaced",
        }
        self.secret_id = tenant.make_secret(self.login)
        self.name = fresh("app")
        self.profile = fresh("profile")

    def creator(self, **arguments: Any) -> AppFlowCreateConnectorProfileOperator:
        given: dict[str, Any] = {
            "connector_profile_name": self.profile,
            "connector_type": "Salesforce",
            "connector_profile_properties": self.tenant.properties,
            "credentials": OAuth2Credentials(secret_id=self.secret_id, redeemer="appflow"),
            "client_credentials_secret": self.name,
            "if_exists": "update",
            **self.tenant.aws,
            **arguments,
        }
        return AppFlowCreateConnectorProfileOperator(task_id="create", **given)

    def create(self, **arguments: Any) -> Any:
        return run_task(self.creator(**arguments))

    @property
    def secrets(self) -> Any:
        return self.tenant.client("secretsmanager")

    def content(self) -> Any:
        return json.loads(self.secrets.get_secret_value(SecretId=self.name)["SecretString"])

    def statements(self) -> list[dict[str, Any]]:
        policy = self.secrets.get_resource_policy(SecretId=self.name)["ResourcePolicy"]
        return list(json.loads(policy)["Statement"])

    def versions(self) -> int:
        return len(self.secrets.describe_secret(SecretId=self.name)["VersionIdsToStages"])


@pytest.fixture
def consent(tenant: TenantAccount) -> Consent:
    return Consent(tenant)


def test_the_secret_holds_the_app_and_nothing_else(consent: Consent) -> None:
    assert consent.create()["action"] == "created"
    assert consent.content() == {"clientId": consent.app.client_id, "clientSecret": consent.app.client_secret}


def test_appflow_may_read_it_for_the_profile_and_renews_with_it(consent: Consent) -> None:
    done = consent.create()
    (statement,) = consent.statements()
    assert statement["Principal"] == {"Service": "appflow.amazonaws.com"}
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": consent.tenant.account},
        "ArnLikeIfExists": {"aws:SourceArn": done["connector_profile_arn"]},
    }
    consent.tenant.org.expire_tokens()
    AppFlowHook(**consent.tenant.aws).ask_through_connector_profile(consent.profile)


def test_a_second_time_changes_nothing(consent: Consent) -> None:
    for action in ("created", "unchanged"):
        assert consent.create()["action"] == action
    assert (len(consent.statements()), consent.versions()) == (1, 1)


def test_appflow_is_not_given_its_spent_refresh_token_again(consent: Consent, recording: Recording) -> None:
    consent.create()
    consent.tenant.org.sessions.revoke(consent.login["refreshToken"])
    consent.tenant.org.expire_tokens()
    with pytest.raises(OAuthConsentRequired, match=rf"{consent.profile} has had.*through the authorization again"):
        consent.create()
    assert consent.create(on_consent_required="report")["action"] == "consent_required"
    assert recording.appflow("UpdateConnectorProfile") == []


def test_a_newer_refresh_token_is_handed_over(consent: Consent) -> None:
    consent.create()
    age(consent.tenant, consent.profile, 60)
    assert consent.create()["action"] == "updated"


def test_another_app_is_not_put_in_place_of_one_that_other_profiles_use(consent: Consent) -> None:
    consent.create()
    other = Consent(consent.tenant)
    with pytest.raises(TenantConfigurationError, match=rf"another app's.*/{consent.profile}\..*another name"):
        other.create(client_credentials_secret=consent.name)
    assert consent.content()["clientId"] == consent.app.client_id
    assert len(consent.statements()) == 1


def test_a_new_client_secret_of_the_same_app_is_written_for_all_profiles(consent: Consent) -> None:
    consent.create()
    text = json.dumps({"clientId": consent.app.client_id, "clientSecret": "old"})
    consent.secrets.put_secret_value(SecretId=consent.name, SecretString=text)
    consent.create(connector_profile_name=fresh("profile"))
    assert consent.content()["clientSecret"] == consent.app.client_secret


def test_a_changed_app_is_brought_up_to_date(consent: Consent) -> None:
    arn = consent.secrets.create_secret(Name=consent.name, SecretString='{"clientId": "old", "clientSecret": "old"}')
    consent.create()
    assert consent.content()["clientId"] == consent.app.client_id
    assert consent.secrets.describe_secret(SecretId=consent.name)["ARN"] == arn["ARN"]


def test_a_try_that_died_before_the_value_is_taken_up(consent: Consent) -> None:
    consent.secrets.create_secret(Name=consent.name)
    consent.create()
    assert consent.content()["clientId"] == consent.app.client_id


def test_statements_of_others_stay(consent: Consent) -> None:
    consent.secrets.create_secret(Name=consent.name)
    policy = {"Version": "2012-10-17", "Statement": OTHERS}
    consent.secrets.put_resource_policy(SecretId=consent.name, ResourcePolicy=json.dumps(policy))
    consent.create()
    first, second = consent.statements()
    assert first == policy["Statement"]
    assert second["Sid"] != first["Sid"]


def test_two_profiles_share_a_secret(consent: Consent) -> None:
    consent.create()
    consent.create(connector_profile_name=fresh("profile"))
    assert len({statement["Sid"] for statement in consent.statements()}) == 2


@pytest.mark.parametrize("value", ['{"clientId": "a", "refreshToken": "planted-token"}', "planted-token", "[]"])
def test_a_secret_of_something_else_is_not_overwritten(value: str, consent: Consent) -> None:
    consent.secrets.create_secret(Name=consent.name, SecretString=value)
    with pytest.raises(TenantConfigurationError, match=r"holds other members.*choose another name") as caught:
        consent.create()
    assert "planted-token" not in str(caught.value)
    assert consent.secrets.get_secret_value(SecretId=consent.name)["SecretString"] == value


def test_a_deleted_secret_is_not_taken_for_a_new_one(consent: Consent) -> None:
    consent.create()
    consent.secrets.delete_secret(SecretId=consent.name)
    with pytest.raises(TenantConfigurationError, match=r"marked as deleted.*Restore it"):
        consent.create()


def test_the_secret_is_encrypted_with_the_key_that_is_named(consent: Consent) -> None:
    key = consent.tenant.client("kms").create_key()["KeyMetadata"]["Arn"]
    consent.create()
    age(consent.tenant, consent.profile, 60)
    with pytest.raises(AppFlowRequestError, match="ClientCredentialsArn"):  # the key does not let AppFlow decrypt
        consent.create(client_credentials_kms_key=key)
    assert consent.secrets.describe_secret(SecretId=consent.name)["KmsKeyId"] == key


def test_a_profile_that_is_skipped_has_its_secret_left_alone(consent: Consent) -> None:
    consent.tenant.make_profile(consent.profile)
    assert consent.create(if_exists="skip")["action"] == "skipped"
    with pytest.raises(consent.secrets.exceptions.ResourceNotFoundException):
        consent.content()


def test_what_botocore_logs_of_it_is_masked(consent: Consent, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="botocore")
    hook, masked = AppFlowHook(**consent.tenant.aws), list[str]()
    hook.mask = masked.append
    app, arn = consent.app, hook.connector_profile_arn(consent.profile)
    for _ in range(2):
        ClientCredentialsSecret(hook, consent.name).keep(app.client_id, app.client_secret, profile_arn=arn)
    said = caplog.text
    assert app.client_secret in said
    for text in masked:
        said = said.replace(text, "***")
    assert app.client_secret not in said


@pytest.mark.parametrize("missing", ["clientId", "clientSecret"])
def test_a_login_without_an_app_is_refused_by_name(missing: str, consent: Consent) -> None:
    login = {name: value for name, value in consent.login.items() if name != missing}
    secret_id = consent.tenant.make_secret(login)
    with pytest.raises(TenantConfigurationError, match=rf"{secret_id} lacks client_.*client_credentials_secret"):
        consent.create(credentials=OAuth2Credentials(secret_id=secret_id, redeemer="appflow"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"client_credentials_secret": ""}, "client_credentials_secret has rendered to nothing"),
        ({"client_credentials_secret": None, "client_credentials_kms_key": "alias/app"}, "which is missing"),
        ({"credentials": None}, "client_credentials_secret is given, and no credentials"),
        ({"credentials": SecretsManagerCredentials("app")}, "is not for SecretsManagerCredentials"),
        (
            {
                "credentials": AuthorizationCode(
                    secret_id="code",  # a name
                    client_credentials_arn="arn:aws:secretsmanager:us-east-1:222222222222:secret:app-abcdef",
                )
            },
            "both name a secret",
        ),
    ],
    ids=["empty", "key alone", "no source", "source without an app", "two secrets"],
)
def test_what_makes_no_sense_is_refused_when_the_dag_is_parsed(
    arguments: dict[str, Any], said: str, consent: Consent
) -> None:
    with pytest.raises(TenantConfigurationError, match=said):
        consent.creator(**arguments)


def test_a_source_that_needs_the_arn_of_a_secret_is_content_with_one_to_be_made(consent: Consent) -> None:
    code = AuthorizationCode(secret_id="code")  # a name
    consent.creator(credentials=code)
    with pytest.raises(TenantConfigurationError, match="client_credentials_arn is missing"):
        consent.creator(credentials=code, client_credentials_secret=None)


def test_the_dags_own_source_does_not_get_the_arn(consent: Consent) -> None:
    shared = OAuth2Credentials(secret_id=consent.secret_id, redeemer="appflow")
    consent.create(credentials=shared)
    assert shared.client_credentials_arn is None
