"""Processes that redeem one rotating refresh token at the same moment, and are killed while they do.

``python -m proofs.token_race [--processes 20] [--rounds 100] [--seed N]``: against the local AWS and Salesforce. It
holds that the org never sees a spent token, that the grant outlives every round in which its answer did not end with a
killed process, and that every process left then has an access token that works. The last line is one JSON object; the
exit code is 1 if it does not hold.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any

from proofs.racers import ANSWERED, SENDING, Plan, Racer, Result

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.salesforce import Org
    from airflow_provider_appflow_isv.local.stack import LocalStack

_REGION = "us-east-1"
_LEASE, _LONGEST_SEND = 6.0, 4.0  # seconds
_PATIENCE = 120.0  # seconds for a round to end
_NOTICE = 0.3  # seconds between the call and the start of a round
_LINE = "{:>9} {:>7} {:>12} {:>13} {:>7} {:>12} {:>14} {:>9}"


@dataclass
class Tally:
    """What has happened so far.

    :param processes: how many race.
    :param rounds: rounds that have ended.
    :param killed: processes killed while they redeemed.
    :param redemptions: refresh tokens that the org has rotated.
    :param answers_lost: rounds in which the answer with the next token ended with a killed process.
    :param reused: how often a spent token was presented.
    :param grants_lost: rounds in which the next token is nowhere although nobody was killed between request and store.
    :param without_token: processes left without a working access token although the grant is there.
    """

    processes: int
    rounds: int = 0
    killed: int = 0
    redemptions: int = 0
    answers_lost: int = 0
    reused: int = 0
    grants_lost: int = 0
    without_token: int = 0

    @property
    def holds(self) -> bool:
        """Whether the claim does."""
        return not (self.reused or self.grants_lost or self.without_token)


class Race:
    """The token, the org that gave it, and the processes.

    :param stack: serves both.
    :param processes: how many processes.
    :param seed: decides who is killed when.
    """

    def __init__(self, stack: LocalStack, processes: int, seed: int) -> None:
        from airflow_provider_appflow_isv.stores.secret import SecretStore
        from proofs.race_worker import Login, TellingHook

        self._org: Org = stack.orgs.create("race", accounts=1)
        self._app = self._org.add_connected_app(rotate_refresh_tokens=True)
        self._user = self._org.add_user("loader@race.example")
        hook = TellingHook(_REGION, lambda: None)
        self._aws = hook.client("secretsmanager")
        login = {"clientId": self._app.client_id, "clientSecret": self._app.client_secret}
        self._aws.create_secret(Name="race", SecretString=json.dumps(login))
        self._connect()
        self._store = SecretStore(hook, "race")
        self._login = Login("race", _REGION, stack.saas_url, _LEASE, _LONGEST_SEND)
        self._context: Any = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["proofs.race_worker"])
        self._phases = self._context.RawArray("b", processes)
        self._seed = seed
        self._racers = [self._racer(number) for number in range(processes)]
        self.tally = Tally(processes)

    def _racer(self, number: int) -> Racer:
        return Racer(self._context, self._phases, number, self._login)

    def _connect(self) -> None:
        """A user consents, and somebody puts the refresh token in the secret."""
        for token in self._good_tokens():
            self._org.sessions.revoke(token)
        content = json.loads(self._aws.get_secret_value(SecretId="race")["SecretString"])
        content["refreshToken"] = self._org.issue_refresh_token(self._app.client_id, self._user.username)
        self._aws.put_secret_value(SecretId="race", SecretString=json.dumps(content))

    def _good_tokens(self) -> list[str]:
        return self._org.sessions.refresh_tokens(self._app.client_id, self._user.username)

    def run_round(self) -> None:
        """Let all redeem at once, kill some, and see what is left."""
        for racer in self._racers:
            racer.wait_until_ready()
        start = time.time() + _NOTICE
        for racer in self._racers:
            racer.line.send(start)
        results, held_answer = self._watch(start)
        lost = self._good_tokens() != [self._store.read().members["refresh_token"]]
        tally = self.tally
        tally.rounds += 1
        tally.redemptions, tally.reused = self._org.sessions.rotated, self._org.sessions.reused
        if lost:
            tally.answers_lost += held_answer
            tally.grants_lost += not held_answer
            self._connect()
            return
        for token, error in results:
            if token is None or self._org.sessions.find(token) is None:
                tally.without_token += 1
                _say(f"round {tally.rounds}: {error or 'the access token does not work'}")

    def _watch(self, start: float) -> tuple[list[Result], bool]:
        """What the processes that live on have got, and whether one was killed between request and store."""
        running = {racer.line: number for number, racer in enumerate(self._racers)}
        results, held_answer = [], False
        chance = random.Random(f"{self._seed} {self.tally.rounds}")  # noqa: S311  # who is killed is no secret
        plan = Plan(chance, start)
        while running:
            if time.time() > start + _PATIENCE:
                raise TimeoutError(f"{len(running)} processes have not come back after {_PATIENCE} s")
            for line in wait(list(running), 0.002):
                assert isinstance(line, Connection)
                results.append(line.recv())
                del running[line]
            victim = plan.victim({number: self._racers[number].phase for number in running.values()})
            if victim is not None:
                held_answer |= self._racers[victim].kill() in (SENDING, ANSWERED)
                self.tally.killed += 1
                del running[self._racers[victim].line]
                self._racers[victim] = self._racer(victim)
        return results, held_answer

    def end(self) -> None:
        """End the processes."""
        for racer in self._racers:
            racer.kill()


@contextlib.contextmanager
def _race(processes: int, seed: int) -> Iterator[Race]:
    with contextlib.ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory(prefix="token-race-"))
        # before anything of Airflow is imported, here and in the processes
        os.environ |= {"AIRFLOW_HOME": home, "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR"}
        from airflow_provider_appflow_isv.local import secret_versions
        from airflow_provider_appflow_isv.local.stack import LocalStack

        secret_versions.quota.versions = sys.maxsize  # a race makes more versions in a minute than AWS keeps of a day
        served = stack.enter_context(LocalStack())
        os.environ.update(served.environment())
        race = Race(served, processes, seed)
        stack.callback(race.end)
        yield race


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m proofs.token_race", description=__doc__)
    parser.add_argument("--processes", type=int, default=20, help="how many race (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=100, help="how often (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="decides who is killed when (default: %(default)s)")
    return parser.parse_args()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Race and print; returns the exit code."""
    options = _parse()
    began = time.monotonic()
    _say(_LINE.format(*(name.replace("_", " ") for name in Tally.__annotations__)))
    with _race(options.processes, options.seed) as race:
        every = max(1, options.rounds // 10)
        for number in range(1, options.rounds + 1):
            race.run_round()
            if number % every == 0 or number == options.rounds:
                _say(_LINE.format(*asdict(race.tally).values()))
        tally = race.tally
    _say(f"{time.monotonic() - began:.0f} s. " + ("The claim holds." if tally.holds else "The claim does NOT hold."))
    _say(json.dumps({**asdict(tally), "holds": tally.holds}))
    return 0 if tally.holds else 1


if __name__ == "__main__":
    sys.exit(main())
