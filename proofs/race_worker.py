"""One of the processes that redeem a refresh token at the same moment."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv.exceptions import AppFlowIsvError
from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook
from airflow_provider_appflow_isv.hooks.salesforce import SalesforceTokenHook
from proofs.racers import ANSWERED, IDLE, REDEEMING, SENDING, STORED, Progress, Result

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from airflow_provider_appflow_isv.stores.base import Stored
    from airflow_provider_appflow_isv.stores.redemption import Redeemer


@dataclass(frozen=True)
class Login:
    """Where the token stands and whom it is for.

    :param secret_id: the secret.
    :param region: its Region.
    :param login_url: the org's login host.
    :param lease: seconds after which a dead process's claim ends.
    :param longest_send: seconds that a request may take.
    """

    secret_id: str
    region: str
    login_url: str
    lease: float
    longest_send: float


class TellingHook(AppFlowHook):
    """A hook with the credentials of the environment, that masks nothing: hundreds of tokens go through.

    :param region: AWS Region.
    :param has_put: called when Secrets Manager has taken a value.
    """

    def __init__(self, region: str, has_put: Callable[[], None]) -> None:
        super().__init__(aws_conn_id=None, region_name=region)
        self.mask = len
        self._has_put = has_put

    def client(self, service_name: str) -> Any:
        """A boto3 client that tells of what it has put."""
        client = super().client(service_name)
        client.meta.events.register("after-call.secrets-manager.PutSecretValue", lambda **_: self._has_put())
        return client


class RacingHook(SalesforceTokenHook):
    """A hook that tells how far it is, with a lease that suits the race.

    :param login: where the token stands.
    :param progress: tells how far it is.
    """

    def __init__(self, login: Login, progress: Progress) -> None:
        super().__init__(
            secret_id=login.secret_id,
            aws_hook=TellingHook(login.region, self._has_put),
            grant="refresh_token",
            login_url=login.login_url,
        )
        self._race = login
        self._progress = progress

    def _has_put(self) -> None:
        if self._progress.phase == ANSWERED:
            self._progress.tell(STORED)

    def _redeemer(self, *args: Any) -> Redeemer:
        redeemer = super()._redeemer(*args)
        redeemer.lease, redeemer.longest_send = self._race.lease, self._race.longest_send
        # AWS takes every answer here, and however many there are
        redeemer.patience, redeemer.most_a_day = 0.0, sys.maxsize
        redeemer.sleep = lambda seconds: time.sleep(seconds / 4)
        send = redeemer.send

        def told(stored: Stored) -> Mapping[str, Any]:
            self._progress.tell(SENDING)
            answer = send(stored)
            self._progress.tell(ANSWERED)
            return answer

        redeemer.send = told
        return redeemer


def work(line: Connection, progress: Progress, login: Login) -> None:
    """Redeem at each moment that comes down the line, and send up what came of it.

    :param line: brings a time in seconds since the epoch, takes a result.
    :param progress: tells how far this process is.
    :param login: where the token stands.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the table is not for the hook's log
    hook = RacingHook(login, progress)
    line.send(None)
    while True:
        time.sleep(max(0.0, line.recv() - time.time()))
        progress.tell(REDEEMING)
        result: Result
        try:
            result = (hook.get_token().access_token, None)
        except AppFlowIsvError as error:
            result = (None, f"{type(error).__name__}: {error}")
        progress.tell(IDLE)
        line.send(result)
