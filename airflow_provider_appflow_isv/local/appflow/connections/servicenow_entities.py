"""ServiceNow tables and columns as AppFlow's connector entities.

Stated publicly: every table is listed, a column's type is read from ``sys_glide_object``, incremental flows go by
``sys_updated_on`` (AppFlow user guide, "ServiceNow"). Inferred: types are called as ServiceNow stores them, but for
references; each takes the operators that AWS Glue's ServiceNow connector has for it (AWS Glue user guide, "Reading
from ServiceNow entities"), a reference none.
"""

from __future__ import annotations

from typing import Any

_TIMESTAMP = "sys_updated_on"
_EQUALITY = ["EQUAL_TO", "NOT_EQUAL_TO"]
_COMPARISONS = [
    *_EQUALITY,
    "LESS_THAN",
    "LESS_THAN_OR_EQUAL_TO",
    "GREATER_THAN",
    "GREATER_THAN_OR_EQUAL_TO",
    "BETWEEN",
]
_COMPARED = ("integer", "long", "float", "decimal", "date", "datetime")
_FILTER_OPERATORS: dict[str, list[str]] = {
    **dict.fromkeys(_COMPARED, _COMPARISONS),
    "boolean": _EQUALITY,
    "reference": [],
}
_TEXT_OPERATORS = [*_COMPARISONS, "CONTAINS"]


def entity(table: dict[str, str]) -> dict[str, Any]:
    """Return a table, as ``sys_db_object`` has it, as a ConnectorEntity."""
    return {"name": table["name"], "label": table["label"] or table["name"], "hasNestedEntities": False}


def entity_field(column: dict[str, str], scalar_type: str) -> dict[str, Any]:
    """Return a column as a ConnectorEntityField.

    :param column: the column, as ``sys_dictionary`` has it.
    :param scalar_type: how its type is stored, as ``sys_glide_object`` says.
    """
    kind = "reference" if column["internal_type"] == "reference" else scalar_type
    details: dict[str, Any] = {"fieldType": kind, "filterOperators": _FILTER_OPERATORS.get(kind, _TEXT_OPERATORS)}
    if kind == "boolean":
        details["supportedValues"] = ["true", "false"]
    name = column["element"]
    return {
        "identifier": name,
        "label": column["column_label"] or name,
        "isPrimaryKey": name == "sys_id",
        "supportedFieldTypeDetails": {"v1": details},
        "sourceProperties": {
            "isRetrievable": True,
            "isQueryable": True,
            "isTimestampFieldForIncrementalQueries": name == _TIMESTAMP,
        },
    }
