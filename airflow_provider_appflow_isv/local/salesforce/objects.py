"""The objects of the local org and their fields, as the describe resource tells them."""

from __future__ import annotations

from dataclasses import dataclass

from airflow_provider_appflow_isv.local.salesforce.errors import ApiError

TEXT_TYPES = frozenset({"string", "picklist", "phone", "url", "email", "textarea"})
ID_TYPES = frozenset({"id", "reference"})
NUMBER_TYPES = frozenset({"int", "double", "currency", "percent"})


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
    """

    name: str
    type: str
    label: str
    nillable: bool = True
    length: int = 0
    values: tuple[str, ...] = ()
    refers_to: str | None = None

    @property
    def filterable(self) -> bool:
        """Whether WHERE and ORDER BY may name the field: long text areas may not."""
        return self.type != "textarea"

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
            "createable": False,  # the local org is read only
            "updateable": False,
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
    :param key_prefix: the first three characters of its records' ids.
    :param fields: its fields, in the order of describe.
    """

    name: str
    label_plural: str
    key_prefix: str
    fields: tuple[Field, ...]

    def field(self, name: str) -> Field:
        """Return the field of that name, whatever its case.

        :param name: API name as a query spells it.
        :raises ApiError: ``INVALID_FIELD`` if there is none.
        """
        for field in self.fields:
            if field.name.casefold() == name.casefold():
                return field
        raise ApiError(
            "INVALID_FIELD",
            f"No such column '{name}' on entity '{self.name}'. If you are attempting to use a custom field, "
            "be sure to append the '__c' after the custom field name. "
            "Please reference your WSDL or the describe call for the appropriate names.",
        )

    def summary(self, data_url: str) -> dict[str, object]:
        """Return the object as the list of objects shows it.

        :param data_url: the path of the API version, e.g. ``/services/data/v58.0``.
        """
        url = f"{data_url}/sobjects/{self.name}"
        return {
            "name": self.name,
            "label": self.name,
            "labelPlural": self.label_plural,
            "keyPrefix": self.key_prefix,
            "custom": False,
            "queryable": True,
            "retrieveable": True,
            "createable": False,
            "updateable": False,
            "deletable": False,
            "urls": {"sobject": url, "describe": f"{url}/describe", "rowTemplate": f"{url}/{{ID}}"},
        }

    def describe(self, data_url: str) -> dict[str, object]:
        """Return the object with its fields as the describe resource shows it.

        :param data_url: the path of the API version, e.g. ``/services/data/v58.0``.
        """
        return {**self.summary(data_url), "fields": [field.describe() for field in self.fields]}


def _text(name: str, label: str, length: int = 255, *, nillable: bool = True, kind: str = "string") -> Field:
    return Field(name, kind, label, nillable, length)


def _picklist(name: str, label: str, *values: str, nillable: bool = True) -> Field:
    return Field(name, "picklist", label, nillable, 255, values)


_SYSTEM_FIELDS = (
    Field("Id", "id", "Record ID", nillable=False, length=18),
    Field("IsDeleted", "boolean", "Deleted", nillable=False),
    Field("OwnerId", "reference", "Owner ID", nillable=False, length=18, refers_to="User"),
    Field("CreatedDate", "datetime", "Created Date", nillable=False),
    Field("LastModifiedDate", "datetime", "Last Modified Date", nillable=False),
    Field("SystemModstamp", "datetime", "System Modstamp", nillable=False),
)
_ACCOUNT_ID = Field("AccountId", "reference", "Account ID", length=18, refers_to="Account")
_DESCRIPTION = _text("Description", "Description", 32000, kind="textarea")

ACCOUNT = SObject(
    "Account",
    "Accounts",
    "001",
    (
        *_SYSTEM_FIELDS,
        _text("Name", "Account Name", nillable=False),
        _picklist("Type", "Account Type", "Prospect", "Customer - Direct", "Customer - Channel", "Other"),
        _picklist("Industry", "Industry", "Agriculture", "Education", "Energy", "Retail", "Transportation"),
        _text("Phone", "Account Phone", 40, kind="phone"),
        _text("Website", "Website", kind="url"),
        _text("BillingCity", "Billing City", 40),
        Field("BillingLatitude", "double", "Billing Latitude"),
        Field("NumberOfEmployees", "int", "Employees"),
        Field("AnnualRevenue", "currency", "Annual Revenue"),
        _DESCRIPTION,
    ),
)
CONTACT = SObject(
    "Contact",
    "Contacts",
    "003",
    (
        *_SYSTEM_FIELDS,
        _ACCOUNT_ID,
        _text("FirstName", "First Name", 40),
        _text("LastName", "Last Name", 80, nillable=False),
        _text("Name", "Full Name", 121, nillable=False),
        _text("Email", "Email", 80, kind="email"),
        _text("Phone", "Business Phone", 40, kind="phone"),
        Field("Birthdate", "date", "Birthdate"),
        Field("HasOptedOutOfEmail", "boolean", "Email Opt Out", nillable=False),
        _DESCRIPTION,
    ),
)
OPPORTUNITY = SObject(
    "Opportunity",
    "Opportunities",
    "006",
    (
        *_SYSTEM_FIELDS,
        _ACCOUNT_ID,
        _text("Name", "Name", 120, nillable=False),
        _picklist("StageName", "Stage", "Prospecting", "Qualification", "Closed Won", "Closed Lost", nillable=False),
        Field("Amount", "currency", "Amount"),
        Field("Probability", "percent", "Probability (%)"),
        Field("CloseDate", "date", "Close Date", nillable=False),
        Field("IsClosed", "boolean", "Closed", nillable=False),
        Field("IsWon", "boolean", "Won", nillable=False),
        _DESCRIPTION,
    ),
)
OBJECTS = (ACCOUNT, CONTACT, OPPORTUNITY)


def find_object(name: str) -> SObject | None:
    """Return the object of that name, whatever its case, or None.

    :param name: API name as a caller spells it.
    """
    return next((found for found in OBJECTS if found.name.casefold() == name.casefold()), None)
