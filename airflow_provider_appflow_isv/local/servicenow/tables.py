"""The tables of a new instance and their columns, each column on the table that brings it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "number", "datetime", "date"]

# Type: what people see, how its values are stored ("Field types", ServiceNow documentation).
FIELD_TYPES = {
    "GUID": ("Sys ID (GUID)", "GUID"),
    "boolean": ("True/False", "boolean"),
    "collection": ("Collection", "string"),
    "email": ("Email", "string"),
    "float": ("Floating Point Number", "float"),
    "glide_date": ("Date", "date"),
    "glide_date_time": ("Date/Time", "datetime"),
    "integer": ("Integer", "integer"),
    "ph_number": ("Phone Number", "string"),
    "reference": ("Reference", "GUID"),
    "string": ("String", "string"),
    "sys_class_name": ("System Class Name", "string"),
}
_KINDS: dict[str, Kind] = {"float": "number", "integer": "number", "datetime": "datetime", "date": "date"}


@dataclass(frozen=True)
class Column:
    """One column of a table.

    :param element: its name.
    :param label: what a person sees.
    :param internal_type: its type as ``sys_glide_object`` names it, e.g. ``glide_date_time``.
    :param max_length: most characters of a value.
    :param mandatory: whether a person has to fill it in.
    :param reference: the table that a reference points at; empty for other types.
    :param reference_key: the column of that table that the values stand in.
    :param choices: values and what a person sees for each.
    :param display: whether it stands for the whole record where another refers to it.
    """

    element: str
    label: str
    internal_type: str = "string"
    max_length: int = 40
    mandatory: bool = False
    reference: str = ""
    reference_key: str = "sys_id"
    choices: tuple[tuple[str, str], ...] = ()
    display: bool = False

    @property
    def kind(self) -> Kind:
        """How its values compare."""
        return _KINDS.get(FIELD_TYPES[self.internal_type][1], "text")


@dataclass(frozen=True)
class Table:
    """One table.

    :param name: its name.
    :param label: what a person sees.
    :param columns: the columns that it brings, without those of the table that it extends.
    :param super_class: the table that it extends, or None.
    :param number_prefix: what its numbers begin with; empty if its records have none.
    """

    name: str
    label: str
    columns: tuple[Column, ...]
    super_class: str | None = None
    number_prefix: str = ""


def _text(element: str, label: str, max_length: int = 40, *, mandatory: bool = False, display: bool = False) -> Column:
    return Column(element, label, "string", max_length, mandatory, display=display)


def _choice(element: str, label: str, *choices: str) -> Column:
    """Make a column of numbers from 1 on, each with a label."""
    numbered = tuple((str(number), text) for number, text in enumerate(choices, 1))
    return Column(element, label, "integer", choices=numbered)


def _reference(element: str, label: str, table: str, key: str = "sys_id", *, mandatory: bool = False) -> Column:
    return Column(element, label, "reference", 32, mandatory, table, key)


def _datetime(element: str, label: str) -> Column:
    return Column(element, label, "glide_date_time")


_CLASS = Column("sys_class_name", "Class", "sys_class_name", 80)
_SYSTEM = (
    Column("sys_id", "Sys ID", "GUID", 32),
    _datetime("sys_created_on", "Created"),
    _text("sys_created_by", "Created by"),
    _datetime("sys_updated_on", "Updated"),
    _text("sys_updated_by", "Updated by"),
    Column("sys_mod_count", "Updates", "integer"),
)
_STATES = (("1", "New"), ("2", "In Progress"), ("3", "On Hold"), ("6", "Resolved"), ("7", "Closed"))
_LEVELS = ("1 - High", "2 - Medium", "3 - Low")

TASK = Table(
    "task",
    "Task",
    (
        *_SYSTEM,
        _CLASS,
        _text("number", "Number", display=True),
        _text("short_description", "Short description", 160),
        _text("description", "Description", 4000),
        Column("state", "State", "integer", choices=_STATES),
        _choice("priority", "Priority", "1 - Critical", "2 - High", "3 - Moderate", "4 - Low", "5 - Planning"),
        _choice("urgency", "Urgency", *_LEVELS),
        _choice("impact", "Impact", *_LEVELS),
        Column("active", "Active", "boolean"),
        _datetime("opened_at", "Opened"),
        _reference("opened_by", "Opened by", "sys_user"),
        _datetime("closed_at", "Closed"),
        _reference("assigned_to", "Assigned to", "sys_user"),
        _reference("cmdb_ci", "Configuration item", "cmdb_ci"),
        Column("reassignment_count", "Reassignment count", "integer"),
    ),
    number_prefix="TASK",
)
INCIDENT = Table(
    "incident",
    "Incident",
    (
        _reference("caller_id", "Caller", "sys_user", mandatory=True),
        _text("category", "Category"),
        _text("close_notes", "Resolution notes", 4000),
        _choice("severity", "Severity", *_LEVELS),
        _datetime("resolved_at", "Resolved"),
        _reference("resolved_by", "Resolved by", "sys_user"),
        Column("reopen_count", "Reopen count", "integer"),
        Column("business_stc", "Business resolve time", "integer"),
    ),
    "task",
    "INC",
)
SYS_USER = Table(
    "sys_user",
    "User",
    (
        *_SYSTEM,
        _text("user_name", "User ID"),
        _text("first_name", "First name", 50),
        _text("last_name", "Last name", 50),
        _text("name", "Name", 151, display=True),
        Column("email", "Email", "email", 100),
        Column("phone", "Business phone", "ph_number"),
        _text("title", "Title", 60),
        Column("active", "Active", "boolean"),
        Column("locked_out", "Locked out", "boolean"),
        Column("failed_attempts", "Failed login attempts", "integer"),
        _datetime("last_login_time", "Last login time"),
        _reference("manager", "Manager", "sys_user"),
    ),
)
CMDB = Table(
    "cmdb",
    "Base Configuration Item",
    (
        *_SYSTEM,
        _CLASS,
        _text("asset_tag", "Asset tag"),
        _text("serial_number", "Serial number", 255),
        Column("cost", "Cost", "float"),
        Column("purchase_date", "Purchased", "glide_date"),
        _reference("assigned_to", "Assigned to", "sys_user"),
    ),
)
CMDB_CI = Table(
    "cmdb_ci",
    "Configuration Item",
    (
        _text("name", "Name", 255, display=True),
        _text("short_description", "Description", 1000),
        _text("ip_address", "IP Address", 255),
        _choice("operational_status", "Operational status", "Operational", "Non-Operational", "Repair in Progress"),
        Column("monitor", "Monitor", "boolean"),
    ),
    "cmdb",
)
SYS_DB_OBJECT = Table(
    "sys_db_object",
    "Table",
    (
        *_SYSTEM,
        _text("name", "Name", 80),
        _text("label", "Label", 80, display=True),
        _reference("super_class", "Extends table", "sys_db_object"),
        Column("is_extendable", "Extensible", "boolean"),
    ),
)
SYS_DICTIONARY = Table(
    "sys_dictionary",
    "Dictionary Entry",
    (
        *_SYSTEM,
        _text("name", "Table", 80, mandatory=True),
        _text("element", "Column name", 80),
        _text("column_label", "Column label", 80, display=True),
        _reference("internal_type", "Type", "sys_glide_object", "name", mandatory=True),
        Column("max_length", "Max length", "integer"),
        Column("mandatory", "Mandatory", "boolean"),
        _reference("reference", "Reference", "sys_db_object", "name"),
        Column("active", "Active", "boolean"),
        Column("display", "Display", "boolean"),
        Column("choice", "Choice", "integer"),
    ),
)
SYS_GLIDE_OBJECT = Table(
    "sys_glide_object",
    "Field class",
    (
        *_SYSTEM,
        _text("name", "Name", mandatory=True),
        _text("label", "Label", 80, display=True),
        _text("scalar_type", "Extends"),
    ),
)
METADATA_TABLES = (SYS_DB_OBJECT, SYS_DICTIONARY, SYS_GLIDE_OBJECT)
TABLES = (TASK, INCIDENT, SYS_USER, CMDB, CMDB_CI, *METADATA_TABLES)
