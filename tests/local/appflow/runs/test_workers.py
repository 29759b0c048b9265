from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from airflow_provider_appflow_isv.local.appflow.runs import workers
from airflow_provider_appflow_isv.local.appflow.runs.workers import Workers

if TYPE_CHECKING:
    import pytest


def threads(name: str) -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == name]


def test_tasks_that_wait_keep_no_other_from_being_done() -> None:
    some, go_on, done = Workers("slow-and-quick"), threading.Event(), threading.Event()

    def wait() -> None:
        go_on.wait(30)

    for _ in range(10):
        some.do(wait)
    some.do(done.set)
    assert done.wait(30)
    go_on.set()


def test_there_are_no_more_threads_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "MOST_WORKERS", 2)
    some, go_on, done = Workers("limited"), threading.Event(), threading.Semaphore(0)

    def task() -> None:
        go_on.wait(30)
        done.release()

    for _ in range(6):
        some.do(task)
    assert len(threads("limited")) == 2
    go_on.set()
    for _ in range(6):
        assert done.acquire(timeout=30)


def test_threads_without_work_end_and_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "IDLE_SECONDS", 0.01)
    some = Workers("idle")
    for _ in range(2):
        done = threading.Event()
        some.do(done.set)
        assert done.wait(30)
        for thread in threads("idle"):
            thread.join(30)
        assert threads("idle") == []
