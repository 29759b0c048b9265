"""What an object of the org is made of, and how the describe resource tells it ("DescribeSObjectResult", SOAP API)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from airflow_provider_appflow_isv.local.salesforce.errors import ApiError

TEXT_TYPES = frozenset({"string", "picklist", "phone", "url", "email", "textarea"})
ID_TYPES = frozenset({"id", "reference"})
NUMBER_TYPES = frozenset({"int", "double", "currency", "percent"})

ObjectKind = Literal["table", "change_event", "platform_event"]


@dataclass(frozen=True)
class Field:
    """One field of an object.

    :param name: API name.
    :param type: type as describe names it, e.g. ``currency``.
    :param label: what a person sees.
    :param nillable: whether a record may have null here.
    :param length: most characters of a text, 0 for other types.
    :param values: what a picklist offers.
    :param refers_to: the object that a reference points at.
    :param writable: whether a caller may set it; else the org does.
    :param defaulted: whether the org sets it on creation when the caller doesn't.
    :param external_id: whether upserts find records by it; its values are unique without regard to case.
    :param restricted: whether a picklist takes no value but those it offers.
    """

    name: str
    type: str
    label: str
    nillable: bool = True
    length: int = 0
    values: tuple[str, ...] = ()
    refers_to: str | None = None
    writable: bool = True
    defaulted: bool = False
    external_id: bool = False
    restricted: bool = False

    @property
    def filterable(self) -> bool:
        """Whether WHERE and ORDER BY may name the field: long text areas may not."""
        return self.type != "textarea"

    @property
    def required(self) -> bool:
        """Whether a caller must set it on creation."""
        return self.writable and not self.nillable and not self.defaulted

    def describe(self) -> dict[str, object]:
        """Return the field as the describe resource shows it."""
        return {
            "name": self.name,
            "label": self.label,
            "type": self.type,
            "length": self.length,
            "byteLength": self.length * 3,
            "nillable": self.nillable,
            "filterable": self.filterable,
            "sortable": self.filterable,
            "createable": self.writable,
            "updateable": self.writable,
            "defaultedOnCreate": self.defaulted,
            "custom": self.name.endswith("__c"),
            "externalId": self.external_id,
            "idLookup": self.external_id or self.type == "id",
            "unique": self.external_id,
            "restrictedPicklist": self.restricted,
            "referenceTo": [self.refers_to] if self.refers_to else [],
            "picklistValues": [
                {"active": True, "defaultValue": False, "label": value, "value": value} for value in self.values
            ],
        }


@dataclass(frozen=True)
class SObject:
    """One object of the org.

    :param name: API name.
    :param label_plural: what a person sees for many of them.
    :param key_prefix: the first three characters of its records' ids; empty for change events, which have none.
    :param fields: its fields, in the order of describe.
    :param kind: whether it has records, or is the shape of events.
    """

    name: str
    label_plural: str
    key_prefix: str
    fields: tuple[Field, ...]
    kind: ObjectKind = "table"

    def find_field(self, name: str) -> Field | None:
        """Return the field of that name, whatever its case, or None.

        :param name: API name as a caller spells it.
        """
        return next((field for field in self.fields if field.name.casefold() == name.casefold()), None)

    def field(self, name: str) -> Field:
        """Return the field of that name, whatever its case.

        :param name: API name as a query spells it.
        :raises ApiError: ``INVALID_FIELD`` if there is none.
        """
        field = self.find_field(name)
        if field is None:
            raise ApiError(
                "INVALID_FIELD",
                f"No such column '{name}' on entity '{self.name}'. If you are attempting to use a custom field, "
                "be sure to append the '__c' after the custom field name. "
                "Please reference your WSDL or the describe call for the appropriate names.",
            )
        return field

    def summary(self, data_url: str) -> dict[str, object]:
        """Return the object as the list of objects shows it.

        :param data_url: the path of the API version, e.g. ``/services/data/v58.0``.
        """
        url = f"{data_url}/sobjects/{self.name}"
        has_records = self.kind == "table"
        return {
            "name": self.name,
            "label": self.name,
            "labelPlural": self.label_plural,
            "keyPrefix": self.key_prefix or None,
            "custom": self.name.endswith("__e"),
            "queryable": has_records,
            "retrieveable": has_records,
            "createable": self.kind != "change_event",
            "updateable": has_records,
            "deletable": has_records,
            "undeletable": has_records,
            "urls": {"sobject": url, "describe": f"{url}/describe", "rowTemplate": f"{url}/{{ID}}"},
        }

    def describe(self, data_url: str) -> dict[str, object]:
        """Return the object with its fields as the describe resource shows it.

        :param data_url: the path of the API version, e.g. ``/services/data/v58.0``.
        """
        return {**self.summary(data_url), "fields": [field.describe() for field in self.fields]}
