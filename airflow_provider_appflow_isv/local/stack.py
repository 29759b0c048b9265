"""The local stack: moto with AppFlow, and the local Salesforce and ServiceNow, served on loopback in threads."""

from __future__ import annotations

import json
import os
import threading
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from moto.moto_server import werkzeug_app
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client

from airflow_provider_appflow_isv.local import front, oauth_control, salesforce, servicenow
from airflow_provider_appflow_isv.local.appflow import register
from airflow_provider_appflow_isv.local.appflow.controls.faults import faults
from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from airflow_provider_appflow_isv.local.appflow.wire.access_keys import account_of_key
from airflow_provider_appflow_isv.local.loopback import is_loopback
from airflow_provider_appflow_isv.local.seed import REGION, seed_stack
from airflow_provider_appflow_isv.local.serving import asgi_served, listen, logged, wsgi_served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from airflow_provider_appflow_isv.local.seed import Seed

# moto reads both at each request: an account must not read another's bucket, and must not be fixed for all requests.
_MOTO_ENVIRONMENT = {"MOTO_S3_ALLOW_CROSSACCOUNT_ACCESS": "false", "MOTO_ACCOUNT_ID": None}
# A profile that is not on this machine would break the seeding's clients.
_CLIENT_ENVIRONMENT = {"AWS_PROFILE": None, "AWS_DEFAULT_PROFILE": None}
# What a client sends before there is a seed; moto takes unknown keys for its default account.
_UNSEEDED_KEY = "local"
_RESET = "/moto-api/reset"
_SERVICENOW = "/servicenow"  # path of ServiceNow beside Salesforce
_one_at_a_time = threading.Lock()


def _check_loopback(host: str) -> None:
    # an address, since clients put the names of buckets before other hosts; the sockets are IPv4
    if not is_loopback(host) or not host.startswith("127."):
        raise ValueError(f"host: the local stack serves on loopback only, got {host!r}; use 127.0.0.1")


@contextmanager
def _environment(values: dict[str, str | None]) -> Iterator[None]:
    """Set (or for None: unset) environment variables while the context lasts."""
    before = {name: os.environ.get(name) for name in values}
    _set_environment(values)
    try:
        yield
    finally:
        _set_environment(before)


def _set_environment(values: dict[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _without_proxy(host: str) -> dict[str, str]:
    """The variables that keep a proxy out of requests to the host."""
    return {name: ",".join(filter(None, [host, os.environ.get(name)])) for name in ("NO_PROXY", "no_proxy")}


@contextmanager
def _only_one() -> Iterator[None]:
    if not _one_at_a_time.acquire(blocking=False):
        raise RuntimeError(
            "a local stack runs in this process already, and moto's state is the process's; stop it first"
        )
    try:
        yield
    finally:
        _one_at_a_time.release()


@contextmanager
def _connection_faults() -> Iterator[None]:
    faults.connections_are_served = True
    try:
        yield
    finally:
        faults.connections_are_served = False


class LocalStack:
    """An AWS (moto with AppFlow), a Salesforce and a ServiceNow on loopback, for as long as the ``with`` block lasts.

    Each start begins with an empty AWS without faults. One at a time in a process, for moto's state is the process's.

    :param host: IPv4 address of the loopback interface to serve on.
    :param aws_port: port of the AWS endpoint; 0 takes a free one.
    :param saas_port: port of the Salesforce login host and of ServiceNow; 0 takes a free one.
    :param verbose: whether to log each request to standard error.
    :raises ValueError: if the host isn't loopback.

    Once started: ``aws_url`` and ``saas_url`` are the base URLs, ``orgs`` the Salesforce orgs, ``instances`` the
    ServiceNow instances.
    """

    aws_url: str
    saas_url: str
    orgs: salesforce.Orgs
    instances: servicenow.Instances

    def __init__(
        self, host: str = "127.0.0.1", aws_port: int = 0, saas_port: int = 0, *, verbose: bool = False
    ) -> None:
        _check_loopback(host)
        self._host = host
        self._aws_port = aws_port
        self._saas_port = saas_port
        self._verbose = verbose
        self._seed: Seed | None = None
        self._running: ExitStack | None = None

    def __enter__(self) -> LocalStack:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start both servers.

        :raises OSError: if a port can't be used; the message names it.
        :raises RuntimeError: if a local stack runs in this process already.
        """
        with ExitStack() as starting:
            starting.enter_context(_only_one())
            starting.enter_context(
                _environment({**_MOTO_ENVIRONMENT, **_CLIENT_ENVIRONMENT, **_without_proxy(self._host)})
            )
            aws_listener = starting.enter_context(listen(self._host, self._aws_port))
            saas_listener = starting.enter_context(listen(self._host, self._saas_port))
            self.aws_url = f"http://{self._host}:{aws_listener.getsockname()[1]}"
            self.saas_url = f"http://{self._host}:{saas_listener.getsockname()[1]}"
            self.orgs = salesforce.Orgs(self.saas_url, record_clock=settings.now)
            self.instances = servicenow.Instances(f"{self.saas_url}{_SERVICENOW}", record_clock=settings.now)
            self._seed = None
            register()
            settings.reset()
            aws = werkzeug_app.DomainDispatcherApplication(werkzeug_app.create_backend_app)
            self._moto = Client(aws)
            self._moto.post(_RESET)
            if self._verbose:
                starting.enter_context(logged(front.log))
            application = front.Front(aws, verbose=self._verbose)
            starting.callback(settings.reset)
            starting.callback(self._moto.post, _RESET)  # once the servers are down: ends what flows do by themselves
            starting.callback(application.close)
            starting.enter_context(asgi_served(aws_listener, application))
            starting.enter_context(_connection_faults())
            starting.enter_context(oauth_control.controlled(self.orgs, self.instances))
            saas = DispatcherMiddleware(
                salesforce.create_app(self.orgs), {_SERVICENOW: servicenow.create_app(self.instances)}
            )
            starting.enter_context(wsgi_served(saas_listener, saas, verbose=self._verbose))
            starting.callback(self.orgs.close)
            self._running = starting.pop_all()

    def stop(self) -> None:
        """Stop both servers and put the environment back; does nothing if they don't run."""
        running, self._running = self._running, None
        if running is not None:
            running.close()

    def reset(self) -> None:
        """Go back to what a start begins with, while the servers go on: AWS, orgs and instances are empty, settings,
        quotas, clock and faults at their defaults; there is no seed until :meth:`seed` makes a new one.

        :raises RuntimeError: if the stack doesn't run.
        """
        if self._running is None:
            raise RuntimeError("the local stack doesn't run; start it, which empties it, too")
        settings.reset()
        self._moto.post(_RESET)
        for org in self.orgs:
            self.orgs.remove(org.name)
        self.instances.clear()
        self._seed = None

    def seed(self) -> Seed:
        """Make an ISV account and four tenants with all that is theirs; once, unless a reset has emptied AWS since.

        A new seed has new orgs and instances in place of the tenants' earlier ones.

        :return: what was made.
        :raises RuntimeError: if the stack doesn't run.
        """
        if self._running is None:
            raise RuntimeError("the local stack doesn't run; start it before seeding")
        seeded = self._live_seed()
        if seeded is None:
            for tenant in self._seed.tenants if self._seed else ():
                self.orgs.remove(tenant.name)
                self.instances.remove(tenant.name)
            seeded = self._seed = seed_stack(self.aws_url, self.orgs, self.instances)
        return seeded

    def _live_seed(self) -> Seed | None:
        """The seed, None if there is none, or if it went with a reset of moto."""
        seeded = self._seed
        is_live = seeded is not None and account_of_key(seeded.access_key_id) == seeded.isv_account
        return seeded if is_live else None

    def environment(self) -> dict[str, str]:
        """Return the environment variables that a client of this stack needs.

        Before seeding the keys are placeholders that mean moto's default account; after it they are the ISV's, and an
        Airflow connection ``isv_aws`` and an Airflow variable ``appflow_tenants`` come with them.

        :return: names and values.
        :raises RuntimeError: if the stack doesn't run.
        """
        if self._running is None:
            raise RuntimeError("the local stack doesn't run; start it before asking for its environment")
        seeded = self._live_seed()
        variables = {
            "AWS_ENDPOINT_URL": self.aws_url,
            "AWS_ACCESS_KEY_ID": seeded.access_key_id if seeded else _UNSEEDED_KEY,
            "AWS_SECRET_ACCESS_KEY": seeded.secret_access_key if seeded else _UNSEEDED_KEY,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": os.environ["NO_PROXY"],
            "no_proxy": os.environ["no_proxy"],
        }
        if seeded:
            connection = {
                "conn_type": "aws",
                "login": seeded.access_key_id,
                "password": seeded.secret_access_key,
                "extra": {"region_name": seeded.region, "endpoint_url": self.aws_url},
            }
            variables["AIRFLOW_CONN_ISV_AWS"] = json.dumps(connection)
            variables["AIRFLOW_VAR_APPFLOW_TENANTS"] = json.dumps(seeded.tenants_variable())
        return variables
