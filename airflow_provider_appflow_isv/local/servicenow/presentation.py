"""Records as the Table API shows them: which fields, and stored values, display values or both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast, get_args

from airflow_provider_appflow_isv.local.servicenow.errors import ApiError

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.servicenow.records import Record
    from airflow_provider_appflow_isv.local.servicenow.snapshot import Path, Snapshot
    from airflow_provider_appflow_isv.local.servicenow.tables import Column

DisplayMode = Literal["false", "true", "all"]
Shown = str | dict[str, str]


def display_mode(text: str | None) -> DisplayMode:
    """Read ``sysparm_display_value``.

    :param text: the parameter; None is ``false``.
    :raises ApiError: if it isn't ``false``, ``true`` or ``all``.
    """
    if text is None:
        return "false"
    if text not in get_args(DisplayMode):
        raise ApiError(f"sysparm_display_value: {text!r} is none of true, false and all", None, 400)
    return cast("DisplayMode", text)


class Presentation:
    """How one request wants a table's records to be shown.

    :param snapshot: where references are looked up.
    :param table_name: the table.
    :param instance_url: the instance's base URL, for links.
    :param fields: the columns to show, perhaps dot-walked; those that don't exist are left out. Empty shows all.
    :param mode: whether to show stored values, display values or both.
    :param with_links: whether a reference comes with a link to its record.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        table_name: str,
        instance_url: str,
        fields: tuple[str, ...],
        mode: DisplayMode,
        *,
        with_links: bool,
    ) -> None:
        self._snapshot = snapshot
        self._instance_url = instance_url
        self._mode = mode
        self._with_links = with_links
        self._paths: dict[str, Path] = {}
        for name in fields or snapshot.schema.columns(table_name):
            path = snapshot.path(table_name, name)
            if path is not None:
                self._paths[name] = path

    def show(self, record: Record) -> dict[str, Shown]:
        """Return a record as the answer holds it.

        :param record: the record.
        """
        return {
            name: self._shown(path.column, self._snapshot.value(record, path)) for name, path in self._paths.items()
        }

    def _shown(self, column: Column, value: str) -> Shown:
        linked = bool(column.reference and value and self._with_links)
        if self._mode == "false":
            return {"link": self._link(column, value), "value": value} if linked else value
        display = self._snapshot.display_value(column, value)
        if self._mode == "true":
            return {"display_value": display, "link": self._link(column, value)} if linked else display
        both = {"display_value": display, "value": value}
        return {**both, "link": self._link(column, value)} if linked else both

    def _link(self, column: Column, value: str) -> str:
        table = f"{self._instance_url}/api/now/table/{column.reference}"
        return f"{table}/{value}" if column.reference_key == "sys_id" else f"{table}?{column.reference_key}={value}"
