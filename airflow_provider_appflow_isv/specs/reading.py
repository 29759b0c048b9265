"""From AppFlow's tasks back to field operations and filters; what no class says stays a :class:`RawTask`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from airflow_provider_appflow_isv.specs.configs import refuse_more
from airflow_provider_appflow_isv.specs.errors import SpecError, found_in
from airflow_provider_appflow_isv.specs.fields import (
    ACTIONS,
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
from airflow_provider_appflow_isv.specs.general import source_facts
from airflow_provider_appflow_isv.specs.task_forms import Task, TaskForm, names_in, operator_of, task_forms
from airflow_provider_appflow_isv.specs.tasks import declared_types, tasks_of

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.specs.ends import Source

T = TypeVar("T")
_RULES = {operator: rule for rule, operator in VALIDATIONS.items()}
_MASKS = {"MASK_ALL": "all", "MASK_FIRST_N": "first", "MASK_LAST_N": "last"}
_EXCLUDED, _PARTITIONED = "EXCLUDE_SOURCE_FIELDS_LIST", "ORDERED_PARTITION_KEYS_LIST"
_MEMBERS = ("taskType", "sourceFields", "connectorOperator", "destinationField", "taskProperties")
_TYPES = ("DATA_TYPE", "SOURCE_DATA_TYPE", "DESTINATION_DATA_TYPE")


def read_tasks(source: Source, tasks: Sequence[Task]) -> tuple[list[FieldOperation], list[Filter]]:
    """Return the field operations and filters that make the given tasks.

    :param source: the flow's source.
    :param tasks: the tasks of a request or an answer.
    :raises SpecError: for a task of which a member would be lost, or that even a :class:`RawTask` can't say.
    """
    for number, each in enumerate(tasks):
        with found_in(f"tasks[{number}]"):
            refuse_more(each, *_MEMBERS)
    fields, filters = _Reader(source, tasks).read()
    given = _forms(source, tasks)
    try:
        left = given - _forms(source, tasks_of(source, fields, filters))
        fields += [raw_task(source, each) for each in _with_forms(source, tasks, left)]
        if _forms(source, tasks_of(source, fields, filters)) == given:
            return fields, filters
    except SpecError:
        pass  # it is no definition that these classes would write
    return raw_tasks(source, tasks), []


def raw_tasks(source: Source, tasks: Sequence[Task]) -> list[FieldOperation]:
    """Return the given tasks, each as it is.

    :param source: the flow's source.
    :param tasks: the tasks of a request or an answer.
    :raises SpecError: for one that even a :class:`RawTask` can't say.
    """
    found: list[FieldOperation] = []
    for number, each in enumerate(tasks):
        with found_in(f"tasks[{number}]"):
            found.append(raw_task(source, each))
    return found


def raw_task(source: Source, task: Task) -> RawTask:
    """A task as it is.

    :param source: the flow's source.
    :param task: the task.
    """
    return RawTask(
        task["taskType"],
        [each for each in task["sourceFields"] if each],
        operator=operator_of(task, source.key),
        to=task.get("destinationField") or None,
        properties=dict(task.get("taskProperties") or {}),
    )


class _Reader:
    """Reads the tasks of one flow as far as it understands them."""

    def __init__(self, source: Source, tasks: Sequence[Task]) -> None:
        self.source = source
        self.types = source_facts(source).data_types
        self.tasks = tasks
        self.makers: dict[str, list[Task]] = defaultdict(list)
        self.changes: dict[str, list[Task]] = defaultdict(list)
        for each in tasks:
            if each["taskType"] in ("Merge", "Arithmetic"):
                self.makers[each.get("destinationField") or ""].append(each)
            elif each["taskType"] in ("Mask", "Truncate", "Validate") and len(each["sourceFields"]) == 1:
                self.changes[each["sourceFields"][0]].append(each)

    def read(self) -> tuple[list[FieldOperation], list[Filter]]:
        """Field operations and filters, in the order of their tasks."""
        readers = {"Map": self._mapped, "Map_all": self._all_fields, "Partition": self._partition}
        fields: list[FieldOperation] = [*self._understood(readers)]
        mapped = {each.name for each in fields if isinstance(each, Field)}
        # what is mapped by itself is always excluded by those who write all of it
        fields = [
            AllFields([name for name in each.exclude if name not in mapped]) if isinstance(each, AllFields) else each
            for each in fields
            if not isinstance(each, AllFields) or mapped <= set(each.exclude)
        ]
        declared = declared_types(self.source, fields)
        return fields, [*self._understood({"Filter": lambda task: self._filter(task, declared)})]

    def _understood(self, readers: Mapping[str, Callable[[Task], T | None]]) -> Iterator[T]:
        """What the tasks of some types say, as far as the specs' classes can say the same."""
        for each in self.tasks:
            try:
                read = readers[each["taskType"]](each) if each["taskType"] in readers else None
            except (SpecError, KeyError, IndexError, ValueError):
                continue
            if read is not None:
                yield read

    def _all_fields(self, task: Task) -> FieldOperation | None:
        more = set(task.get("taskProperties") or {}) - {_EXCLUDED, *_TYPES}
        return None if more else AllFields(names_in(task, _EXCLUDED))

    def _partition(self, task: Task) -> FieldOperation:
        return PartitionBy(names_in(task, _PARTITIONED))

    def _filter(self, task: Task, declared: Mapping[str, str]) -> Filter | None:
        (name,) = task["sourceFields"]
        operator = operator_of(task, self.source.key)
        return filter_of(name, operator, task.get("taskProperties") or {}, declared)

    def _mapped(self, task: Task) -> FieldOperation | None:
        (name,) = task["sourceFields"]
        to, properties = task.get("destinationField") or name, task.get("taskProperties") or {}
        kind = properties.get("SOURCE_DATA_TYPE", properties.get("DATA_TYPE"))
        to_kind = properties.get("DESTINATION_DATA_TYPE")
        if set(properties) - set(_TYPES) or (kind and self.types is not None and kind not in self.types):
            return None
        changes = self._changed(name)
        if name in self.makers:
            (maker,) = self.makers[name]
            return self._made(maker, to, changes)
        return Field(
            name,
            to=None if to == name else to,
            type=kind,
            to_type=None if to_kind == kind else to_kind,
            **changes,
        )

    def _made(self, maker: Task, to: str, changes: dict[str, Any]) -> Made:
        properties = maker.get("taskProperties") or {}
        if maker["taskType"] == "Merge":
            return Concat(maker["sourceFields"], to=to, format=properties["CONCAT_FORMAT"], **changes)
        operation = CALCULATIONS[operator_of(maker, self.source.key) or ""]
        first, second = maker["sourceFields"]
        if properties.get("MATH_OPERATION_FIELDS_ORDER") == f"{second},{first}":
            first, second = second, first
        return operation(first, second, to=to, **changes)

    def _changed(self, name: str) -> dict[str, Any]:
        """What Mask, Truncate and Validate tasks say of a field, the first of each kind; the others stay tasks."""
        found: dict[str, Any] = {}
        rules: list[str] = []
        for each in self.changes.get(name, ()):
            properties, operator = each.get("taskProperties") or {}, operator_of(each, self.source.key) or ""
            if each["taskType"] == "Validate":
                action = properties.get("VALIDATION_ACTION")
                if operator in _RULES and action in ACTIONS and found.setdefault("on_invalid", action) == action:
                    rules.append(_RULES[operator])
            elif each["taskType"] == "Truncate":
                found.setdefault("truncate", properties.get("TRUNCATE_LENGTH"))
            elif operator in _MASKS and "mask" not in found:
                length = "" if operator == "MASK_ALL" else properties.get("MASK_LENGTH", "")
                found |= {"mask": f"{_MASKS[operator]}{length}", "mask_character": properties.get("MASK_VALUE", "*")}
        return {**found, "validate": rules}


def _forms(source: Source, tasks: Sequence[Task]) -> Counter[TaskForm]:
    return Counter(each.by_default for each in task_forms(source.type_name, tasks))


def _with_forms(source: Source, tasks: Sequence[Task], wanted: Counter[TaskForm]) -> Iterator[Task]:
    """The tasks that have the wanted normal forms, as often as they are wanted."""
    left = Counter(wanted)
    for each, form in zip(tasks, task_forms(source.type_name, tasks, implied=True), strict=True):
        if left[form.by_default] > 0:
            left[form.by_default] -= 1
            yield each
