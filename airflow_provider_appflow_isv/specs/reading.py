"""From AppFlow's tasks back to field operations and filters; what no class says stays a :class:`RawTask`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv.specs.errors import SpecError
from airflow_provider_appflow_isv.specs.fields import (
    CALCULATIONS,
    VALIDATIONS,
    AllFields,
    Concat,
    Field,
    FieldOperation,
    Made,
    PartitionBy,
    RawTask,
)
from airflow_provider_appflow_isv.specs.filters import Filter, filter_of
from airflow_provider_appflow_isv.specs.normal import Key, names_in, task_keys
from airflow_provider_appflow_isv.specs.tasks import declared_types, is_projection, tasks_of

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.specs.ends import Source

Task = Mapping[str, Any]
_RULES = {operator: rule for rule, operator in VALIDATIONS.items()}
_MASKS = {"MASK_ALL": "all", "MASK_FIRST_N": "first", "MASK_LAST_N": "last"}


def read_tasks(source: Source, tasks: Sequence[Task]) -> tuple[list[FieldOperation], list[Filter]]:
    """Return the field operations and filters that make the given tasks.

    :param source: the flow's source.
    :param tasks: the tasks of a request or an answer.
    """
    reader = _Reader(source, tasks)
    try:
        fields, filters = reader.read()
        made, given = _keys(source, tasks_of(source, fields, filters)), _keys(source, tasks)
        left = given - made
        fields = [*fields, *(reader.raw(each) for each in _with_keys(source, tasks, left))]
        if _keys(source, tasks_of(source, fields, filters)) == given:
            return fields, filters
    except (SpecError, KeyError, IndexError, TypeError):
        pass  # it is no definition that these classes would write
    return [reader.raw(each) for each in tasks], []


class _Reader:
    """Reads the tasks of one flow as far as it understands them."""

    def __init__(self, source: Source, tasks: Sequence[Task]) -> None:
        self.source = source
        self.made = {
            each.get("destinationField"): each for each in tasks if each["taskType"] in ("Merge", "Arithmetic")
        }
        self.tasks = tasks
        self.changes: dict[str, list[Task]] = defaultdict(list)
        for each in tasks:
            if each["taskType"] in ("Mask", "Truncate", "Validate"):
                self.changes[each["sourceFields"][0]].append(each)

    def read(self) -> tuple[list[FieldOperation], list[Filter]]:
        """Field operations and filters, in the order of their tasks."""
        fields: list[FieldOperation] = []
        for each in self.tasks:
            if each["taskType"] == "Map":
                fields.append(self._mapped(each))
            elif each["taskType"] == "Map_all":
                fields.append(AllFields(names_in(each, "EXCLUDE_SOURCE_FIELDS_LIST")))
            elif each["taskType"] == "Partition":
                fields.append(PartitionBy(names_in(each, "ORDERED_PARTITION_KEYS_LIST")))
        mapped = {each.name for each in fields if isinstance(each, Field)}
        fields = [
            AllFields([name for name in each.exclude if name not in mapped]) if isinstance(each, AllFields) else each
            for each in fields
        ]
        declared = declared_types(fields)
        filters = [
            filter_of(each["sourceFields"][0], self._operator(each), each.get("taskProperties") or {}, declared)
            for each in self.tasks
            if each["taskType"] == "Filter" and not is_projection(each, self.source.key)
        ]
        return fields, [each for each in filters if each is not None]

    def raw(self, task: Task) -> RawTask:
        """A task as it is."""
        return RawTask(
            task["taskType"],
            [each for each in task["sourceFields"] if each],
            operator=self._operator(task),
            to=task.get("destinationField"),
            properties=dict(task.get("taskProperties") or {}),
        )

    def _mapped(self, task: Task) -> FieldOperation:
        name = task["sourceFields"][0]
        to = task.get("destinationField") or name
        changes = self._changed(name)
        maker = self.made.get(name)
        if maker is not None:
            return self._maker(maker, to, changes)
        properties = task.get("taskProperties") or {}
        kind = properties.get("SOURCE_DATA_TYPE", properties.get("DATA_TYPE"))
        to_kind = properties.get("DESTINATION_DATA_TYPE")
        return Field(
            name,
            to=None if to == name else to,
            type=kind,
            to_type=None if to_kind == kind else to_kind,
            **changes,
        )

    def _maker(self, maker: Task, to: str, changes: dict[str, Any]) -> Made:
        properties = maker.get("taskProperties") or {}
        if maker["taskType"] == "Merge":
            return Concat(maker["sourceFields"], to=to, format=properties["CONCAT_FORMAT"], **changes)
        operation = CALCULATIONS[self._operator(maker) or ""]
        first, second = maker["sourceFields"]
        if properties.get("MATH_OPERATION_FIELDS_ORDER") == f"{second},{first}":
            first, second = second, first
        return operation(first, second, to=to, **changes)

    def _changed(self, name: str) -> dict[str, Any]:
        """What Mask, Truncate and Validate tasks say of a field."""
        found: dict[str, Any] = {}
        rules: list[str] = []
        for each in self.changes.get(name, ()):
            properties, operator = each.get("taskProperties") or {}, self._operator(each) or ""
            if each["taskType"] == "Validate":
                rules.append(_RULES[operator])
                found["on_invalid"] = properties["VALIDATION_ACTION"]
            elif each["taskType"] == "Mask":
                length = "" if operator == "MASK_ALL" else properties["MASK_LENGTH"]
                found |= {"mask": f"{_MASKS[operator]}{length}", "mask_character": properties.get("MASK_VALUE", "*")}
            else:
                found["truncate"] = properties["TRUNCATE_LENGTH"]
        return {**found, "validate": rules}

    def _operator(self, task: Task) -> str | None:
        return (task.get("connectorOperator") or {}).get(self.source.key)


def _keys(source: Source, tasks: Sequence[Task]) -> Counter[Key]:
    return Counter(task_keys(source.type_name, tasks))


def _with_keys(source: Source, tasks: Sequence[Task], wanted: Counter[Key]) -> list[Task]:
    """The tasks that have the wanted normal forms, as often as they are wanted."""
    left, found = Counter(wanted), []
    for each, key in zip(tasks, task_keys(source.type_name, tasks, implied=True), strict=True):
        if left[key] > 0:
            left[key] -= 1
            found.append(each)
    return found
