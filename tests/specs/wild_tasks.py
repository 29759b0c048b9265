"""Tasks as the console, cdk-appflow, Terraform and people write them, right and wrong."""

from __future__ import annotations

from typing import Any

Task = dict[str, Any]
KEY = "Salesforce"


def task(kind: str, sources: list[str], operator: str | None = None, to: str | None = None, **properties: str) -> Task:
    return {
        "taskType": kind,
        "sourceFields": sources,
        **({"connectorOperator": {KEY: operator}} if operator else {}),
        **({"destinationField": to} if to is not None else {}),
        "taskProperties": properties,
    }


def projection(*names: str) -> Task:
    return task("Filter", list(names), "PROJECTION", "")


MAP = task("Map", ["Id"], "NO_OP", "Id")
MASK = {"MASK_VALUE": "*", "MASK_LENGTH": "5"}
WILD = {
    "the console's: data types of all kinds, a length for a mask of all": [
        projection("Id", "Name", "Phone"),
        task("Map", ["Id"], "NO_OP", "Id", SOURCE_DATA_TYPE="id", DESTINATION_DATA_TYPE="id"),
        task("Mask", ["Name"], "MASK_ALL", "Name", **MASK),
        task("Map", ["Name"], "NO_OP", "Name", SOURCE_DATA_TYPE="string", DESTINATION_DATA_TYPE="string"),
        task("Map", ["Phone"], "NO_OP", "Phone", SOURCE_DATA_TYPE="phone", DESTINATION_DATA_TYPE="phone"),
    ],
    "cdk-appflow's: a Merge whose Map has no destination field": [
        projection("A", "B"),
        task("Merge", ["A", "B"], "NO_OP", "A,B", CONCAT_FORMAT="${A} ${B}"),
        task("Map", ["A,B"], "NO_OP", SOURCE_DATA_TYPE="string", DESTINATION_DATA_TYPE="string"),
    ],
    "Terraform's: Map_all of an empty text": [task("Map_all", [""], "NO_OP", "")],
    "Terraform's: Map_all with data types": [
        task("Map_all", [], "NO_OP", SOURCE_DATA_TYPE="string", DESTINATION_DATA_TYPE="string")
    ],
    "Map_all of the user guide, without an operator": [{"taskType": "Map_all", "sourceFields": []}],
    "Map_all and a projection": [projection("Id"), task("Map_all", [], "NO_OP", EXCLUDE_SOURCE_FIELDS_LIST="[]")],
    "Map_all that takes a field which is mapped, too": [
        task("Map_all", [], "NO_OP", EXCLUDE_SOURCE_FIELDS_LIST="[]"),
        task("Map", ["Id"], "NO_OP", "external_id"),
    ],
    "Map_all twice": [task("Map_all", [], "NO_OP")] * 2,
    "a property that no class has": [task("Map_all", [], "NO_OP", INCLUDE_NEW_FIELDS="true")],
    "a list that is none": [task("Map_all", [], "NO_OP", EXCLUDE_SOURCE_FIELDS_LIST="Id")],
    "a wider projection": [projection("Id", "Name"), MAP],
    "a narrower projection": [projection("Name"), MAP, task("Map", ["Name"], to="Name")],
    "two projections": [projection("Id"), projection("Name"), MAP],
    "a projection of nothing": [projection(), MAP],
    "a field that only a mask has": [projection("Id"), MAP, task("Mask", ["Name"], "MASK_ALL", **MASK)],
    "several masks of a field": [
        projection("Id"),
        task("Mask", ["Id"], "MASK_FIRST_N", MASK_VALUE="*", MASK_LENGTH="2"),
        task("Mask", ["Id"], "MASK_LAST_N", MASK_VALUE="#", MASK_LENGTH="2"),
        MAP,
    ],
    "a mask without a length": [projection("Id"), task("Mask", ["Id"], "MASK_LAST_N"), MAP],
    "several lengths of a field": [
        projection("Id"),
        task("Truncate", ["Id"], "NO_OP", TRUNCATE_LENGTH="9"),
        task("Truncate", ["Id"], "NO_OP", TRUNCATE_LENGTH="3"),
        MAP,
    ],
    "validations with several actions": [
        projection("Id"),
        task("Validate", ["Id"], "VALIDATE_NON_NULL", "Id", VALIDATION_ACTION="DropRecord"),
        task("Validate", ["Id"], "VALIDATE_NUMERIC", "Id", VALIDATION_ACTION="DropDataset"),
        MAP,
    ],
    "a validation without an action": [projection("Id"), task("Validate", ["Id"], "VALIDATE_NON_NULL"), MAP],
    "changes without a field": [projection("Id"), task("Mask", [], "MASK_ALL"), task("Truncate", []), MAP],
    "filters of all styles": [
        projection("Id"),
        task("Filter", ["Id"], "EQUAL_TO", "Id", VALUE="x"),
        task("Filter", ["Id"], "EQUAL_TO", DATA_TYPE="id", VALUES="x,y"),
        task("Filter", ["Id"], "NOT_EQUAL_TO", DATA_TYPE="string", VALUES="x,y"),
        task("Filter", ["Id"], "EQUAL_TO", DATA_TYPE="string", VALUES="x"),
        task("Filter", ["Id"], "EQUAL_TO", DATA_TYPE="string", VALUE="x", VALUES="y"),
        task("Filter", ["Id"], "BETWEEN", DATA_TYPE="string", LOWER_BOUND="z", UPPER_BOUND="a"),
        task("Filter", ["Id"], "GREATER_THAN", DATA_TYPE="datetime", VALUE="yesterday"),
        task("Filter", ["Id"], "GREATER_THAN", DATA_TYPE="double", VALUE="1e3"),
        task("Filter", ["Id"], "GREATER_THAN", DATA_TYPE="no such type", VALUE="1"),
        task("Filter", ["Id"], "CONTAINS", DATA_TYPE="string"),
        MAP,
    ],
    "the same filter twice": [projection("Id"), *[task("Filter", ["Id"], "EQUAL_TO", VALUE="x")] * 2, MAP],
    "temporary fields of other names": [
        projection("A", "B", "C"),
        task("Merge", ["A", "B"], "NO_OP", "temp_1", CONCAT_FORMAT="${A} ${B}"),
        task("Merge", ["A", "C"], "NO_OP", "temp_2", CONCAT_FORMAT="${A} ${C}"),
        task("Arithmetic", ["B", "C"], "SUBTRACTION", "temp_3", MATH_OPERATION_FIELDS_ORDER="C,B"),
        task("Map", ["temp_2"], "NO_OP", "x"),
        task("Map", ["temp_1"], "NO_OP", "y"),
        task("Map", ["temp_3"], "NO_OP", "z"),
    ],
    "a temporary field that is mapped twice": [
        projection("A", "B"),
        task("Merge", ["A", "B"], "NO_OP", "A,B", CONCAT_FORMAT="${A} ${B}"),
        task("Map", ["A,B"], "NO_OP", "x"),
        task("Map", ["A,B"], "NO_OP", "y"),
    ],
    "a temporary field of a temporary field": [
        projection("A", "B", "C"),
        task("Merge", ["A", "B"], "NO_OP", "A,B", CONCAT_FORMAT="${A} ${B}"),
        task("Merge", ["A,B", "C"], "NO_OP", "A,B,C", CONCAT_FORMAT="${A,B} ${C}"),
        task("Map", ["A,B,C"], "NO_OP", "x"),
    ],
    "a Merge without a format, whose field no task takes on": [
        projection("A", "B"),
        task("Merge", ["A", "B"], to="whole"),
        task("Map", ["A"], to="a"),
    ],
    "arithmetic of data types": [
        projection("A", "B"),
        task("Arithmetic", ["A", "B"], "ADDITION", "A,B"),
        task("Map", ["A,B"], "NO_OP", "x", SOURCE_DATA_TYPE="double", DESTINATION_DATA_TYPE="double"),
    ],
    "two fields in one": [projection("A", "B"), task("Map", ["A"], to="x"), task("Map", ["B"], to="x")],
    "a data type that nobody knows": [projection("A"), task("Map", ["A"], to="x", SOURCE_DATA_TYPE="hologram")],
    "what nobody knows the meaning of": [
        projection("Id"),
        task("Passthrough", ["Id"], "NO_OP", "Id", SUBFIELD_CATEGORY_MAP="{}"),
        task("Map", ["Id"], "NO_OP", "Id", SUBFIELD_CATEGORY_MAP="{}"),
        task("Partition", [], "NO_OP", ORDERED_PARTITION_KEYS_LIST="no list"),
    ],
    "a partition": [projection("Id"), MAP, task("Partition", [], ORDERED_PARTITION_KEYS_LIST='["Id"]')],
    "a partition of many fields": [projection("Id"), MAP, task("Partition", [], ORDERED_PARTITION_KEYS_LIST='["a"]')],
}
