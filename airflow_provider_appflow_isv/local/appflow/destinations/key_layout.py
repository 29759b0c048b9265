"""Where a run's objects go in the destination bucket.

Stated publicly: every flow has the folder ``<bucketPrefix>/<flow name>/``; ``schemaVersion_<n>/``, a UTC date folder,
the execution id and the folders of a partition follow in this order; a file name equal to the execution id, without
extension, was seen for runs on demand; a FILENAME prefix ends the name with the file's UTC creation time (AppFlow user
guide, "Partitioning" and "Amazon S3"). Inferred: the execution id is the file name also inside the folders, a second
and further file of a run gets ``-2``, ``-3`` appended, and pathPrefixHierarchy does not change the order above.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from airflow_provider_appflow_isv.local.appflow.runs.outcome import RunFailedError

_MAX_KEY_BYTES = 1024  # Amazon S3 user guide, "Naming Amazon S3 objects"
_FOLDERS = {
    "YEAR": "%Y",
    "MONTH": "%Y/%m",
    "DAY": "%Y/%m/%d",
    "HOUR": "%Y/%m/%d/%H",
    "MINUTE": "%Y/%m/%d/%H/%M",
}


@dataclass(frozen=True)
class KeyLayout:
    """Keys of one run.

    :param bucket_prefix: the destination's bucketPrefix, empty for none; a slash at its end counts once.
    :param flow_name: the flow.
    :param execution_id: the run.
    :param schema_version: the flow's schema version.
    :param started_at: seconds since the epoch.
    :param prefix_config: the destination's prefixConfig.
    """

    bucket_prefix: str
    flow_name: str
    execution_id: str
    schema_version: int
    started_at: float
    prefix_config: Mapping[str, Any]

    def key(self, part: int = 1, partition: Sequence[str] = ()) -> str:
        """Return the key of one file of the run.

        :param part: its number among the files of its partition, counted from 1; default 1.
        :param partition: folders of the file's partition, e.g. ``Industry=Energy``; default none.
        :raises RunFailedError: if S3 takes no key as long as that.
        """
        hierarchy = self.prefix_config.get("pathPrefixHierarchy", [])
        kind = self.prefix_config.get("prefixType", "")
        moment = datetime.fromtimestamp(self.started_at, UTC)
        folders = [self.bucket_prefix.removesuffix("/")] if self.bucket_prefix else []
        folders.append(self.flow_name)
        if "SCHEMA_VERSION" in hierarchy:
            folders.append(f"schemaVersion_{self.schema_version}")
        if kind in ("PATH", "PATH_AND_FILENAME"):
            folders.append(moment.strftime(_FOLDERS[self.prefix_config.get("prefixFormat", "DAY")]))
        if "EXECUTION_ID" in hierarchy:
            folders.append(self.execution_id)
        folders += partition
        name = self.execution_id if part == 1 else f"{self.execution_id}-{part}"
        if kind in ("FILENAME", "PATH_AND_FILENAME"):
            name += f"-{moment:%Y-%m-%dT%H:%M:%S}"
        key = "/".join([*folders, name])
        size = len(key.encode())
        if size > _MAX_KEY_BYTES:
            raise RunFailedError(
                f"The key of an object would have {size} bytes, S3 takes {_MAX_KEY_BYTES}: shorten bucketPrefix or "
                f"partition by fields with shorter values. It begins with {key[:100]}"
            )
        return key
