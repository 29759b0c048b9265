"""The records of a new instance: made up, the same for the same instance name, and awkward on purpose.

All values are texts, as the Table API gives them: times ``2021-01-03 08:15:30`` in UTC, ``true`` and ``false``, and
an empty text where there is no value.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from airflow_provider_appflow_isv.local.servicenow.ids import make_sys_id

Record = dict[str, str]

CREATED_FROM = datetime(2020, 12, 1, tzinfo=UTC)
CREATED_UNTIL = datetime(2021, 3, 1, tzinfo=UTC)
# What breaks careless CSV, JSON, encoding and encoded-query code, each turn and turn about.
_SHORT_DESCRIPTIONS = (
    "Example fault {n}",
    "Printer, second floor: offline {n}",
    'Says "access denied" {n}',
    "Can't log in {n}",
    "Störung im Büro Süd {n}",
    "ログインできません {n}",
    "a=b^ORc!=d {n}",
)
_DESCRIPTIONS = (
    "",
    "First line\nsecond line, with a comma",
    'Quotes "hello"; back\\slash\tand a tab',
    "Ünïcödé ✓",
    "Windows line\r\nending",
)
_CATEGORIES = ("hardware", "software", "network", "inquiry", "")
_OPEN_STATES, _RESOLVED_STATES = ("1", "2", "3"), ("6", "7")


def format_datetime(moment: datetime) -> str:
    """Return a datetime as the Table API writes it: in UTC, to the second.

    :param moment: any aware datetime.
    """
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def number_text(prefix: str, number: int) -> str:
    """Return the ``number`` of a record.

    :param prefix: what its table's numbers begin with.
    :param number: the record's number among those of its table, from 0.
    """
    return f"{prefix}{number + 1:07d}"


def _often(chance: random.Random, value: str) -> str:
    return "" if chance.random() < 0.15 else value


def _chance(instance_name: str, table: str) -> random.Random:
    return random.Random(f"{instance_name}/{table}")  # noqa: S311  # test data, not secrets


def _created(chance: random.Random, place: int, count: int) -> datetime:
    """Return a moment in the record's own part of the whole span, so that even few reach every month."""
    return CREATED_FROM + (CREATED_UNTIL - CREATED_FROM) / count * (place + chance.random())


def _system_values(instance_name: str, table: str, number: int, created: datetime, updated: datetime) -> Record:
    return {
        "sys_id": make_sys_id(instance_name, table, number),
        "sys_created_on": format_datetime(created),
        "sys_created_by": "admin",
        "sys_updated_on": format_datetime(updated),
        "sys_updated_by": "admin" if updated == created else "system",
        "sys_mod_count": "0" if updated == created else str(1 + number % 3),
    }


def make_users(instance_name: str, count: int) -> list[Record]:
    """Make the people whom an instance's incidents name. None of them has a password.

    :param instance_name: the instance; the same name gives the same records.
    :param count: how many.
    """
    chance = _chance(instance_name, "sys_user")
    records = []
    for number in range(count):
        created = _created(chance, number, count)
        first_name, last_name = chance.choice(("Given", "Vorname", "Prénom")), f"Example {number + 1:05d}"
        manager = make_sys_id(instance_name, "sys_user", chance.randrange(count))
        records.append(
            {
                **_system_values(instance_name, "sys_user", number, created, created),
                "user_name": f"user.{number + 1:05d}",
                "first_name": first_name,
                "last_name": last_name,
                "name": f"{first_name} {last_name}",
                "email": _often(chance, f"user-{number + 1}@example.com"),
                # 555-01xx is kept free for made-up numbers
                "phone": _often(chance, f"+1 (555) 555-01{chance.randrange(100):02d}"),
                "active": "false" if chance.random() < 0.1 else "true",
                "locked_out": "false",
                "failed_attempts": _often(chance, str(chance.randrange(3))),
                "manager": _often(chance, manager),
            }
        )
    return records


def make_configuration_items(instance_name: str, count: int) -> list[Record]:
    """Make an instance's configuration items.

    :param instance_name: the instance; the same name gives the same records.
    :param count: how many.
    """
    chance = _chance(instance_name, "cmdb_ci")
    records = []
    for number in range(count):
        created = _created(chance, number, count)
        bought = created.date() - timedelta(days=chance.randrange(1, 2000))
        records.append(
            {
                **_system_values(instance_name, "cmdb_ci", number, created, created),
                "sys_class_name": "cmdb_ci",
                "asset_tag": _often(chance, f"EX{number + 1:06d}"),
                "serial_number": _often(chance, f"{chance.getrandbits(48):012X}"),
                "cost": _often(chance, f"{chance.uniform(10, 50_000):.2f}"),
                "purchase_date": _often(chance, bought.isoformat()),
                "name": f"example-host-{number + 1:04d}",
                "short_description": _DESCRIPTIONS[number % len(_DESCRIPTIONS)],
                # 192.0.2.0/24 is kept free for documentation
                "ip_address": _often(chance, f"192.0.2.{chance.randrange(1, 255)}"),
                "operational_status": _often(chance, chance.choice("123")),
                "monitor": "true" if chance.random() < 0.5 else "false",
            }
        )
    return records


def make_incidents(instance_name: str, count: int, users: int, configuration_items: int) -> list[Record]:
    """Make an instance's incidents, opened between 1 December 2020 and 1 March 2021.

    :param instance_name: the instance; the same name gives the same records.
    :param count: how many.
    :param users: how many users the instance has for them to name.
    :param configuration_items: how many configuration items.
    """
    chance = _chance(instance_name, "incident")

    def user() -> str:
        return make_sys_id(instance_name, "sys_user", chance.randrange(users))

    records = []
    for number in range(count):
        created = _created(chance, number, count)
        resolved = chance.random() < 0.4
        open_for = timedelta(seconds=chance.randrange(60, 60 * 86_400))
        updated = created + open_for if resolved or chance.random() < 0.5 else created
        priority = chance.randrange(1, 6)
        level = str((priority + 1) // 2)
        records.append(
            {
                **_system_values(instance_name, "incident", number, created, updated),
                "sys_class_name": "incident",
                "number": number_text("INC", number),
                "short_description": _SHORT_DESCRIPTIONS[number % len(_SHORT_DESCRIPTIONS)].format(n=number + 1),
                "description": _DESCRIPTIONS[number % len(_DESCRIPTIONS)],
                "state": chance.choice(_RESOLVED_STATES if resolved else _OPEN_STATES),
                "priority": str(priority),
                "urgency": level,
                "impact": level,
                "severity": _often(chance, level),
                "active": "false" if resolved else "true",
                "opened_at": format_datetime(created),
                "opened_by": user(),
                "closed_at": format_datetime(updated) if resolved else "",
                "assigned_to": _often(chance, user()),
                "cmdb_ci": _often(chance, make_sys_id(instance_name, "cmdb_ci", chance.randrange(configuration_items))),
                "reassignment_count": str(chance.randrange(12)),
                "caller_id": user(),
                "category": chance.choice(_CATEGORIES),
                "close_notes": "Solved, see «notes»" if resolved else "",
                "resolved_at": format_datetime(updated) if resolved else "",
                "resolved_by": user() if resolved else "",
                "reopen_count": str(chance.randrange(3)),
                "business_stc": str(int(open_for.total_seconds())) if resolved else "",
            }
        )
    return records
