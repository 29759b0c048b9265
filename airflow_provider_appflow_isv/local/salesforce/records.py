"""The records of an org: made up, the same for the same org name, and awkward on purpose.

Values stand as the REST API gives them: date ``2021-01-03``, datetime ``2021-01-03T08:15:30.000+0000`` (always
UTC, so that comparing the texts compares the times).
"""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from airflow_provider_appflow_isv.local.salesforce.ids import make_id
from airflow_provider_appflow_isv.local.salesforce.objects import ACCOUNT, CONTACT, OPPORTUNITY, STAGE_PROBABILITY

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.salesforce.schema import Field

Value = str | int | float | bool | None
Record = dict[str, Value]

CREATED_FROM = datetime(2020, 12, 1, tzinfo=UTC)
CREATED_UNTIL = datetime(2021, 3, 1, tzinfo=UTC)
USER_PREFIX = "005"
# What breaks careless CSV, JSON and encoding code, each turn and turn about.
_ACCOUNT_NAMES = (
    "Example Account {n}",
    "Example, Inc. {n}",
    'The "Example" Account {n}',
    "O'Example Ltd. {n}",
    "Beispielkonto Größe Süd {n}",
    "例の取引先 {n}",
    "Exemple & fils, «société» {n}",
)
_DESCRIPTIONS = (
    None,
    "First line\nsecond line, with a comma",
    'Says "hello"; back\\slash\tand a tab',
    "Ünïcödé ✓",
    "Windows line\r\nending",
)


def format_datetime(moment: datetime) -> str:
    """Return a datetime as the REST API writes it.

    :param moment: any aware datetime.
    """
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}+0000"


def _spread(chance: random.Random, count: int) -> list[datetime]:
    """Spread moments over the whole span, one to each equal part, so that even few reach every month."""
    step = (CREATED_UNTIL - CREATED_FROM) / max(count, 1)
    moments = [CREATED_FROM + step * (place + chance.random()) for place in range(count)]
    chance.shuffle(moments)
    return moments


def _often(chance: random.Random, value: Value) -> Value:
    return None if chance.random() < 0.15 else value


def _choice(chance: random.Random, field: Field) -> str:
    return chance.choice(field.values)


def _phone(chance: random.Random) -> str:
    return f"+1 (555) 555-01{chance.randrange(100):02d}"  # 555-01xx is kept free for made-up numbers


def _system_values(org_name: str, key_prefix: str, number: int, created: datetime, modified: datetime) -> Record:
    return {
        "Id": make_id(key_prefix, org_name, number),
        "IsDeleted": False,
        "OwnerId": make_id(USER_PREFIX, org_name, 0),
        "CreatedDate": format_datetime(created),
        "LastModifiedDate": format_datetime(modified),
        "SystemModstamp": format_datetime(modified),
    }


def make_accounts(org_name: str, count: int) -> list[Record]:
    """Make an org's accounts, created between 1 December 2020 and 1 March 2021.

    :param org_name: the org; the same name gives the same records.
    :param count: how many.
    """
    chance = random.Random(f"{org_name}/Account")  # noqa: S311  # test data, not secrets
    records = []
    for number, created in enumerate(_spread(chance, count)):
        modified = created + timedelta(hours=chance.randrange(0, 24 * 60))
        records.append(
            {
                **_system_values(org_name, ACCOUNT.key_prefix, number, created, modified),
                "Name": _ACCOUNT_NAMES[number % len(_ACCOUNT_NAMES)].format(n=f"{number + 1:05d}"),
                "Type": _often(chance, _choice(chance, ACCOUNT.field("Type"))),
                "Industry": _often(chance, _choice(chance, ACCOUNT.field("Industry"))),
                "Phone": _often(chance, _phone(chance)),
                "Website": _often(chance, f"https://account-{number + 1}.example.com/?a=1&b=2"),
                "BillingCity": _often(chance, chance.choice(("Example City", "Beispielstädt", "例市"))),
                "BillingLatitude": _often(chance, round(chance.uniform(-60, 60), 6)),
                "NumberOfEmployees": _often(chance, chance.randrange(1, 50_000)),
                "AnnualRevenue": _often(chance, round(chance.uniform(0, 5_000_000), 2)),
                "Description": _DESCRIPTIONS[number % len(_DESCRIPTIONS)],
                "External_Id__c": None,
            }
        )
    return records


def _account_ids(org_name: str, accounts: int) -> list[str]:
    return [make_id(ACCOUNT.key_prefix, org_name, number) for number in range(accounts)]


def make_contacts(org_name: str, count: int, accounts: int) -> list[Record]:
    """Make an org's contacts.

    :param org_name: the org; the same name gives the same records.
    :param count: how many.
    :param accounts: how many accounts the org has for them to belong to.
    """
    chance = random.Random(f"{org_name}/Contact")  # noqa: S311  # test data, not secrets
    account_ids = _account_ids(org_name, accounts)
    records = []
    for number, created in enumerate(_spread(chance, count)):
        first_name = _often(chance, chance.choice(("Given", "Vorname", "Prénom")))
        last_name = f"Example {number + 1:05d}"
        born = date(1950, 1, 1) + timedelta(days=chance.randrange(0, 18_000))
        records.append(
            {
                **_system_values(org_name, CONTACT.key_prefix, number, created, created),
                "AccountId": _often(chance, chance.choice(account_ids)) if account_ids else None,
                "FirstName": first_name,
                "LastName": last_name,
                "Name": f"{first_name} {last_name}" if first_name else last_name,
                "Email": _often(chance, f"contact-{number + 1}@example.com"),
                "Phone": _often(chance, _phone(chance)),
                "Birthdate": _often(chance, born.isoformat()),
                "HasOptedOutOfEmail": chance.random() < 0.2,
                "Description": _DESCRIPTIONS[number % len(_DESCRIPTIONS)],
                "External_Id__c": None,
            }
        )
    return records


def make_opportunities(org_name: str, count: int, accounts: int) -> list[Record]:
    """Make an org's opportunities.

    :param org_name: the org; the same name gives the same records.
    :param count: how many.
    :param accounts: how many accounts the org has for them to belong to.
    """
    chance = random.Random(f"{org_name}/Opportunity")  # noqa: S311  # test data, not secrets
    account_ids = _account_ids(org_name, accounts)
    records = []
    for number, created in enumerate(_spread(chance, count)):
        stage = _choice(chance, OPPORTUNITY.field("StageName"))
        close = created.date() + timedelta(days=chance.randrange(0, 180))
        records.append(
            {
                **_system_values(org_name, OPPORTUNITY.key_prefix, number, created, created),
                "AccountId": _often(chance, chance.choice(account_ids)) if account_ids else None,
                "Name": f"Example deal, no. {number + 1:05d}",
                "StageName": stage,
                "Amount": _often(chance, round(chance.uniform(100, 900_000), 2)),
                "Probability": float(STAGE_PROBABILITY[stage]),
                "CloseDate": close.isoformat(),
                "IsClosed": stage.startswith("Closed"),
                "IsWon": stage == "Closed Won",
                "Description": _DESCRIPTIONS[number % len(_DESCRIPTIONS)],
                "External_Id__c": None,
            }
        )
    return records
