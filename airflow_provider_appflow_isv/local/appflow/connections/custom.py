"""The vendor seen through a registered custom connector."""

from __future__ import annotations

import math
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv.local.appflow.exceptions import AppFlowError

from .base import Keeper, VendorError

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.appflow.connectors.custom_connectors import (
        CustomConnection,
        Provided,
        Query,
    )

_NO_VALID_RESPONSE = "Got error from connector. No valid response and error details found in the connector response."


class GuardedConnection:
    """A provided connection whose code may fail in any way, as a Lambda function may.

    :param provided: the connector.
    :param properties: CustomConnectorProfileProperties.
    :param keeper: the profile's credentials.
    """

    def __init__(self, provided: Provided, properties: Mapping[str, Any], keeper: Keeper) -> None:
        self._provided = provided
        self._properties = properties
        self._keeper = keeper

    def check(self) -> None:
        """Log in."""
        with self._opened() as connection:
            connection.check()

    def entities(self, path: str | None) -> dict[str, list[dict[str, Any]]]:
        """Return the entities by group."""
        with self._opened() as connection:
            return dict(connection.entities(path))

    def fields(self, entity_name: str) -> list[dict[str, Any]]:
        """Return the fields of one entity."""
        with self._opened() as connection:
            return list(connection.fields(entity_name))

    def read(self, query: Query) -> Iterator[list[dict[str, Any]]]:
        """Yield the pages of records of a query.

        :raises VendorError: also for what is no list of records, and values that JSON has no word for.
        """
        with self._opened() as connection:
            for page in connection.read(query):
                _check_page(page)
                yield page

    def write(
        self, entity_name: str, operation: str, id_field_names: Sequence[str], records: Sequence[dict[str, Any]]
    ) -> list[str | None]:
        """Write records and return, for each, None or why it was refused."""
        with self._opened() as connection:
            refusals = list(connection.write(entity_name, operation, id_field_names, records))
        if len(refusals) != len(records):
            raise VendorError(f"{_NO_VALID_RESPONSE} It took {len(records)} records and told of {len(refusals)}.")
        return refusals

    @contextmanager
    def _opened(self) -> Iterator[CustomConnection]:
        credentials = self._keeper.credentials()
        try:
            yield self._provided.connect(self._properties, credentials)
        except (VendorError, AppFlowError):
            raise
        except Exception as error:
            # where it failed, without the text of it, which may hold credentials
            place = traceback.extract_tb(error.__traceback__)[-1]
            raise VendorError(
                f"{_NO_VALID_RESPONSE} The connector raised {type(error).__name__} in {Path(place.filename).name}, "
                f"line {place.lineno}."
            ) from None


def _check_page(page: object) -> None:
    if not isinstance(page, list):
        raise VendorError(f"{_NO_VALID_RESPONSE} A page of records is a list of dicts, not {_type_name(page)}.")
    for record in page:
        if not isinstance(record, dict):
            raise VendorError(f"{_NO_VALID_RESPONSE} A record is a dict of values by field, not {_type_name(record)}.")
        for field, value in record.items():
            wrong = _no_json(value) if isinstance(field, str) else f"a name of type {_type_name(field)}"
            if wrong is not None:
                raise VendorError(
                    f"{_NO_VALID_RESPONSE} The field {field!r} of a record has {wrong}, for which JSON has no word: "
                    "return text, a number, a boolean, None, a list or a dict with texts for names."
                )


def _no_json(value: object) -> str | None:
    """Return what in a value JSON has no word for, None if there is nothing."""
    if value is None or isinstance(value, str | bool | int):
        return None
    if isinstance(value, float | Decimal):
        return None if math.isfinite(value) else f"the number {value}"
    if isinstance(value, list):
        return next(filter(None, map(_no_json, value)), None)
    if isinstance(value, dict):
        keys = (f"a name of type {_type_name(name)}" for name in value if not isinstance(name, str))
        return next(keys, None) or _no_json(list(value.values()))
    return f"a value of type {_type_name(value)}"


def _type_name(value: object) -> str:
    return type(value).__name__
