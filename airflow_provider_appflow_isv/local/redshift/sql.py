"""Redshift's SQL put into duckdb's, one statement at a time.

Understood: SELECT (also WITH, VALUES, INTO), INSERT, UPDATE, DELETE, MERGE, TRUNCATE, and CREATE, DROP and ALTER of
tables, views and schemas. In DDL: IDENTITY becomes a sequence; DISTKEY, SORTKEY, DISTSTYLE, ENCODE and BACKUP are left
out, for they change no result; PRIMARY KEY, UNIQUE and REFERENCES are not enforced, as in Redshift (a primary key is
NOT NULL); SUPER is JSON; VARCHAR without a length has 256 bytes, CHAR one, DECIMAL is (18,0), FLOAT is double
precision; LIKE copies names and types only. Functions are sqlglot's to translate (GETDATE, SYSDATE, NVL, DECODE,
DATEADD, DATEDIFF, LISTAGG, JSON_PARSE, ...); the others are duckdb's, and so are the types of their results. All
identifiers are folded to lower case, quoted ones too, as Redshift does by default.

Accepted without effect, for there are no users and nothing to tidy: GRANT, REVOKE, VACUUM, ANALYZE, COMMENT, and
CREATE, ALTER and DROP of users, groups and roles. Not understood, and refused: everything else, such as COPY, UNLOAD,
SET, transactions, cursors, procedures, functions, external schemas, materialized views. The length of a text column
is checked on loading, not on INSERT, and a cast to VARCHAR(n) does not shorten.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ParseError, TokenError

from .ddl import alter_table, create_table, retype, to_duckdb
from .errors import WarehouseError

_REDSHIFT = Dialect.get_or_raise("redshift")
_QUERIES = {"SELECT", "WITH", "VALUES", "("}
_CHANGES = {"INSERT", "UPDATE", "DELETE", "MERGE", "TRUNCATE"}
_DEFINITIONS = {"CREATE", "ALTER", "DROP"}
_DEFINED = {"TABLE", "VIEW", "SCHEMA"}
_WITHOUT_EFFECT = {"GRANT", "REVOKE", "VACUUM", "ANALYZE", "COMMENT"}
_UNDEFINED = {"USER", "GROUP", "ROLE"}
_BEFORE_KIND = {"OR", "REPLACE", "LOCAL", "TEMP", "TEMPORARY"}
_REFUSED = {
    "ABORT", "BEGIN", "CALL", "CANCEL", "CLOSE", "COMMIT", "COPY", "DEALLOCATE", "DECLARE", "DESC", "DESCRIBE", "END",
    "EXECUTE", "EXPLAIN", "FETCH", "LOCK", "PREPARE", "REFRESH", "RESET", "ROLLBACK", "SET", "SHOW", "START", "UNLOAD",
    "USE",
}  # fmt: skip
_KEYS = {"DISTKEY", "SORTKEY"}


@dataclass(frozen=True)
class Translated:
    """A Redshift statement in duckdb's words.

    :param statements: what to run, in this order and in one transaction; empty if there is nothing to do.
    :param returns_rows: whether the first statement's rows are the answer.
    :param counts_rows: whether the first statement changes rows and says how many.
    :param unless_exists: schema and table of a CREATE TABLE IF NOT EXISTS; nothing is to be run if it is there.
    """

    statements: tuple[str, ...]
    returns_rows: bool = False
    counts_rows: bool = False
    unless_exists: tuple[str, str] | None = None


def translate(sql: str, parameters: Mapping[str, str]) -> Translated:
    """Translate one statement.

    :param sql: one Redshift statement, with or without a semicolon after it.
    :param parameters: values of its ``:name`` parameters; each stands for a literal of no particular type.
    :return: the translation.
    :raises WarehouseError: if it isn't one statement, isn't understood, or a parameter has no value.
    """
    tokens = _tokens(sql)
    words = [token.text.upper() for token in tokens[:8]]
    if not _has_effect(words):
        return Translated(())
    statement = _parse(tokens, sql)
    for identifier in statement.find_all(exp.Identifier):
        identifier.set("this", identifier.this.lower())
    returns_rows = words[0] in _QUERIES and not statement.args.get("into")
    if returns_rows:
        _name_results(statement)
    statement = _with_values(statement, parameters)
    retype(statement)
    if isinstance(statement, exp.Alter):
        return Translated(alter_table(statement).statements)
    if isinstance(statement, exp.Create):
        if statement.kind == "TABLE":
            definition = create_table(statement)
            return Translated(definition.statements, unless_exists=definition.unless_exists)
        statement.set("properties", None)
        statement.set("no_schema_binding", None)
    return Translated((to_duckdb(statement),), returns_rows=returns_rows, counts_rows=words[0] in _CHANGES)


def parameter_names(sql: str) -> set[str]:
    """Return the names of the ``:name`` parameters of a statement; none if it can't be parsed."""
    try:
        tokens = _tokens(sql)
        if not _has_effect([token.text.upper() for token in tokens[:8]]):
            return set()
        return {placeholder.name for placeholder in _parse(tokens, sql).find_all(exp.Placeholder)}
    except WarehouseError:
        return set()


def _tokens(sql: str) -> list[Any]:
    try:
        tokens = list(_REDSHIFT.tokenize(sql))
    except TokenError:
        raise WarehouseError("ERROR: syntax error: a quoted string, identifier or comment has no end") from None
    while tokens and tokens[-1].text == ";":
        tokens.pop()
    if not tokens:
        raise WarehouseError("ERROR: the SQL statement is empty")
    return tokens


def _has_effect(words: Sequence[str]) -> bool:
    """Say by its first words whether to run a statement; those that aren't run are never parsed nor repeated."""
    first = words[0]
    if first in _QUERIES or first in _CHANGES:
        return True
    if first in _WITHOUT_EFFECT:
        return False
    if first in _DEFINITIONS:
        kind = next((word for word in words[1:] if word not in _BEFORE_KIND), "")
        if kind in _DEFINED or kind in _UNDEFINED:
            return kind in _DEFINED
        first = f"{first} {kind}"
    elif first not in _REFUSED:
        raise WarehouseError(f'ERROR: syntax error at or near "{words[0].lower()}"')
    raise WarehouseError(f"ERROR: the local Redshift does not run {first} statements")


def _parse(tokens: list[Any], sql: str) -> exp.Expression:
    wanted = [
        token for token, following in zip(tokens, [*tokens[1:], None], strict=True) if not _is_key(token, following)
    ]
    try:
        parsed = [statement for statement in _REDSHIFT.parser().parse(wanted, sql) if statement is not None]
    except ParseError as error:
        near = error.errors[0].get("highlight") if error.errors else None
        raise WarehouseError(f'ERROR: syntax error at or near "{near}"') from None
    if len(parsed) != 1:
        raise WarehouseError("ERROR: cannot insert multiple commands into a prepared statement; run them one by one")
    statement = parsed[0]
    if isinstance(statement, exp.Command) or not isinstance(statement, exp.Expression):
        raise WarehouseError(f"ERROR: the local Redshift does not understand this {tokens[0].text.upper()} statement")
    return statement


def _is_key(token: Any, following: Any) -> bool:
    """Say whether a token is of the keys that sqlglot doesn't know: a column's, and INTERLEAVED before a table's."""
    word = str(token.text).upper()
    next_word = str(following.text).upper() if following is not None else ""
    return (word in _KEYS and next_word != "(") or (word == "INTERLEAVED" and next_word == "SORTKEY")


def _name_results(query: exp.Expression) -> None:
    """Name what has no name as Redshift does: a function's result after the function, a cast
    column after the column, anything else ``?column?``."""
    select = query.find(exp.Select)  # of several in a UNION, the first names the columns
    if select is None or (query is not select and not isinstance(query, exp.SetOperation | exp.Subquery)):
        return
    for projection in list(select.expressions):
        value = projection.unnest()
        while isinstance(value, exp.Cast | exp.Window):
            value = value.this.unnest()
        if isinstance(projection, exp.Alias | exp.Column) or isinstance(value, exp.Star):
            continue
        name = value.name if isinstance(value, exp.Column | exp.Anonymous) else "?column?"
        if isinstance(value, exp.CurrentTimestamp):
            name = "getdate"
        elif isinstance(value, exp.Func) and not isinstance(value, exp.Anonymous | exp.Connector):
            name = value.sql_name()
        projection.replace(exp.alias_(projection.copy(), name.lower(), quoted=True))


def _with_values(statement: exp.Expression, parameters: Mapping[str, str]) -> exp.Expression:
    def value(node: exp.Expression) -> exp.Expression:
        if not isinstance(node, exp.Placeholder):
            return node
        if node.name not in parameters:
            raise WarehouseError(f"ERROR: there is no value for the parameter :{node.name}")
        return exp.Literal.string(parameters[node.name])

    return statement.transform(value)
