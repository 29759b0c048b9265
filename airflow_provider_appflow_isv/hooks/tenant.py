"""AWS in the account of a connection or of a tenant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

from airflow.providers.amazon.aws.hooks.base_aws import AwsGenericHook
from airflow.providers.amazon.aws.utils.connection_wrapper import AwsConnectionWrapper

from airflow_provider_appflow_isv._compat import AirflowNotFoundException, mask_secret
from airflow_provider_appflow_isv.exceptions import TenantConfigurationError
from airflow_provider_appflow_isv.hooks.assumed_session import (
    aiobotocore_session,
    assumed_credentials,
    boto3_session,
)
from airflow_provider_appflow_isv.hooks.redaction import redact_botocore_logs
from airflow_provider_appflow_isv.hooks.request_errors import FIRST_HOP, explained
from airflow_provider_appflow_isv.tenant_role import TenantRole

if TYPE_CHECKING:
    from botocore.config import Config
    from botocore.credentials import RefreshableCredentials


class TenantHook(AwsGenericHook[Any]):
    """Calls one AWS service, in the account of the connection or, by a second hop, in a tenant's.

    The connection's own role, if it names one, is the first hop; ``role_arn`` is assumed after it. Credentials renew
    themselves in the boto3 client (``conn``) and in the aiobotocore client (``get_async_conn``). A subclass names the
    ``service``.

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

    service: ClassVar[str]

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
            client_type=self.service,
            config=botocore_config,
        )
        self.role = TenantRole.from_arguments(role_arn, external_id, assume_role_kwargs)
        self.mask: Callable[[str], object] = mask_secret
        redact_botocore_logs()

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
        allowed = "".join(
            c if (c.isascii() and c.isalnum()) or c in "+=,.@-_" else "-" for c in self.aws_conn_id or "default"
        )
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
    def conn(self) -> Any:
        """The boto3 client of the service, made once."""
        return self.client(self.service)

    async def get_async_conn(self) -> Any:
        """An aiobotocore client, to be used as an asynchronous context manager."""
        with explained(f"Creating the {self.service} client", account=self.known_account):
            return await super().get_async_conn()  # type: ignore[no-untyped-call]  # untyped in the amazon provider

    def session(self) -> Any:
        """A boto3 session for any other service in the same account; its credentials renew themselves.

        An endpoint, CA bundle or client configuration of the connection is not part of a session; :meth:`client` has
        them.
        """
        return self.get_session()

    def client(self, service_name: str) -> Any:
        """A boto3 client for any service in the same account, with the connection's settings.

        :param service_name: boto3's name of the service, e.g. ``s3`` or ``secretsmanager``.
        """
        with explained(f"Creating the {service_name} client", account=self.known_account):
            return self.get_session().client(
                service_name,
                endpoint_url=self.conn_config.get_service_endpoint_url(service_name),
                config=self._get_config(),
                verify=self.verify,
            )

    def first_hop(self) -> Self:
        """The same hook without ``role_arn``: it acts in the account of the connection."""
        return type(self)(
            self.aws_conn_id, region_name=self._region_name, verify=self._verify, botocore_config=self._config
        )

    @cached_property
    def account(self) -> str:
        """AWS account id that calls are made in: the role's, else what STS says of the connection."""
        if self.role:
            return self.role.account_id
        with explained("GetCallerIdentity"):
            return str(self.client("sts").get_caller_identity()["Account"])

    @property
    def known_account(self) -> str | None:
        """The account id if it is known without a call, else None."""
        return self.role.account_id if self.role else self.__dict__.get("account")
