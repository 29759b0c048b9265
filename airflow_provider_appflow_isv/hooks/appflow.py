"""AppFlow in the account of the connection or of a tenant."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.hooks.base_aws import AwsGenericHook
from airflow.providers.amazon.aws.utils.connection_wrapper import AwsConnectionWrapper

from airflow_provider_appflow_isv._compat import AirflowNotFoundException, mask_secret
from airflow_provider_appflow_isv.exceptions import AppFlowIsvError, TenantConfigurationError
from airflow_provider_appflow_isv.flow_run import FlowRun
from airflow_provider_appflow_isv.hooks.assumed_session import (
    aiobotocore_session,
    assumed_credentials,
    boto3_session,
)
from airflow_provider_appflow_isv.hooks.request_errors import FIRST_HOP, explained
from airflow_provider_appflow_isv.tenant_role import TenantRole

if TYPE_CHECKING:
    from botocore.config import Config
    from botocore.credentials import RefreshableCredentials
    from mypy_boto3_appflow import AppflowClient


class AppFlowHook(AwsGenericHook["AppflowClient"]):
    """Calls Amazon AppFlow, in the account of the connection or, by a second hop, in a tenant's.

    The connection's own role, if it names one, is the first hop; ``role_arn`` is assumed after it. Credentials renew
    themselves in the boto3 client (``conn``) and in the aiobotocore client (``get_async_conn``).

    :param aws_conn_id: Airflow connection of type ``aws``. One that is not there is an error; None means the
        credentials that boto3 finds on the worker.
    :param region_name: AWS region; default is the connection's.
    :param verify: whether to verify TLS certificates, or the path of a CA bundle; default is the connection's.
    :param botocore_config: members of :class:`botocore.config.Config`; default is the connection's.
    :param role_arn: ARN of the role to assume in the tenant's account; None stays in the connection's account.
    :param external_id: ExternalId that the role's trust policy demands.
    :param assume_role_kwargs: further members of sts:AssumeRole, see
        :class:`~airflow_provider_appflow_isv.tenant_role.TenantRole`.
    :raises TenantConfigurationError: an argument is malformed, or ``external_id`` stands without ``role_arn``.
    """

    def __init__(
        self,
        aws_conn_id: str | None = "aws_default",
        *,
        region_name: str | None = None,
        verify: bool | str | None = None,
        botocore_config: Config | dict[str, Any] | None = None,
        role_arn: str | None = None,
        external_id: str | None = None,
        assume_role_kwargs: Mapping[str, Any] | None = None,
    ) -> None:
        if aws_conn_id == "":
            raise TenantConfigurationError(
                "aws_conn_id is empty.", hint="Name a connection, or set None for the worker's own AWS credentials."
            )
        super().__init__(
            aws_conn_id=aws_conn_id,
            region_name=region_name,
            verify=verify,
            client_type="appflow",
            config=botocore_config,
        )
        self.role = TenantRole.from_arguments(role_arn, external_id, assume_role_kwargs)
        self.mask: Callable[[str], object] = mask_secret

    @cached_property
    def conn_config(self) -> AwsConnectionWrapper:
        """The connection, looked up once.

        :raises TenantConfigurationError: ``aws_conn_id`` names a connection that is not there. The amazon provider
            would go on with whatever credentials the worker has, which may be another customer's.
        """
        connection = None
        if self.aws_conn_id:
            try:
                connection = self.get_connection(self.aws_conn_id)
            except AirflowNotFoundException as error:
                raise TenantConfigurationError(
                    f"Airflow connection {self.aws_conn_id!r} (aws_conn_id) does not exist.",
                    hint="Create it (type aws), or set aws_conn_id=None to use the worker's own AWS credentials.",
                ) from error
        return AwsConnectionWrapper(
            conn=connection, region_name=self._region_name, botocore_config=self._config, verify=self._verify
        )

    @cached_property
    def _first_session(self) -> Any:
        with explained(FIRST_HOP, subject=f"connection {self.aws_conn_id}"):
            return super().get_session(region_name=self.region_name)

    @cached_property
    def _role_credentials(self) -> RefreshableCredentials:
        assert self.role is not None
        sts = self._first_session.client(
            "sts",
            region_name=self._first_session.region_name or "us-east-1",
            endpoint_url=self.conn_config.get_service_endpoint_url("sts"),
            config=self.config,
            verify=self.verify,
        )
        self.log.info("Assuming role %s", self.role.role_arn)
        # bound late: the trigger sets its own
        return assumed_credentials(
            sts, self.role, default_session_name=self._session_name, mask=lambda secret: self.mask(secret)
        )

    @property
    def _session_name(self) -> str:
        allowed = "".join(c if c.isalnum() or c in "+=,.@-_" else "-" for c in self.aws_conn_id or "default")
        return f"Airflow_{allowed}"[:64]

    def get_session(self, region_name: str | None = None, deferrable: bool = False) -> Any:
        """A session in the tenant's account, or the connection's if there is no ``role_arn``.

        :param region_name: AWS region; default is the hook's.
        :param deferrable: return an aiobotocore session instead of a boto3 one.
        :raises AssumeRoleError: the role could not be assumed.
        """
        region = region_name or self.region_name
        session = self._first_session
        if self.role:
            session = boto3_session(self._role_credentials, region or session.region_name)
        elif region != self.region_name:
            session = super().get_session(region_name=region)
        return aiobotocore_session(session) if deferrable else session

    @cached_property
    def conn(self) -> AppflowClient:
        """The boto3 client, made once."""
        with explained("Creating the AppFlow client", account=self.known_account):
            client: AppflowClient = self.get_client_type(region_name=self.region_name)
        return client

    async def get_async_conn(self) -> Any:
        """An aiobotocore client, to be used as an asynchronous context manager."""
        with explained("Creating the AppFlow client", account=self.known_account):
            return await super().get_async_conn()  # type: ignore[no-untyped-call]  # untyped in the amazon provider

    def session(self) -> Any:
        """A boto3 session for any other service in the same account; its credentials renew themselves.

        An endpoint, CA bundle or client configuration of the connection is not part of a session; :meth:`client` has
        them.
        """
        return self.get_session()

    def client(self, service_name: str) -> Any:
        """A boto3 client for another service in the same account, with the connection's settings.

        :param service_name: boto3's name of the service, e.g. ``s3`` or ``secretsmanager``.
        """
        with explained(f"Creating the {service_name} client", account=self.known_account):
            return self.get_session().client(
                service_name,
                endpoint_url=self.conn_config.get_service_endpoint_url(service_name),
                config=self.config,
                verify=self.verify,
            )

    def first_hop(self) -> AppFlowHook:
        """The same hook without ``role_arn``: it acts in the account of the connection."""
        return AppFlowHook(
            self.aws_conn_id, region_name=self._region_name, verify=self._verify, botocore_config=self._config
        )

    def secret_text(self, secret_id: str) -> str:
        """The current value of a secret in AWS Secrets Manager; the caller masks it.

        :param secret_id: name or ARN of the secret.
        """
        with explained("GetSecretValue", account=self.known_account, subject=f"secret {secret_id}"):
            answer = self.client("secretsmanager").get_secret_value(SecretId=secret_id)
        if "SecretString" not in answer:
            raise TenantConfigurationError(
                f"Secret {secret_id} is binary.", account=self.known_account, hint="Store its value as a text of JSON."
            )
        return str(answer["SecretString"])

    @cached_property
    def account(self) -> str:
        """AWS account id that calls are made in: the role's, else what STS says of the connection."""
        if self.role:
            return self.role.account_id
        with explained("GetCallerIdentity"):
            return str(self.client("sts").get_caller_identity()["Account"])

    def flow_arn(self, flow_name: str) -> str:
        """ARN of a flow of this account and region, whether it exists or not."""
        meta = self.conn.meta
        return f"arn:{meta.partition}:appflow:{meta.region_name}:{self.account}:flow/{flow_name}"

    @property
    def known_account(self) -> str | None:
        """The account id if it is known without a call, else None."""
        return self.role.account_id if self.role else self.__dict__.get("account")

    def _pages(self, operation: str, **request: Any) -> Iterator[dict[str, Any]]:
        call = getattr(self.conn, operation)
        name = self.conn.meta.method_to_api_mapping[operation]
        while True:
            with explained(name, account=self.known_account, flow_name=request.get("flowName")):
                page = call(**request)
            yield page
            if not (token := page.get("nextToken")):
                return
            request["nextToken"] = token

    def _call(self, operation: str, *, subject: str | None = None, **request: Any) -> dict[str, Any]:
        name = self.conn.meta.method_to_api_mapping[operation]
        with explained(name, account=self.known_account, flow_name=request.get("flowName"), subject=subject):
            answer: dict[str, Any] = getattr(self.conn, operation)(**request)
        return {key: value for key, value in answer.items() if key != "ResponseMetadata"}

    def describe_connectors(self, connector_types: Iterable[str] = ()) -> list[dict[str, Any]]:
        """The connectors that AppFlow offers in this account, sorted by type.

        :param connector_types: only these types, e.g. ``["Salesforce"]``; default all.
        :return: ConnectorConfiguration members, each with its ``connectorType``.
        """
        request = {"connectorTypes": list(connector_types)} if connector_types else {}
        found: dict[str, dict[str, Any]] = {}
        for page in self._pages("describe_connectors", **request):
            found |= page.get("connectorConfigurations") or {}
        return [{"connectorType": kind, **found[kind]} for kind in sorted(found)]

    def list_connectors(self) -> list[dict[str, Any]]:
        """The custom connectors registered in this account (ConnectorDetail members)."""
        return [item for page in self._pages("list_connectors") for item in page.get("connectors", [])]

    def describe_connector_profiles(
        self, names: Iterable[str] = (), *, connector_type: str | None = None
    ) -> list[dict[str, Any]]:
        """Connector profiles (ConnectorProfile members); credentials are never among them.

        :param names: only these; names that don't exist are left out. Default all.
        :param connector_type: only profiles of this type.
        """
        request: dict[str, Any] = {"connectorType": connector_type} if connector_type else {}
        if names:
            request["connectorProfileNames"] = list(names)
        pages = self._pages("describe_connector_profiles", **request)
        return [item for page in pages for item in page.get("connectorProfileDetails", [])]

    def get_connector_profile(self, name: str) -> dict[str, Any] | None:
        """The connector profile of that name (ConnectorProfile members), or None."""
        return next(iter(self.describe_connector_profiles([name])), None)

    def create_connector_profile(self, **request: Any) -> str:
        """Create a connector profile from members of CreateConnectorProfile; returns its ARN."""
        subject = f"connector profile {request.get('connectorProfileName')}"
        return str(self._call("create_connector_profile", subject=subject, **request)["connectorProfileArn"])

    def update_connector_profile(self, **request: Any) -> str:
        """Update a connector profile from members of UpdateConnectorProfile; returns its ARN."""
        subject = f"connector profile {request.get('connectorProfileName')}"
        return str(self._call("update_connector_profile", subject=subject, **request)["connectorProfileArn"])

    def list_connector_entities(
        self, connector_profile_name: str, *, entities_path: str | None = None
    ) -> dict[str, list[dict[str, Any]]]:
        """What a profile's org offers as source or destination, by group (ConnectorEntity members).

        :param connector_profile_name: the profile to ask through.
        :param entities_path: path below which to list; default the top.
        """
        request = {"connectorProfileName": connector_profile_name}
        if entities_path:
            request["entitiesPath"] = entities_path
        found: dict[str, list[dict[str, Any]]] = {}
        for page in self._pages("list_connector_entities", **request):
            for group, entities in page["connectorEntityMap"].items():
                found.setdefault(group, []).extend(entities)
        return found

    def describe_connector_entity(self, connector_profile_name: str, entity_name: str) -> list[dict[str, Any]]:
        """The fields of one entity (ConnectorEntityField members).

        :param connector_profile_name: the profile to ask through.
        :param entity_name: e.g. ``Account``.
        """
        answer = self._call(
            "describe_connector_entity",
            subject=f"{entity_name} through connector profile {connector_profile_name}",
            connectorProfileName=connector_profile_name,
            connectorEntityName=entity_name,
        )
        fields: list[dict[str, Any]] = answer["connectorEntityFields"]
        return fields

    def list_flows(self) -> list[dict[str, Any]]:
        """All flows of the account and region (FlowDefinition members)."""
        return [flow for page in self._pages("list_flows") for flow in page.get("flows", [])]

    def describe_flow(self, flow_name: str) -> dict[str, Any]:
        """One flow (members of the DescribeFlow answer)."""
        return self._call("describe_flow", flowName=flow_name)

    def get_flow(self, flow_name: str) -> dict[str, Any] | None:
        """One flow as :meth:`describe_flow` gives it, or None if there is no such flow."""
        try:
            return self.describe_flow(flow_name)
        except AppFlowIsvError as error:
            if error.code == "ResourceNotFoundException":
                return None
            raise

    def create_flow(self, **request: Any) -> dict[str, Any]:
        """Create a flow from members of CreateFlow; returns ``flowArn`` and ``flowStatus``."""
        return self._call("create_flow", **request)

    def update_flow(self, **request: Any) -> str:
        """Replace a flow's definition by members of UpdateFlow; returns the flow status."""
        return str(self._call("update_flow", **request)["flowStatus"])

    def flow_runs(self, flow_name: str, *, flow_arn: str | None = None) -> Iterator[FlowRun]:
        """All runs in the flow's execution records, page by page, in AppFlow's (unstated) order.

        :param flow_name: the flow.
        :param flow_arn: its ARN, to be carried by the runs.
        """
        for page in self._pages("describe_flow_execution_records", flowName=flow_name, maxResults=100):
            for record in page.get("flowExecutions", []):
                yield FlowRun.from_record(record, flow_name=flow_name, flow_arn=flow_arn)

    def start_flow(self, flow_name: str, *, client_token: str | None = None) -> FlowRun:
        """Start an on-demand flow, or activate a scheduled or event flow.

        :param flow_name: the flow.
        :param client_token: idempotency token (printable ASCII, valid for 8 h); default a new one for each call.
        :return: the run in progress; without execution id and with the flow's status where it was only activated.
        """
        request = {"flowName": flow_name} | ({"clientToken": client_token} if client_token else {})
        answer = self._call("start_flow", **request)
        execution_id = answer.get("executionId")
        status = "InProgress" if execution_id else answer.get("flowStatus", "Active")
        return FlowRun(flow_name=flow_name, flow_arn=answer.get("flowArn"), execution_id=execution_id, status=status)

    def cancel_flow_runs(self, flow_name: str, execution_ids: Iterable[str]) -> list[str]:
        """Ask AppFlow to cancel runs; those that are not in progress are returned, not refused.

        :param flow_name: the flow.
        :param execution_ids: 1 to 100 runs. AppFlow would take none for all, so none is an error here.
        :return: the execution ids that could not be cancelled.
        """
        ids = list(execution_ids)
        if not ids:
            raise TenantConfigurationError("execution_ids is empty: name the runs to cancel.", flow_name=flow_name)
        answer = self._call("cancel_flow_executions", flowName=flow_name, executionIds=ids)
        return list(answer.get("invalidExecutions") or [])

    def list_buckets(self) -> list[str]:
        """Names of the S3 buckets in the account."""
        with explained("ListBuckets", account=self.known_account):
            return [bucket["Name"] for bucket in self.client("s3").list_buckets()["Buckets"]]
