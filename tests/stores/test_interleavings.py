"""Workers that die anywhere and people who change the secret, in any order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airflow_provider_appflow_isv.exceptions import OAuthConsentRequired
from tests.stores.grants import DEATHS, SENT_AND_UNSTORED, DiedError, Grant

if TYPE_CHECKING:
    from tests.accounts import TenantAccount

STEPS = st.lists(
    st.one_of(
        st.sampled_from(sorted(DEATHS)),
        st.sampled_from(
            [
                "lives",
                "a change",
                "the first content back",
                "a read",
                "the first content alone",
                "a day later",
                "a lease later",
            ]
        ),
    ),
    min_size=1,
    max_size=6,
)


def take(step: str, grant: Grant, first: dict[str, object]) -> bool:
    """Do one step; returns whether a worker was told that the grant is lost."""
    if step == "a change":
        grant.edit(note=step)
    elif step == "the first content back":
        grant.edit(**first)
    elif step == "the first content alone":
        grant.overwrite(first)
    elif step == "a day later":
        grant.wait(100_000)
        grant.forget()
    elif step == "a read":
        grant.store().read()
    elif step == "a lease later":
        grant.wait(200)
    else:
        try:
            grant.worker(dies=step if step in DEATHS else None).redeem()
        except DiedError:
            return False
        except OAuthConsentRequired:
            return True
    return False


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, rotate=st.booleans())
def test_a_grant_is_only_lost_with_an_answer_that_nobody_stored(
    tenant: TenantAccount, steps: list[str], rotate: bool
) -> None:
    grant = Grant(tenant, rotate=rotate)
    first, reused = grant.content(), tenant.org.sessions.reused
    told = [take(step, grant, first) for step in [*steps, "lives"]]
    assert tenant.org.sessions.reused == reused
    if any(told):
        assert rotate
        assert set(steps) & set(SENT_AND_UNSTORED)
        assert grant.content()["refreshToken"] not in grant.good_tokens()
    else:
        assert grant.good_tokens() == [grant.content()["refreshToken"]]
        assert grant.opens(grant.store().read())
