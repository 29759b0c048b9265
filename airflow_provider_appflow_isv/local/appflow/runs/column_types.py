"""The data types of a destination's columns, as far as anything declares them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .tasks import TaskPlan


def column_types(task_plan: TaskPlan, source_types: Mapping[str, str]) -> dict[str, str]:
    """Return data types by column.

    A field that is masked or truncated is text; a Map task's DESTINATION_DATA_TYPE counts more than the source's type.

    :param task_plan: the run's tasks.
    :param source_types: data types by source field, for those that the source declares.
    """
    known = {**source_types, **{change.field: "string" for change in task_plan.changes}}
    types = {name: each for name, each in known.items() if task_plan.maps_all and name not in task_plan.excluded}
    for mapping in task_plan.mappings:
        types.pop(mapping.destination, None)
        declared = mapping.data_type or known.get(mapping.source)
        if declared is not None:
            types[mapping.destination] = declared
    return types
