"""The race of processes for one refresh token, in small."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from proofs.racers import REDEEMING, Plan
from proofs.token_race import Tally

ROOT = Path(__file__).parents[2]


def test_processes_that_are_killed_cost_no_grant_and_present_no_spent_token() -> None:
    command = [sys.executable, "-m", "proofs.token_race", "--processes", "4", "--rounds", "4", "--seed", "24"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)  # noqa: S603  # ours
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout.splitlines()[-1])
    assert told["redemptions"] >= told["rounds"] == 4
    assert told["killed"] >= 1
    assert (told["processes"], told["reused"], told["grants_lost"], told["without_token"]) == (4, 0, 0, 0)


@pytest.mark.parametrize("trouble", ["reused", "grants_lost", "without_token"])
def test_the_claim_does_not_hold_with_any_of_its_troubles(trouble: str) -> None:
    assert Tally(20, rounds=100, killed=7, answers_lost=3).holds
    assert not Tally(20, rounds=100, **{trouble: 1}).holds


def test_a_plan_kills_processes_that_are_running() -> None:
    plans = [Plan(random.Random(seed), start=-10.0) for seed in range(60)]  # noqa: S311  # no secret
    victims = [plan.victim({3: REDEEMING, 5: REDEEMING}) for plan in plans]
    assert {3, 5} <= set(victims) <= {3, 5, None}
