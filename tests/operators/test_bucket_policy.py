from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_appflow_isv.exceptions import AppFlowRequestError, TenantConfigurationError
from airflow_provider_appflow_isv.operators.bucket_policy import AppFlowGrantBucketAccessOperator
from tests.accounts import TenantAccount, fresh
from tests.tasks import run_task

if TYPE_CHECKING:
    from tests.recording import Recording

WRITE = {
    "s3:PutObject",
    "s3:AbortMultipartUpload",
    "s3:ListMultipartUploadParts",
    "s3:ListBucketMultipartUploads",
    "s3:GetBucketAcl",
    "s3:PutObjectAcl",
}
READ = {"s3:GetObject", "s3:ListBucket"}
FOREIGN = {"Sid": "Auditors", "Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject", "Resource": "*"}


def grant(tenant: TenantAccount, bucket: str, **arguments: Any) -> Any:
    return run_task(
        AppFlowGrantBucketAccessOperator(task_id="grant", bucket_name=bucket, **{**tenant.aws, **arguments})
    )


def policy_of(tenant: TenantAccount, bucket: str) -> dict[str, Any]:
    return dict(json.loads(tenant.client("s3").get_bucket_policy(Bucket=bucket)["Policy"]))


def actions(policy: dict[str, Any]) -> dict[str, set[str]]:
    """The actions of each statement that lets AppFlow in, by Sid."""
    return {
        statement["Sid"]: set(statement["Action"])
        for statement in policy["Statement"]
        if statement["Principal"] == {"Service": "appflow.amazonaws.com"}
    }


def puts(recording: Recording) -> int:
    return len([entry for entry in recording.entries() if entry["method"] == "PUT" and "?policy" in entry["url"]])


@pytest.mark.parametrize(
    ("access", "granted"),
    [
        ("write", {"AppFlowWrite": WRITE}),
        ("read", {"AppFlowRead": READ}),
        ("read_write", {"AppFlowRead": READ, "AppFlowWrite": WRITE}),
    ],
)
def test_appflow_may_do_what_the_access_says(access: str, granted: dict[str, set[str]], tenant: TenantAccount) -> None:
    bucket = tenant.make_bucket(granted=False)
    grant(tenant, bucket, access=access)
    assert actions(policy_of(tenant, bucket)) == granted


def test_appflow_may_act_for_the_buckets_account_only(tenant: TenantAccount) -> None:
    bucket = tenant.make_bucket(granted=False)
    grant(tenant, bucket)
    (statement,) = policy_of(tenant, bucket)["Statement"]
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": tenant.account}}
    assert statement["Resource"] == [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]


def test_a_flow_that_could_not_write_can_after_the_grant(tenant: TenantAccount) -> None:
    bucket = tenant.make_bucket(granted=False)
    flow = tenant.make_flow(bucket=bucket)
    assert tenant.wait(flow, tenant.start(flow)) == "Error"
    grant(tenant, bucket)
    assert tenant.wait(flow, tenant.start(flow)) == "Successful"


def test_the_result_says_what_was_done(tenant: TenantAccount) -> None:
    bucket = tenant.make_bucket(granted=False)
    done = {"bucket_name": bucket, "access": "write", "account": tenant.account}
    assert grant(tenant, bucket) == {**done, "action": "granted"}
    assert grant(tenant, bucket) == {**done, "action": "unchanged"}


def test_a_second_grant_writes_nothing(tenant: TenantAccount, recording: Recording) -> None:
    bucket = tenant.make_bucket(granted=False)
    grant(tenant, bucket, access="read_write")
    grant(tenant, bucket, access="read_write")
    grant(tenant, bucket, access="read")
    assert puts(recording) == 1


@pytest.mark.parametrize("statements", [[FOREIGN], FOREIGN], ids=["a list", "one"])
def test_other_statements_are_kept(statements: Any, tenant: TenantAccount) -> None:
    bucket = tenant.make_bucket(granted=False)
    before = {"Version": "2012-10-17", "Id": "audit", "Statement": statements}
    tenant.client("s3").put_bucket_policy(Bucket=bucket, Policy=json.dumps(before))
    grant(tenant, bucket)
    after = policy_of(tenant, bucket)
    assert after["Id"] == "audit"
    assert FOREIGN in after["Statement"]
    assert actions(after) == {"AppFlowWrite": WRITE}


def test_a_statement_of_a_grant_that_was_changed_is_put_right(tenant: TenantAccount) -> None:
    bucket = tenant.make_bucket(granted=False)
    grant(tenant, bucket)
    policy = policy_of(tenant, bucket)
    policy["Statement"][0]["Action"] = ["s3:PutObject"]
    tenant.client("s3").put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    assert grant(tenant, bucket)["action"] == "granted"
    assert actions(policy_of(tenant, bucket)) == {"AppFlowWrite": WRITE}


def test_reading_is_added_to_writing(tenant: TenantAccount) -> None:
    bucket = tenant.make_bucket(granted=False)
    grant(tenant, bucket)
    grant(tenant, bucket, access="read")
    assert actions(policy_of(tenant, bucket)) == {"AppFlowWrite": WRITE, "AppFlowRead": READ}


def test_a_bucket_of_another_account_is_refused(tenants: dict[str, TenantAccount]) -> None:
    foreign = tenants["tenant-b"].make_bucket(granted=False)
    with pytest.raises(AppFlowRequestError, match=rf"bucket {foreign} failed with .*account 222222222222"):
        grant(tenants["tenant-a"], foreign)


def test_a_bucket_that_does_not_exist_is_an_error_that_names_it(tenant: TenantAccount) -> None:
    bucket = fresh("no-such-bucket")
    with pytest.raises(AppFlowRequestError, match=rf"bucket {bucket} failed with NoSuchBucket.*Check the bucket"):
        grant(tenant, bucket)


def test_an_unknown_access_is_refused_when_the_dag_is_parsed() -> None:
    with pytest.raises(TenantConfigurationError, match=r"access 'all' is not known\. Possible are write, read"):
        AppFlowGrantBucketAccessOperator(task_id="grant", bucket_name="bucket", access="all")


def test_an_unknown_access_that_a_template_renders_to_is_refused(stack: Any) -> None:
    task = AppFlowGrantBucketAccessOperator(
        task_id="grant", aws_conn_id="isv_aws", bucket_name="bucket", access="{{ params.access }}"
    )
    with pytest.raises(TenantConfigurationError, match="access 'all' is not known"):
        run_task(task, access="all")
