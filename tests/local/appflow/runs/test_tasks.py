"""What a list of tasks does to a record, whatever the order of the tasks."""

from __future__ import annotations

import itertools
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_appflow_isv.local.appflow.runs.outcome import RunFailedError
from airflow_provider_appflow_isv.local.appflow.runs.tasks import TaskPlan, plan

Record = dict[str, Any]
CONTACT: Record = {"Id": "003", "First": "Given", "Last": "Example", "Paid": "10.50", "Due": "2.5", "Phone": "555-0100"}


def task(kind: str, *sources: str, operator: str = "NO_OP", to: str | None = None, **properties: str) -> Record:
    """A task as cdk-appflow spells it: no destinationField unless there is one."""
    made: Record = {
        "taskType": kind,
        "sourceFields": list(sources),
        "connectorOperator": {"S3": operator},
        "taskProperties": properties,
    }
    return made if to is None else {**made, "destinationField": to}


def of(*tasks: Record) -> TaskPlan:
    return plan(tasks, "S3")


CONCAT = [
    task("Merge", "First", "Last", to="First,Last", CONCAT_FORMAT=" "),
    task("Map", "First,Last", SOURCE_DATA_TYPE="string", DESTINATION_DATA_TYPE="string"),
]
ADD = [
    task("Arithmetic", "Paid", "Due", operator="ADDITION", to="Paid,Due", MATH_OPERATION_FIELDS_ORDER="Paid,Due"),
    task("Map", "Paid,Due", to="Total", SOURCE_DATA_TYPE="string", DESTINATION_DATA_TYPE="double"),
]
MASK = task("Mask", "Phone", operator="MASK_LAST_N", MASK_LENGTH="4", MASK_VALUE="#")


def test_map_renames_and_leaves_out_what_it_does_not_name() -> None:
    assert of(task("Map", "Id", to="RecordId"), task("Map", "Last")).apply(CONTACT) == {
        "RecordId": "003",
        "Last": "Example",
    }


def test_map_converts_when_the_data_types_differ() -> None:
    same = task("Map", "Paid", to="Same", SOURCE_DATA_TYPE="double", DESTINATION_DATA_TYPE="Double")
    other = task("Map", "Paid", to="Other", SOURCE_DATA_TYPE="string", DESTINATION_DATA_TYPE="int")
    assert of(same, other).apply(CONTACT) == {"Same": "10.50", "Other": 10}


def test_map_all_keeps_every_field_but_the_excluded_ones() -> None:
    assert of(task("Map_all", EXCLUDE_SOURCE_FIELDS_LIST='["Phone", "Paid", "Due"]')).apply(CONTACT) == {
        "Id": "003",
        "First": "Given",
        "Last": "Example",
    }


def test_passthrough_keeps_the_fields_that_it_names_or_all() -> None:
    assert of(task("Passthrough", "Id", "Last")).apply(CONTACT) == {"Id": "003", "Last": "Example"}
    assert of(task("Passthrough")).apply(CONTACT) == CONTACT


def test_cdk_concatenates_by_a_temporary_field_under_whose_name_the_text_lands() -> None:
    found = of(*CONCAT)
    assert found.apply(CONTACT) == {"First,Last": "Given Example"}
    assert found.columns(["First", "Last"]) == ["First,Last"]


def test_cdk_calculates_by_a_temporary_field() -> None:
    assert of(*ADD).apply(CONTACT) == {"Total": Decimal("13.00")}


def test_a_number_that_arithmetic_made_becomes_text_for_a_destination_of_text() -> None:
    into_text = task("Map", "Paid,Due", to="Total", SOURCE_DATA_TYPE="string", DESTINATION_DATA_TYPE="string")
    assert of(ADD[0], into_text).apply(CONTACT) == {"Total": "13.00"}


def test_the_order_of_operands_is_that_of_the_property_not_of_the_source_fields() -> None:
    subtraction = task("Arithmetic", "Due", "Paid", operator="SUBTRACTION", MATH_OPERATION_FIELDS_ORDER="Paid,Due")
    assert of(subtraction, task("Map", "Due,Paid", to="Open")).apply(CONTACT) == {"Open": Decimal("8.00")}


def test_blanks_in_the_order_of_operands_and_in_names_of_fields_do_not_matter() -> None:
    made = task("Arithmetic", " Paid", "Due", operator="ADDITION", to="Sum", MATH_OPERATION_FIELDS_ORDER=" Paid , Due")
    assert of(made, task("Map", "Sum")).apply({" Paid": "1", "Due": "2"}) == {"Sum": Decimal(3)}


def test_what_tasks_make_is_not_asked_of_the_source_but_what_they_are_made_of_is() -> None:
    # cdk-appflow's projection has the temporary field, and not the fields that it is made of.
    projection = task("Filter", "First,Last", "Paid,Due", operator="PROJECTION")
    assert of(projection, *CONCAT, *ADD).source_fields([]) == ["First", "Last", "Paid", "Due"]


def test_fields_that_are_only_validated_are_asked_of_the_source_too() -> None:
    check = task("Validate", "Paid", operator="VALIDATE_NON_NULL", VALIDATION_ACTION="DropRecord")
    assert of(task("Filter", "Id", operator="PROJECTION"), task("Map", "Id"), check).source_fields([]) == ["Id", "Paid"]


def test_merge_may_use_what_arithmetic_made() -> None:
    told = [task("Merge", "Last", "Paid,Due", to="Told", CONCAT_FORMAT="${Last} owes ${Paid,Due}"), task("Map", "Told")]
    assert of(*told, ADD[0]).apply(CONTACT) == {"Told": "Example owes 13.00"}


def test_masked_fields_are_masked_wherever_they_go() -> None:
    merged = task("Merge", "Last", "Phone", to="Both", CONCAT_FORMAT=" ")
    for order in itertools.permutations([MASK, merged, task("Map", "Both"), task("Map_all")]):
        done = of(*order).apply(CONTACT)
        assert done is not None
        assert (done["Phone"], done["Both"]) == ("555-####", "Example 555-####")


def test_what_was_made_can_be_masked_in_its_turn() -> None:
    mask = task("Mask", "First,Last", operator="MASK_ALL", MASK_LENGTH="5", MASK_VALUE="*")
    assert of(mask, *CONCAT).apply(CONTACT) == {"First,Last": "*" * len("Given Example")}


def test_mask_and_truncate_of_one_field_apply_in_the_order_given() -> None:
    cut = task("Truncate", "Phone", TRUNCATE_LENGTH="5")
    assert of(MASK, cut, task("Map", "Phone")).apply(CONTACT) == {"Phone": "555-#"}
    assert of(cut, MASK, task("Map", "Phone")).apply(CONTACT) == {"Phone": "5####"}


def test_validation_sees_the_value_before_it_is_masked() -> None:
    check = task("Validate", "Phone", operator="VALIDATE_NUMERIC", VALIDATION_ACTION="DropRecord")
    found = of(MASK, check, task("Map", "Phone"))
    assert found.apply({"Phone": "5550100"}) == {"Phone": "555####"}
    assert found.apply(CONTACT) is None


def test_validation_of_what_was_made_drops_the_record() -> None:
    check = task("Validate", "Paid,Due", operator="VALIDATE_NON_NULL", VALIDATION_ACTION="DropRecord")
    found = of(check, *ADD)
    assert found.apply(CONTACT) == {"Total": Decimal("13.00")}
    assert found.apply({**CONTACT, "Due": "n/a"}) is None


@pytest.mark.parametrize("reverse", [False, True])
def test_drop_dataset_ends_the_run_even_if_the_record_would_be_dropped(reverse: bool) -> None:
    checks = [
        task("Validate", "Id", operator="VALIDATE_NON_NULL", VALIDATION_ACTION="DropRecord"),
        task("Validate", "Paid", operator="VALIDATE_NON_NEGATIVE", VALIDATION_ACTION="DropDataset"),
    ]
    found = of(task("Map_all"), *(reversed(checks) if reverse else checks))
    with pytest.raises(RunFailedError, match=r"VALIDATE_NON_NEGATIVE on the field Paid .* DropDataset"):
        found.apply({"Id": None, "Paid": "-1"})


def test_a_record_without_a_masked_field_does_not_get_it() -> None:
    assert of(MASK, task("Map_all")).apply({"Id": "003"}) == {"Id": "003"}


def test_partition_keys_keep_their_order() -> None:
    found = of(task("Map_all"), task("Partition", ORDERED_PARTITION_KEYS_LIST='["Last", "First"]'))
    assert found.partition_keys == ("Last", "First")


@given(st.permutations([*CONCAT, *ADD, MASK, task("Map", "Id"), task("Map", "Phone", to="Phone")]))
def test_the_order_of_tasks_changes_nothing_in_a_record(tasks: list[Record]) -> None:
    assert of(*tasks).apply(CONTACT) == {
        "Id": "003",
        "First,Last": "Given Example",
        "Total": Decimal("13.00"),
        "Phone": "555-####",
    }


@pytest.mark.parametrize(
    ("tasks", "reason"),
    [
        ([], "maps no field"),
        ([task("Filter", "Id", operator="PROJECTION")], "maps no field"),
        ([task("Map", "Id"), CONCAT[0]], "No Map task takes First,Last"),
        ([*CONCAT, task("Arithmetic", "First", "Last", operator="DIVISION")], "make the field First,Last"),
        ([task("Merge", "a", "b", to="c"), task("Merge", "c", "d", to="b"), task("Map", "b")], "of one another"),
        ([task("Merge", "a", "b", to="a"), task("Map", "a")], "of one another"),
        ([task("Merge", "a", "b", CONCAT_FORMAT="${a} ${c}"), task("Map", "a,b")], "names c, which is none"),
    ],
)
def test_tasks_that_lead_nowhere_fail_the_run_and_say_why(tasks: list[Record], reason: str) -> None:
    with pytest.raises(RunFailedError, match=reason):
        of(*tasks)


def test_arithmetic_may_use_what_arithmetic_made() -> None:
    order = "Paid,Due,Due"
    twice = task("Arithmetic", "Due", "Paid,Due", operator="SUBTRACTION", to=order, MATH_OPERATION_FIELDS_ORDER=order)
    assert of(twice, ADD[0], task("Map", order, to="Paid")).apply(CONTACT) == {"Paid": Decimal("10.50")}


@pytest.mark.parametrize(
    ("tasks", "reason"),
    [
        ([task("Map_all"), task("Mask", "SSN", operator="MASK_ALL")], "no field SSN, which a Mask task names: name"),
        ([task("Map_all"), task("Truncate", "SSN", TRUNCATE_LENGTH="1")], "no field SSN, which a Truncate task names"),
        (
            [task("Map_all"), task("Validate", "SSN", operator="VALIDATE_NON_NULL", VALIDATION_ACTION="DropRecord")],
            "no field SSN, which a Validate task names",
        ),
        ([task("Map_all"), task("Mask", "phone", operator="MASK_ALL")], "no field phone, which a Mask .* write Phone"),
        ([task("Map_all", EXCLUDE_SOURCE_FIELDS_LIST='["phone"]')], "no field phone, which a Map_all .* write Phone"),
        ([task("Map_all"), task("Filter", "Nme", operator="NOT_EQUAL_TO", VALUE="x")], "no field Nme, which a Filter"),
        ([task("Map", "ID")], "no field ID, which a Map task names: write Id"),
        ([task("Filter", "id", operator="PROJECTION"), task("Map", "Id")], "no field id, which a Filter task names"),
        (
            [task("Map", "Id"), task("Partition", ORDERED_PARTITION_KEYS_LIST='["Last"]')],
            "mapped to Last, which a Part",
        ),
        (
            [
                task("Map_all", EXCLUDE_SOURCE_FIELDS_LIST='["Last"]'),
                task("Partition", ORDERED_PARTITION_KEYS_LIST='["Last"]'),
            ],
            "No field is mapped to Last",
        ),
    ],
)
def test_fields_that_are_not_there_fail_the_run(tasks: list[Record], reason: str) -> None:
    with pytest.raises(RunFailedError, match=reason):
        of(*tasks).check_fields(CONTACT)


def test_fields_that_are_there_or_are_made_pass() -> None:
    tasks = [
        *CONCAT,
        task("Mask", "First,Last", operator="MASK_ALL"),
        task("Mask", "Phone", operator="MASK_ALL"),  # not read, and there all the same
        task("Filter", "Id", operator="EQUAL_TO", VALUE="003"),
        task("Map_all", EXCLUDE_SOURCE_FIELDS_LIST='["Nothing"]'),
        task("Map", "Absent", to="Team"),
        task("Partition", ORDERED_PARTITION_KEYS_LIST='["Team", "First,Last"]'),
    ]
    of(*tasks).check_fields(CONTACT)


def test_records_without_a_schema_may_lack_a_field_but_not_spell_it_otherwise() -> None:
    of(task("Map_all"), task("Mask", "SSN", operator="MASK_ALL")).check_fields(CONTACT, declared=False)
    with pytest.raises(RunFailedError, match="write Phone"):
        of(task("Map_all"), task("Mask", "phone", operator="MASK_ALL")).check_fields(CONTACT, declared=False)
