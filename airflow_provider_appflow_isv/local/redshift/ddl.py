"""Tables and types as Redshift defines them, for duckdb to define."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ErrorLevel

from .names import DEFAULT_SCHEMA, quoted

_DUCKDB = Dialect.get_or_raise("duckdb")
_TYPE = exp.DataType.Type
_TEXTS = {*exp.DataType.TEXT_TYPES, _TYPE.BPCHAR}
_FIXED_LENGTH = {_TYPE.CHAR: 1, _TYPE.NCHAR: 1, _TYPE.BPCHAR: 256}  # and how long without a length
_DEFAULT_LENGTH = 256
_MAX_LENGTH = 65535
_NOT_ENFORCED = (exp.EncodeColumnConstraint, exp.UniqueColumnConstraint, exp.Reference, exp.PrimaryKeyColumnConstraint)
_TABLE_CONSTRAINTS = (exp.PrimaryKey, exp.ForeignKey, exp.UniqueColumnConstraint, exp.Constraint)


@dataclass(frozen=True)
class Definition:
    """What defines or alters a table in duckdb.

    :param statements: what to run, in this order.
    :param unless_exists: schema and table of a CREATE TABLE IF NOT EXISTS; nothing is to be run if it is there.
    """

    statements: tuple[str, ...]
    unless_exists: tuple[str, str] | None = None


def to_duckdb(statement: exp.Expression) -> str:
    """Write a parsed statement for duckdb; what it doesn't have is left out."""
    return _DUCKDB.generate(statement, identify=True, unsupported_level=ErrorLevel.IGNORE)


def retype(statement: exp.Expression) -> None:
    """Give a statement's types their meaning in Redshift. Lengths stay in definitions, which note them."""
    for kind in list(statement.find_all(exp.DataType)):
        if kind.this == _TYPE.SUPER:
            kind.set("this", _TYPE.JSON)
        elif kind.this == _TYPE.DECIMAL and not kind.expressions:
            kind.set("expressions", [exp.DataTypeParam(this=exp.Literal.number(digits)) for digits in (18, 0)])
        elif kind.this in _TEXTS and not isinstance(kind.parent, exp.ColumnDef | exp.AlterColumn):
            kind.set("expressions", None)
    for now in list(statement.find_all(exp.CurrentTimestamp)):
        now.replace(exp.cast(now.copy(), "timestamp"))  # GETDATE has no time zone


def create_table(create: exp.Create) -> Definition:
    """Define a CREATE TABLE for duckdb.

    :param create: the parsed statement, its types already given their meaning; it is changed.
    :return: the statements: sequences of identity columns, the table, the lengths of its text columns.
    """
    properties = create.args.get("properties")
    temporary = properties is not None and properties.find(exp.TemporaryProperty) is not None
    schema = create.this
    table = schema.this if isinstance(schema, exp.Schema) else schema
    like = schema.find(exp.LikeProperty) if isinstance(schema, exp.Schema) else None
    before: list[str] = []
    after: list[str] = []
    if like is not None:
        create.set("this", table)
        create.set("expression", exp.select("*").from_(like.this).where("false"))
    elif isinstance(schema, exp.Schema):
        keys = {name for part in schema.expressions for name in _primary_key(part)}
        schema.set("expressions", [part for part in schema.expressions if not isinstance(part, _TABLE_CONSTRAINTS)])
        for column in schema.find_all(exp.ColumnDef):
            before += _identity(column, table, temporary=temporary)
            _keep_enforced(column, is_key=column.name in keys)
        notes = _note_lengths(table, schema)
        after = [] if temporary else notes
    create.set("properties", exp.Properties(expressions=[exp.TemporaryProperty()]) if temporary else None)
    schema_name = table.args["db"].name if table.args.get("db") else DEFAULT_SCHEMA
    unless_exists = (schema_name, table.name) if create.args.get("exists") else None
    return Definition((*before, to_duckdb(create), *after), unless_exists=unless_exists)


def alter_table(alter: exp.Alter) -> Definition:
    """Define an ALTER TABLE for duckdb; keys are not enforced, so adding one changes nothing.

    :param alter: the parsed statement, its types already given their meaning; it is changed.
    :return: the statements: the change, and the lengths of the text columns in it.
    """
    if all(isinstance(action, exp.AddConstraint) for action in alter.args["actions"]):
        return Definition(())
    for column in alter.find_all(exp.ColumnDef):
        _keep_enforced(column, is_key=False)
    notes = _note_lengths(alter.this, alter)
    return Definition((to_duckdb(alter), *notes))


def _primary_key(part: exp.Expression) -> set[str]:
    key = part.find(exp.PrimaryKey)
    return {identifier.name for identifier in key.find_all(exp.Identifier)} if key is not None else set()


def _keep_enforced(column: exp.ColumnDef, *, is_key: bool) -> None:
    """Leave of a column's constraints what Redshift enforces; a primary key is at least NOT NULL."""
    kinds = [constraint.kind for constraint in column.constraints]
    is_key = is_key or any(isinstance(kind, exp.PrimaryKeyColumnConstraint) for kind in kinds)
    kept = [kind for kind in kinds if not isinstance(kind, _NOT_ENFORCED)]
    if is_key and not any(isinstance(kind, exp.NotNullColumnConstraint) for kind in kept):
        kept.append(exp.NotNullColumnConstraint())
    column.set("constraints", [exp.ColumnConstraint(kind=kind) for kind in kept])


def _identity(column: exp.ColumnDef, table: exp.Expression, *, temporary: bool) -> list[str]:
    """Make an identity column's default the next number of a sequence; return what creates the sequence."""
    for constraint in column.constraints:
        identity = constraint.kind
        if isinstance(identity, exp.GeneratedAsIdentityColumnConstraint):
            name = f"{table.name}_{column.name}_{uuid.uuid4().hex}"
            schema = table.args.get("db")
            sequence = quoted(schema.name, name) if schema is not None else quoted(name)
            next_value = exp.func("nextval", exp.Literal.string(sequence))
            constraint.set("kind", exp.DefaultColumnConstraint(this=next_value))
            start, step = _number(identity.args.get("start")), _number(identity.args.get("increment"))
            bounds = f"MINVALUE {min(start, 1)}" if step > 0 else f"MAXVALUE {max(start, -1)}"
            temp = "TEMPORARY " if temporary else ""
            return [f"CREATE {temp}SEQUENCE {sequence} INCREMENT {step} {bounds} START {start}"]
    return []


def _number(literal: Any) -> int:
    return int(literal.sql()) if literal is not None else 1


def _note_lengths(table: exp.Expression, definitions: exp.Expression) -> list[str]:
    """Note the lengths of text columns where they stay with the column whatever becomes of it: in its comment."""
    notes = []
    for column in definitions.find_all(exp.ColumnDef, exp.AlterColumn):
        kind = column.args.get("kind" if isinstance(column, exp.ColumnDef) else "dtype")
        if isinstance(kind, exp.DataType) and kind.this in _TEXTS:
            notes.append(f"COMMENT ON COLUMN {to_duckdb(table)}.{quoted(column.name)} IS '{_declared(kind)}'")
            kind.set("expressions", None)
    return notes


def _declared(kind: exp.DataType) -> str:
    default = _FIXED_LENGTH.get(kind.this, _DEFAULT_LENGTH)
    given = kind.expressions[0].name.upper() if kind.expressions else str(default)
    name = "bpchar" if kind.this in _FIXED_LENGTH else "varchar"
    return f"{name}({_MAX_LENGTH if given == 'MAX' else int(given)})"
