from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_appflow_isv.local.salesforce.ids import make_id, to_long_id


def test_the_long_form_spells_out_which_characters_are_upper_case() -> None:
    assert to_long_id("001D000000IRFma") == "001D000000IRFmaIAH"


def test_an_id_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="15 characters, got 14"):
        to_long_id("001D000000IRFm")


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_two_records_never_share_an_id_even_without_regard_to_case(one: int, other: int) -> None:
    same = make_id("001", "tenant-a", one).casefold() == make_id("001", "tenant-a", other).casefold()
    assert same == (one == other)


def test_the_same_record_number_has_another_id_in_another_org() -> None:
    assert make_id("001", "tenant-a", 0) != make_id("001", "tenant-b", 0)
