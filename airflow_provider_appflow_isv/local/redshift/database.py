"""One database of a cluster or workgroup: a duckdb database in memory that takes Redshift's SQL."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import duckdb
import pyarrow as pa

from .columns import Column, column
from .conversion import ConversionError, convert
from .errors import LoadError, WarehouseError, from_duckdb
from .names import DEFAULT_SCHEMA, quoted
from .sql import translate

# One thread, for there may be many warehouses in a process; no files and no network, whatever the SQL says.
_CONFIG: dict[str, Any] = {
    "threads": 1,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
_SYSTEM_SCHEMA = "main"  # duckdb's own; holds the system tables that Redshift has without a schema
_TAKEN = ("system", "temp")
_LOAD_ERRORS = """CREATE TABLE {} (
    starttime TIMESTAMP, filename VARCHAR, line_number BIGINT, colname VARCHAR, type VARCHAR, col_length VARCHAR,
    raw_field_value VARCHAR, err_code INTEGER, err_reason VARCHAR)"""
_COLUMNS = """
    SELECT column_name, data_type, comment, is_nullable FROM duckdb_columns()
    WHERE database_name = current_database() AND schema_name = ? AND table_name = ? ORDER BY column_index"""
_TABLES = """
    SELECT schema_name, table_name FROM duckdb_tables()
    WHERE database_name = current_database() AND schema_name <> ? AND NOT temporary ORDER BY ALL"""


@dataclass(frozen=True)
class Result:
    """What a statement gave.

    :param columns: the columns of a query's result; None if the statement has no result set.
    :param rows: its rows, as Python values: int, float, Decimal, str, bool, date, time, datetime, None; SUPER is JSON
        text.
    :param rowcount: rows returned or changed; 0 where there is nothing to count.
    """

    columns: tuple[Column, ...] | None
    rows: tuple[tuple[Any, ...], ...]
    rowcount: int


class Session:
    """A connection to a warehouse, in a transaction."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def execute(self, sql: str, parameters: Mapping[str, str] | None = None) -> Result:
        """Run one statement, as ``Warehouse.execute`` does."""
        translated = translate(sql, parameters or {})
        try:
            if translated.unless_exists and self._exists(*translated.unless_exists):
                return Result(None, (), 0)
            results = [self._run(statement) for statement in translated.statements]
        except duckdb.Error as error:
            raise from_duckdb(error) from None
        if translated.returns_rows:
            return results[0]
        changed = results[0].rows[0][0] if translated.counts_rows and results[0].rows else 0
        return Result(None, (), changed)

    def _run(self, statement: str) -> Result:
        self._connection.execute(statement)
        columns = tuple(column(str(name), str(kind)) for name, kind, *_ in self._connection.description or ())
        rows = tuple(self._connection.fetchall())
        return Result(columns, rows, len(rows))

    def _exists(self, schema: str, table: str) -> bool:
        return bool(self._connection.execute(_COLUMNS, [schema, table]).fetchall())


class Warehouse:
    """A database with a ``public`` schema, empty at first. Its methods may be called from any thread, one at a time.

    Each call is a session of its own, and a transaction: temporary tables do not outlive it. What of Redshift's SQL it
    understands is said in ``local.redshift.sql``. ``stl_load_errors`` has the failed loads, in these columns:
    starttime, filename, line_number, colname, type, col_length, raw_field_value, err_code, err_reason.

    :param database: the database's name.
    :raises WarehouseError: if the name is one of duckdb's own.
    """

    def __init__(self, database: str) -> None:
        if database in _TAKEN:
            raise WarehouseError(f"databaseName: the local Redshift can't have a database {database!r}; rename it")
        self._lock = threading.RLock()
        self._database = database
        self._root = duckdb.connect(":memory:", config=_CONFIG)
        if database != "memory":  # the name that duckdb gives to the database it opens
            self._root.execute(f"ATTACH ':memory:' AS {quoted(database)}")
        self._root.execute(f"CREATE SCHEMA {quoted(database, DEFAULT_SCHEMA)}")
        self._root.execute(_LOAD_ERRORS.format(quoted(database, _SYSTEM_SCHEMA, "stl_load_errors")))
        for setting in ("TimeZone = 'UTC'", "integer_division = true", "enable_external_access = false"):
            self._root.execute(f"SET GLOBAL {setting}")

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Run statements in one session and transaction: committed at the end, rolled back on an error."""
        with self._connected() as connection:
            connection.execute("BEGIN")
            try:
                yield Session(connection)
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def execute(self, sql: str, parameters: Mapping[str, str] | None = None) -> Result:
        """Run one statement.

        :param sql: the statement in Redshift's SQL.
        :param parameters: values of its ``:name`` parameters as text; each converts to whatever type it meets.
        :return: its result.
        :raises WarehouseError: if it fails; nothing has changed then.
        """
        with self.transaction() as session:
            return session.execute(sql, parameters)

    def tables(self) -> list[tuple[str, str]]:
        """Return schema and name of every table, sorted."""
        with self._connected() as connection:
            found: list[tuple[str, str]] = connection.execute(_TABLES, [_SYSTEM_SCHEMA]).fetchall()
        return found

    def columns(self, schema: str, table: str) -> list[Column]:
        """Describe a table or view.

        :param schema: its schema.
        :param table: its name.
        :return: its columns, in their order.
        :raises WarehouseError: if it does not exist.
        """
        with self._connected() as connection:
            described = connection.execute(_COLUMNS, [schema.lower(), table.lower()]).fetchall()
        if not described:
            raise WarehouseError(f'ERROR: relation "{schema}.{table}" does not exist')
        return [column(name, kind, declared, nullable=null) for name, kind, declared, null in described]

    def load(
        self,
        schema: str,
        table: str,
        columns: Sequence[str],
        records: Iterable[Sequence[object]],
        *,
        filename: str = "",
        first_row: int = 1,
    ) -> int:
        """Insert records into a table, all or none, as COPY does.

        :param schema: the table's schema.
        :param table: the table's name.
        :param columns: the columns that the records have values for, in the records' order; the others get their
            default.
        :param records: a sequence of values for each record, as ``conversion.convert`` takes them.
        :param filename: where the records are from, for ``stl_load_errors``; default empty.
        :param first_row: number of the first record in that file, from which errors count; default 1.
        :return: how many records were loaded.
        :raises LoadError: naming the first value that its column can't have.
        :raises WarehouseError: if the table or a column does not exist.
        """
        with self._lock:
            targets = self._targets(schema, table, columns)
            values: list[list[str | None]] = [[] for _ in targets]
            for row, record in enumerate(records, start=first_row):
                if len(record) != len(targets):
                    wrong = (1202, "Extra column(s) found") if len(record) > len(targets) else (1203, "Columns missing")
                    raise self._load_error(LoadError(table, row, "", *wrong), filename)
                for target, value, converted in zip(targets, record, values, strict=True):
                    try:
                        converted.append(convert(value, target))
                    except ConversionError as error:
                        failure = LoadError(table, row, target.name, error.code, error.reason)
                        raise self._load_error(failure, filename, target, value) from None
            self._insert(quoted(schema.lower(), table.lower()), targets, values)
        return len(values[0])

    def close(self) -> None:
        """Forget everything."""
        with self._lock:
            self._root.close()

    @contextmanager
    def _connected(self) -> Iterator[duckdb.DuckDBPyConnection]:
        path = ",".join(quoted(self._database, schema) for schema in (DEFAULT_SCHEMA, _SYSTEM_SCHEMA))
        with self._lock:
            try:
                connection = self._root.cursor()
            except duckdb.ConnectionException:
                raise WarehouseError(f"ERROR: the database {self._database} is gone; ask for it anew") from None
            try:
                connection.execute(f"SET search_path = '{path.replace(chr(39), chr(39) * 2)}'")
                yield connection
            finally:
                connection.close()

    def _targets(self, schema: str, table: str, names: Sequence[str]) -> list[Column]:
        try:
            existing = {each.name: each for each in self.columns(schema, table)}
        except WarehouseError:
            raise WarehouseError(f"ERROR: Cannot COPY into nonexistent table {table}") from None
        folded = [name.lower() for name in names]
        for name in folded:
            if name not in existing:
                raise WarehouseError(f'ERROR: column "{name}" of relation "{table}" does not exist')
        if not folded or len(set(folded)) < len(folded):
            raise WarehouseError(f"columns: name each column of {table} once, and at least one; got {folded}")
        return [existing[name] for name in folded]

    def _insert(self, table: str, targets: list[Column], values: list[list[str | None]]) -> None:
        names = ", ".join(quoted(target.name) for target in targets)
        insert = f"INSERT INTO {table} ({names}) SELECT {names} FROM staged_records"  # noqa: S608  # names are quoted
        texts = [pa.array(each, pa.string()) for each in values]
        with self._connected() as connection:
            connection.register("staged_records", pa.table(texts, names=[target.name for target in targets]))
            try:
                connection.execute(insert)
            except duckdb.Error as error:
                raise from_duckdb(error) from None

    def _load_error(
        self, error: LoadError, filename: str, target: Column | None = None, value: object = None
    ) -> LoadError:
        """Write a failure down in stl_load_errors, and return it to be raised."""
        kind, length = (target.type, str(target.length or "")) if target else ("", "")
        raw = "" if value is None else str(value)[:1024].replace("\0", "").encode(errors="replace").decode()
        now = datetime.now(UTC).replace(tzinfo=None)
        entry = [now, filename, error.row, error.column, kind, length, raw, error.code, error.reason[:100]]
        with self._connected() as connection:
            connection.execute("INSERT INTO stl_load_errors VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", entry)
        return error
