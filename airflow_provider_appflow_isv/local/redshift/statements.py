"""Statements that the Redshift Data API was given: run at once, remembered until a reset."""

from __future__ import annotations

import itertools
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from moto.core.base_backend import BackendDict, BaseBackend

from airflow_provider_appflow_isv.local.appflow.wire.idempotency import ClientTokens

from .errors import WarehouseError
from .results import size

if TYPE_CHECKING:
    from .database import Result, Session, Warehouse

FINISHED, FAILED, ABORTED = "FINISHED", "FAILED", "ABORTED"
_pids = itertools.count(1_073_741_824)
_query_ids = itertools.count(1)


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Query:
    """One SQL text and what became of it.

    :param id: its id; that of a batch's part ends in ``:1``, ``:2``, ...
    :param sql: the text.
    """

    id: str
    sql: str
    status: str = ABORTED  # until it has run, which a batch's later parts never may
    error: str | None = None
    result: Result | None = None
    duration: int = -1  # nanoseconds
    created_at: datetime = field(default_factory=_now)
    updated_at: datetime = field(default_factory=_now)
    query_id: int = field(default_factory=lambda: next(_query_ids))

    @property
    def has_result_set(self) -> bool:
        return self.result is not None and self.result.columns is not None

    def run(self, execute: Callable[[str, Mapping[str, str]], Result], parameters: Mapping[str, str]) -> None:
        """Run it and note how it went.

        :raises WarehouseError: if it failed, so that a transaction around it is rolled back.
        """
        started = time.perf_counter_ns()
        try:
            self.result = execute(self.sql, parameters)
            self.status = FINISHED
        except WarehouseError as error:
            self.status, self.error = FAILED, str(error)
            raise
        finally:
            self.duration = time.perf_counter_ns() - started
            self.updated_at = _now()

    def describe(self) -> dict[str, Any]:
        """Return what DescribeStatement says of a statement and of each part of a batch alike."""
        return {
            "Id": self.id,
            "QueryString": self.sql,
            "Status": self.status,
            "Error": self.error,
            "HasResultSet": self.has_result_set,
            "ResultRows": self.result.rowcount if self.result else -1,
            "ResultSize": size(self.result) if self.result else -1,
            "Duration": self.duration,
            "CreatedAt": self.created_at,
            "UpdatedAt": self.updated_at,
            "RedshiftQueryId": self.query_id,
        }


@dataclass
class Statement:
    """What one ExecuteStatement or BatchExecuteStatement asked for.

    :param id: its id.
    :param number: greater than that of every statement before.
    :param request: the request's members.
    :param caller: ARNs of who asked: of the session first, of the role last.
    :param db_user: database user that it ran as; None where a secret says it.
    :param queries: the SQL texts in their order.
    :param batch: whether it is a batch.
    """

    id: str
    number: int
    request: Mapping[str, Any]
    caller: tuple[str, ...]
    db_user: str | None
    queries: list[Query]
    batch: bool
    error: str | None = None
    pid: int = field(default_factory=lambda: next(_pids))

    @property
    def status(self) -> str:
        return FAILED if self.error else FINISHED

    @property
    def has_result_set(self) -> bool:
        return any(query.has_result_set for query in self.queries)

    def run(self, warehouse: Warehouse) -> None:
        """Run it: one text by itself, a batch in one transaction, or each part by itself in the mode AUTO_COMMIT."""
        parameters = {each["name"]: each["value"] for each in self.request.get("Parameters") or ()}
        try:
            if not self.batch:
                self.queries[0].run(warehouse.execute, parameters)
            elif self.request.get("ExecutionMode") == "AUTO_COMMIT":
                self._run_each(warehouse, parameters)
            else:
                with warehouse.transaction() as session:
                    self._run_together(session, parameters)
        except WarehouseError as error:
            self.error = self.error or str(error)

    def _run_each(self, warehouse: Warehouse, parameters: Mapping[str, str]) -> None:
        for number, query in enumerate(self.queries, start=1):
            try:
                query.run(warehouse.execute, parameters)
            except WarehouseError as error:
                self.error = self.error or f"Query #{number} failed with {error}"

    def _run_together(self, session: Session, parameters: Mapping[str, str]) -> None:
        for number, query in enumerate(self.queries, start=1):
            try:
                query.run(session.execute, parameters)
            except WarehouseError as error:
                self.error = f"Query #{number} failed with {error}"
                raise

    def describe(self) -> dict[str, Any]:
        """Return the answer of DescribeStatement."""
        described = self._describe_batch() if self.batch else self.queries[0].describe()
        return {
            **described,
            "Id": self.id,
            "RedshiftPid": self.pid,
            "DbUser": self.db_user,
            "QueryParameters": self.request.get("Parameters"),
            "ResultFormat": "JSON",
            **self.target,
        }

    def _describe_batch(self) -> dict[str, Any]:
        last = self.queries[-1]
        return {
            "Status": self.status,
            "Error": self.error,
            "HasResultSet": self.has_result_set,
            "ResultRows": -1,
            "ResultSize": -1,
            "Duration": sum(max(query.duration, 0) for query in self.queries),
            "CreatedAt": self.queries[0].created_at,
            "UpdatedAt": last.updated_at,
            "RedshiftQueryId": 0,
            "ExecutionMode": self.request.get("ExecutionMode", "TRANSACTION"),
            "SubStatements": [query.describe() for query in self.queries],
        }

    @property
    def target(self) -> dict[str, Any]:
        """Where it ran, as the request said it."""
        names = ("ClusterIdentifier", "WorkgroupName", "Database", "SecretArn")
        return {name: self.request[name] for name in names if name in self.request}

    def summary(self) -> dict[str, Any]:
        """Return what ListStatements says of it."""
        texts = [query.sql for query in self.queries]
        return {
            "Id": self.id,
            **({"QueryStrings": texts} if self.batch else {"QueryString": texts[0]}),
            "Status": self.status,
            "StatementName": self.request.get("StatementName"),
            "SecretArn": self.request.get("SecretArn"),
            "QueryParameters": self.request.get("Parameters"),
            "IsBatchStatement": self.batch,
            "ResultFormat": "JSON",
            "CreatedAt": self.queries[0].created_at,
            "UpdatedAt": self.queries[-1].updated_at,
        }


class Statements(BaseBackend):
    """The statements of one account and Region."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self._lock = threading.Lock()
        self._statements: dict[str, Statement] = {}
        self.tokens = ClientTokens()

    def run(
        self,
        request: Mapping[str, Any],
        sqls: Sequence[str],
        warehouse: Warehouse,
        *,
        batch: bool,
        caller: tuple[str, ...],
        db_user: str | None,
    ) -> Statement:
        """Run a statement and remember it.

        :param request: the request's members.
        :param sqls: the SQL texts; one if it is no batch.
        :param warehouse: where to run them.
        :param batch: whether it is a batch.
        :param caller: ARNs of who asks: of the session first, of the role last.
        :param db_user: database user that it runs as; None where a secret says it.
        :return: the statement, which has ended, well or not.
        """
        name = str(uuid.uuid4())
        queries = [Query(f"{name}:{number}" if batch else name, sql) for number, sql in enumerate(sqls, start=1)]
        statement = Statement(name, next(_query_ids), request, caller, db_user, queries, batch)
        statement.run(warehouse)
        with self._lock:
            self._statements[name] = statement
        return statement

    def get(self, statement_id: str) -> Statement | None:
        """Return a statement by its id, or the batch that a part's id belongs to; None if there is none."""
        return self._statements.get(statement_id.partition(":")[0])

    def newest_first(self) -> list[Statement]:
        """Return all statements, the newest first."""
        with self._lock:
            return sorted(self._statements.values(), key=lambda statement: -statement.number)


statement_backends = BackendDict(Statements, "redshift")
