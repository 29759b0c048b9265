from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_appflow_isv.onboarding import OnboardingError, new_external_id
from airflow_provider_appflow_isv.tenant_role import TenantRole
from tests.onboarding.setups import KEY, ROLE, tenant_a

WRONG: list[tuple[str, Any]] = [
    ("isv_principal", "1111"),
    ("isv_principal", "*"),
    ("isv_principal", "arn:aws:iam::111111111111:group/isv"),
    ("isv_principal", "arn:aws:sts::111111111111:assumed-role/airflow/worker"),
    ("isv_principal", "arn:aws:iam::111111111111:role/*"),
    ("external_id", ""),
    ("external_id", "x"),
    ("external_id", "two words"),
    ("external_id", "x" * 1225),
    ("external_id", "späť"),
    ("account_id", "2222"),
    ("account_id", "٢" * 12),
    ("account_id", "tenant-a"),
    ("region", "us-east"),
    ("region", "*"),
    ("role_name", "appflow/remote"),
    ("role_name", ""),
    ("role_name", "r" * 65),
    ("flows", ["two words"]),
    ("flows", [""]),
    ("flows", "accounts"),
    ("profiles", ["a:b"]),
    ("buckets", ["Upper"]),
    ("buckets", ["x"]),
    ("buckets", ["*"]),
    ("buckets", ["arn:aws:s3:::tenant-a"]),
    ("source_buckets", ["tenant a"]),
    ("secrets", ["*"]),
    ("secrets", ["arn:aws:secretsmanager:us-east-1:2222:secret:x"]),
    ("secret_keys", ["arn:aws:kms:us-east-1:222222222222:alias/x"]),
    ("client_credentials_secrets", ["two words"]),
    ("kms_keys", ["1234abcd"]),
    ("appflow_roles", ["catalog"]),
    ("redshift_roles", ["*"]),
    ("steps", []),
    ("steps", ["run-flow", "fly"]),
    ("steps", "run-flow"),
    ("ask", ["account"]),
    ("buckets", []),
]


@pytest.mark.parametrize(("member", "value"), WRONG)
def test_a_wrong_value_is_refused_by_the_name_of_its_member(member: str, value: Any) -> None:
    with pytest.raises(OnboardingError, match=rf"^{member}: ") as caught:
        tenant_a(**{member: value})
    assert caught.value.argument == member


OTHER_ACCOUNT, OTHER_REGION = ("999999999999", "us-east-1"), ("222222222222", "eu-west-1")
SECRET_ELSEWHERE = "arn:aws:secretsmanager:{1}:{0}:secret:login-AbCdEf"
KEY_ELSEWHERE = "arn:aws:kms:{1}:{0}:key/1234abcd"
ROLE_ELSEWHERE = "arn:aws:iam::{0}:role/catalog"
NOT_THE_TENANTS = [
    ("secrets", SECRET_ELSEWHERE, OTHER_ACCOUNT),
    ("secrets", SECRET_ELSEWHERE, OTHER_REGION),
    ("client_credentials_secrets", SECRET_ELSEWHERE, OTHER_ACCOUNT),
    ("client_credentials_secrets", SECRET_ELSEWHERE, OTHER_REGION),
    ("secret_keys", KEY_ELSEWHERE, OTHER_REGION),
    ("kms_keys", KEY_ELSEWHERE, OTHER_REGION),
    ("appflow_roles", ROLE_ELSEWHERE, OTHER_ACCOUNT),
    ("redshift_roles", ROLE_ELSEWHERE, OTHER_ACCOUNT),
]


@pytest.mark.parametrize(("member", "form", "place"), NOT_THE_TENANTS)
def test_what_is_of_another_account_or_region_is_refused_by_the_name_of_its_member(
    member: str, form: str, place: tuple[str, str]
) -> None:
    arn = form.format(*place)
    kind, other, own = (
        ("account", place[0], "222222222222") if place == OTHER_ACCOUNT else ("Region", place[1], "us-east-1")
    )
    with pytest.raises(OnboardingError) as caught:
        tenant_a(**{member: [arn]})
    assert str(caught.value) == f"{member}: '{arn}' is of {kind} {other}, the tenant's is {own}."


@pytest.mark.parametrize("member", ["secret_keys", "kms_keys"])
def test_a_key_may_be_another_accounts(member: str) -> None:
    tenant_a(**{member: [KEY_ELSEWHERE.format(*OTHER_ACCOUNT)]})


@pytest.mark.parametrize(("member", "form", "place"), NOT_THE_TENANTS)
def test_what_is_left_to_the_stack_is_compared_with_nothing(member: str, form: str, place: tuple[str, str]) -> None:
    arn = form.format(*place)
    setup = tenant_a(**{member: [arn]}, account_id=None, region=None)
    assert getattr(setup.in_stack(), member) == [arn]


def test_an_unknown_step_is_refused_with_the_known_ones() -> None:
    with pytest.raises(OnboardingError, match=r"fly: not known\. Possible are list-connectors, .*read-data"):
        tenant_a(steps=["run-flow", "fly"])


def test_a_step_that_acts_on_a_bucket_needs_one_or_asks_for_it() -> None:
    with pytest.raises(OnboardingError, match="buckets: grant-bucket-access, read-data: of which bucket"):
        tenant_a(buckets=[])
    tenant_a(buckets=[], ask=["bucket"])
    tenant_a(buckets=[], source_buckets=["tenant-a-files"])


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("isv_principal", "arn:aws:iam::111111111111:role/teams/airflow"),
        ("isv_principal", "arn:aws-us-gov:iam::111111111111:user/airflow"),
        ("external_id", "x" * 1224),
        ("region", "us-gov-west-1"),
        ("flows", ["acme-*", "a?"]),
        ("profiles", ["acme/crm"]),
        ("secrets", ["isv/tenant-a/login", "arn:aws:secretsmanager:us-east-1:222222222222:secret:x-AbCdEf"]),
        ("kms_keys", [KEY]),
        ("appflow_roles", [ROLE]),
    ],
)
def test_what_aws_takes_is_taken(member: str, value: Any) -> None:
    assert getattr(tenant_a(**{member: value}), member) == value


def test_each_tenant_gets_an_external_id_of_its_own() -> None:
    ids = {tenant_a(external_id=new_external_id()).external_id for _ in range(1000)}
    assert len(ids) == 1000
    assert min(map(len, ids)) == 43


@given(st.text(alphabet=st.characters(codec="ascii"), max_size=20))
def test_external_ids_are_taken_and_refused_as_by_the_operators(external_id: str) -> None:
    def is_taken(make: Any) -> bool:
        try:
            make()
        except ValueError:
            return False
        return True

    by_operators = is_taken(lambda: TenantRole("arn:aws:iam::222222222222:role/r", external_id))
    assert is_taken(lambda: tenant_a(external_id=external_id)) is by_operators


@pytest.mark.parametrize(
    ("region", "arn"),
    [
        ("eu-west-1", "arn:aws:iam::222222222222:role/appflow-remote-role"),
        ("us-gov-west-1", "arn:aws-us-gov:iam::222222222222:role/appflow-remote-role"),
        ("cn-north-1", "arn:aws-cn:iam::222222222222:role/appflow-remote-role"),
    ],
)
def test_the_roles_arn_has_the_regions_partition(region: str, arn: str) -> None:
    assert tenant_a(region=region).role_arn == arn
