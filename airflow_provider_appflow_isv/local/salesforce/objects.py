"""The objects of the local org: three with records, their change events, and one platform event."""

from __future__ import annotations

from dataclasses import replace

from airflow_provider_appflow_isv.local.salesforce.schema import Field, SObject

STAGE_PROBABILITY = {"Prospecting": 10, "Qualification": 40, "Closed Won": 100, "Closed Lost": 0}
# "Change Event Fields", Change Data Capture Developer Guide: these two never stand in a change event.
NOT_IN_CHANGE_EVENTS = ("IsDeleted", "SystemModstamp")


def _text(name: str, label: str, length: int = 255, *, nillable: bool = True, kind: str = "string") -> Field:
    return Field(name, kind, label, nillable, length)


def _picklist(name: str, label: str, *values: str) -> Field:
    return Field(name, "picklist", label, length=255, values=values)


def _system(name: str, kind: str, label: str, length: int = 0) -> Field:
    return Field(name, kind, label, nillable=False, length=length, writable=False, defaulted=True)


_ID = _system("Id", "id", "Record ID", 18)
_REPLAY_ID = replace(_system("ReplayId", "string", "Replay ID", 1000), nillable=True)
_SYSTEM_FIELDS = (
    _ID,
    _system("IsDeleted", "boolean", "Deleted"),
    Field("OwnerId", "reference", "Owner ID", nillable=False, length=18, refers_to="User", defaulted=True),
    _system("CreatedDate", "datetime", "Created Date"),
    _system("LastModifiedDate", "datetime", "Last Modified Date"),
    _system("SystemModstamp", "datetime", "System Modstamp"),
)
_ACCOUNT_ID = Field("AccountId", "reference", "Account ID", length=18, refers_to="Account")
_DESCRIPTION = _text("Description", "Description", 32000, kind="textarea")
_EXTERNAL_ID = Field("External_Id__c", "string", "External Id", length=255, external_id=True)

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
        _EXTERNAL_ID,
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
        _system("Name", "string", "Full Name", 121),
        _text("Email", "Email", 80, kind="email"),
        _text("Phone", "Business Phone", 40, kind="phone"),
        Field("Birthdate", "date", "Birthdate"),
        Field("HasOptedOutOfEmail", "boolean", "Email Opt Out", nillable=False, defaulted=True),
        _DESCRIPTION,
        _EXTERNAL_ID,
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
        replace(_picklist("StageName", "Stage", *STAGE_PROBABILITY), nillable=False, restricted=True),
        Field("Amount", "currency", "Amount"),
        Field("Probability", "percent", "Probability (%)", defaulted=True),
        Field("CloseDate", "date", "Close Date", nillable=False),
        _system("IsClosed", "boolean", "Closed"),
        _system("IsWon", "boolean", "Won"),
        _DESCRIPTION,
        _EXTERNAL_ID,
    ),
)
OBJECTS = (ACCOUNT, CONTACT, OPPORTUNITY)

EXAMPLE_EVENT = SObject(
    "Example_Event__e",
    "Example Events",
    "e00",
    (
        _REPLAY_ID,
        _system("CreatedDate", "datetime", "Created Date"),
        Field("CreatedById", "reference", "Created By ID", False, 18, refers_to="User", writable=False, defaulted=True),
        _system("EventUuid", "string", "Event UUID", 36),
        _text("Message__c", "Message", nillable=False),
        Field("Count__c", "double", "Count"),
        Field("Urgent__c", "boolean", "Urgent", nillable=False, defaulted=True),
        Field("Occurred_At__c", "datetime", "Occurred At"),
    ),
    "platform_event",
)


def _change_event(sobject: SObject) -> SObject:
    header = Field("ChangeEventHeader", "complexvalue", "Change Event Header", nillable=False)
    fields = (
        replace(field, writable=False, nillable=True)
        for field in sobject.fields
        if field.name not in ("Id", *NOT_IN_CHANGE_EVENTS)
    )
    name = f"{sobject.name}ChangeEvent"
    return SObject(name, name, "", (_ID, _REPLAY_ID, replace(header, writable=False), *fields), "change_event")


# The order of the list of objects: by name.
ALL_OBJECTS = tuple(
    sorted((*OBJECTS, *map(_change_event, OBJECTS), EXAMPLE_EVENT), key=lambda sobject: sobject.name.casefold())
)


def find_object(name: str) -> SObject | None:
    """Return the object of that name, whatever its case, or None.

    :param name: API name as a caller spells it.
    """
    return next((found for found in ALL_OBJECTS if found.name.casefold() == name.casefold()), None)
