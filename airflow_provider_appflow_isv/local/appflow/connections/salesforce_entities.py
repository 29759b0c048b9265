"""Salesforce objects and fields as AppFlow's connector entities (AppFlow API reference, DescribeConnectorEntity)."""

from __future__ import annotations

from typing import Any

_COMPARISONS = [
    "EQUAL_TO",
    "NOT_EQUAL_TO",
    "LESS_THAN",
    "LESS_THAN_OR_EQUAL_TO",
    "GREATER_THAN",
    "GREATER_THAN_OR_EQUAL_TO",
]
_NUMBERS = ("double", "int", "long", "currency", "percent")
_DATES = ("datetime", "date")
_FILTER_OPERATORS: dict[str, list[str]] = {
    "string": ["CONTAINS", "EQUAL_TO", "NOT_EQUAL_TO"],
    **dict.fromkeys(_NUMBERS, _COMPARISONS),
    **{kind: [*_COMPARISONS, "BETWEEN"] for kind in _DATES},
}


def entity(salesforce_object: dict[str, Any]) -> dict[str, Any]:
    """Return one object of the org as a ConnectorEntity."""
    return {
        "name": salesforce_object["name"],
        "label": salesforce_object.get("label", salesforce_object["name"]),
        "hasNestedEntities": False,
    }


def entity_field(field: dict[str, Any]) -> dict[str, Any]:
    """Return one field of an object's describe as a ConnectorEntityField.

    Filter operators by type: id, reference, picklist, textarea, address and the other types take EQUAL_TO only.
    """
    kind = field["type"]
    details: dict[str, Any] = {"fieldType": kind, "filterOperators": _FILTER_OPERATORS.get(kind, ["EQUAL_TO"])}
    if kind == "boolean":
        details["supportedValues"] = ["true", "false"]
    elif field.get("picklistValues"):
        details["supportedValues"] = [choice["value"] for choice in field["picklistValues"]]
    return {
        "identifier": field["name"],
        "label": field.get("label", field["name"]),
        "isPrimaryKey": kind == "id",
        "supportedFieldTypeDetails": {"v1": details},
        "sourceProperties": {
            "isRetrievable": True,
            "isQueryable": field.get("filterable", True),
            "isTimestampFieldForIncrementalQueries": kind in _DATES,
        },
        "destinationProperties": {
            "isCreatable": field.get("createable", False),
            "isUpdatable": field.get("updateable", False),
            "isNullable": field.get("nillable", False),
        },
    }
