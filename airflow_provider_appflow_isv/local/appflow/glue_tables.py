"""What one run wrote to S3, as tables of the Glue Data Catalog.

Inferred, but for the names: the table of a schema version is the flow's folder, or the version's in it, and has the
folders of dates and execution ids as partition columns; the latest table and that of one run are the run's own folder.
The SerDes are those that Athena's user guide names for the file types. Columns have the files' types: where JSON has no
one type for a column it is text. A partition field is no other column, since Athena refuses a column that is both; so
the columns of a partitioned CSV file stand in the table without it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from airflow_provider_appflow_isv.local.appflow.connections.base import VendorError
from airflow_provider_appflow_isv.local.appflow.destinations.formats import decode
from airflow_provider_appflow_isv.local.appflow.destinations.parquet import schema_of
from airflow_provider_appflow_isv.local.appflow.exceptions import AppFlowError
from airflow_provider_appflow_isv.local.appflow.runs.job import Job, Page
from airflow_provider_appflow_isv.local.appflow.runs.outcome import RunFailedError
from airflow_provider_appflow_isv.local.appflow.runs.tasks import plan
from airflow_provider_appflow_isv.local.appflow.wire.service_model import member_of

_UNITS = ("YEAR", "MONTH", "DAY", "HOUR", "MINUTE")
_TYPES = {"boolean": "boolean", "bool": "boolean", "long": "bigint", "int64": "bigint", "double": "double"}
_HIVE = "org.apache.hadoop.hive.ql.io"
_TEXT = ("org.apache.hadoop.mapred.TextInputFormat", f"{_HIVE}.HiveIgnoreKeyTextOutputFormat")
_PARQUET = (f"{_HIVE}.parquet.MapredParquetInputFormat", f"{_HIVE}.parquet.MapredParquetOutputFormat")
_FORMATS = {
    "CSV": (*_TEXT, "org.apache.hadoop.hive.serde2.OpenCSVSerde", {"separatorChar": ",", "quoteChar": '"'}),
    "JSON": (*_TEXT, "org.openx.data.jsonserde.JsonSerDe", {}),
    "PARQUET": (*_PARQUET, f"{_HIVE}.parquet.serde.ParquetHiveSerDe", {"serialization.format": "1"}),
}


@dataclass(frozen=True)
class Table:
    """One table, as Glue's TableInput, with its partitions, each as a PartitionInput."""

    definition: dict[str, Any]
    partitions: list[dict[str, Any]]

    @property
    def name(self) -> str:
        return str(self.definition["Name"])

    def is_elsewhere(self, known: Mapping[str, Any]) -> bool:
        """Say whether a table of the same name has another folder or other partition keys."""
        return _place(self.definition) != _place(known)


def _place(table: Mapping[str, Any]) -> tuple[Any, Any]:
    return table.get("StorageDescriptor", {}).get("Location"), table.get("PartitionKeys")


class Output:
    """The files of one run.

    :param job: the run.
    :param written: their contents by key; at least one.
    """

    def __init__(self, job: Job, written: Mapping[str, bytes]) -> None:
        self._job = job
        output = job.destination.get("s3OutputFormatConfig", {})
        self._file_type = output.get("fileType", "JSON")
        self._by_run = "EXECUTION_ID" in output.get("prefixConfig", {}).get("pathPrefixHierarchy", [])
        self._plan = plan(job.definition["tasks"], member_of(job.source_type))
        run_levels = [*_date_levels(output.get("prefixConfig", {})), *(["execution_id"] if self._by_run else [])]
        self._levels = [*run_levels, *self._plan.partition_keys]
        self._folders = sorted({tuple(key.split("/")[:-1]) for key in written})
        self._root = len(self._folders[0]) - len(self._levels)
        self._run = self._root + len(run_levels)
        self._columns = self._described(_columns(written.values(), self._file_type))

    def tables(self, stem: str, latest: Callable[[str], str]) -> list[Table]:
        """Return the tables that tell of the run.

        :param stem: what their names begin with.
        :param latest: gives the name of the table of the last run by the stem.
        """
        of_version = f"{stem}_{self._job.schema_version}"
        tables = [self._table(latest(stem), self._run), self._table(of_version, self._root)]
        if self._by_run:
            tables.append(self._table(f"{of_version}_{self._job.execution_id}", self._run))
        return tables

    def _columns_beside(self, keys: list[str]) -> list[dict[str, Any]]:
        """The columns without the partition keys; CSV is read by position, so there they stay under another name."""
        if self._file_type != "CSV":
            return [column for column in self._columns if column["Name"] not in keys]
        return [
            {**column, "Name": f"{column['Name']}_in_file"} if column["Name"] in keys else column
            for column in self._columns
        ]

    def _table(self, name: str, depth: int) -> Table:
        """A table whose folder is that many levels deep in the bucket; the levels below are its partitions."""
        levels = self._levels[depth - self._root :]
        keys = [level.lower() for level in levels]
        columns = self._columns_beside(keys)
        header = {"skip.header.line.count": "1"} if self._file_type == "CSV" else {}
        definition = {
            "Name": name,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"classification": self._file_type.lower(), **header},
            "PartitionKeys": [{"Name": key, "Type": "string"} for key in keys],
            "StorageDescriptor": self._storage(columns, self._folders[0][:depth]),
        }
        partitions = [
            {"Values": list(map(_value, levels, folders[depth:])), "StorageDescriptor": self._storage(columns, folders)}
            for folders in self._folders
        ]
        return Table(definition, partitions if levels else [])

    def _storage(self, columns: list[dict[str, Any]], folders: tuple[str, ...]) -> dict[str, Any]:
        input_format, output_format, serde, parameters = _FORMATS[self._file_type]
        return {
            "Columns": columns,
            "Location": f"s3://{'/'.join([self._job.destination['bucketName'], *folders])}/",
            "InputFormat": input_format,
            "OutputFormat": output_format,
            "SerdeInfo": {"SerializationLibrary": serde, "Parameters": parameters},
        }

    def _described(self, columns: Mapping[str, str]) -> list[dict[str, Any]]:
        """Columns with the labels and descriptions that the source has for the fields behind them."""
        fields = {each["identifier"]: each for each in self._source_fields()}
        sources = {mapping.destination: mapping.source for mapping in self._plan.mappings}
        described = {}
        for name, hive_type in columns.items():
            field = fields.get(sources.get(name, name), {})
            told = {"AppFlowLabel": field.get("label"), "AppFlowDescription": field.get("description")}
            described[name.lower()] = {
                "Name": name.lower(),
                "Type": hive_type,
                "Parameters": {key: text for key, text in told.items() if text},
            }
        return list(described.values())

    def _source_fields(self) -> list[dict[str, Any]]:
        entity = self._job.source.get("object") or self._job.source.get("entityName")
        if entity is None:
            return []  # files tell nothing of their fields
        try:
            return self._job.source_connection().fields(entity)
        except (VendorError, AppFlowError, RunFailedError):
            return []  # the data are there, and do not need it


def _date_levels(prefix_config: Mapping[str, Any]) -> list[str]:
    if prefix_config.get("prefixType") not in ("PATH", "PATH_AND_FILENAME"):
        return []
    return [unit.lower() for unit in _UNITS[: _UNITS.index(prefix_config.get("prefixFormat", "DAY")) + 1]]


def _value(level: str, folder: str) -> str:
    return unquote(folder).removeprefix(f"{level}=")  # Hive reads the names of folders percent-decoded


def _columns(contents: Collection[bytes], file_type: str) -> dict[str, str]:
    """Names and Hive types of the columns of a run's files, in order."""
    if file_type == "CSV":
        headers = [next(csv.reader(io.StringIO(content.decode(), newline=""))) for content in contents]
        return {name: "string" for header in headers for name in header}
    if file_type == "PARQUET":
        import pyarrow.parquet as pq

        schemas = [pq.read_schema(io.BytesIO(content)) for content in contents]
        return {each.name: _TYPES.get(str(each.type), "string") for schema in schemas for each in schema}
    records = [record for content in contents for record in decode(content, "JSON")]
    names = list(dict.fromkeys(name for record in records for name in record))
    return {name: _TYPES.get(kind, "string") for name, kind in schema_of([Page(names, records)]).items()}
