"""Letting AppFlow use an S3 bucket."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv.bucket_access import ACCESS, bucket_statements
from airflow_provider_appflow_isv.operators.base import AppFlowBaseOperator, check_choice

if TYPE_CHECKING:
    from airflow_provider_appflow_isv._compat import Context


class AppFlowGrantBucketAccessOperator(AppFlowBaseOperator):
    """Let AppFlow, acting for the bucket's account, write to a bucket or read from it.

    A statement of the policy with one of this operator's Sids (``AppFlowWrite``, ``AppFlowRead``) is replaced, all
    others are kept; nothing is written if the policy says so already. S3 can't change a policy on the condition that
    it is still the one that was read: let no other task change the same bucket's policy at the same time.

    AppFlow uses no bucket of another account, so the bucket must be in the account that the task acts in.

    :param bucket_name: the bucket.
    :param access: ``write`` (default: destination, intermediate and error buckets), ``read`` (source buckets) or
        ``read_write``.

    The other parameters are those of :class:`~airflow_provider_appflow_isv.operators.base.AppFlowBaseOperator`.

    Returns ``{"bucket_name", "access", "account", "action"}``; the action is ``granted`` or ``unchanged``.
    """

    template_fields: Sequence[str] = (*AppFlowBaseOperator.template_fields, "bucket_name", "access")

    def __init__(self, *, bucket_name: str, access: str = "write", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bucket_name = bucket_name
        self.access = access
        self.check_arguments()

    def check_arguments(self) -> None:
        """As of the base; the kind of access too."""
        super().check_arguments()
        check_choice("access", self.access, ACCESS)

    def execute(self, context: Context) -> dict[str, Any]:
        """Merge the statements into the bucket's policy."""
        from airflow_provider_appflow_isv.hooks.request_errors import explained

        hook = self.make_hook()
        s3 = hook.client("s3")
        # a bucket that somebody else took over the name of is refused by S3
        bucket = {"Bucket": self.bucket_name, "ExpectedBucketOwner": hook.account}
        where = {"account": hook.account, "subject": f"bucket {self.bucket_name}"}
        with explained("GetBucketPolicy", **where):
            try:
                before = s3.get_bucket_policy(**bucket)["Policy"]
            except s3.exceptions.ClientError as error:
                if error.response["Error"]["Code"] != "NoSuchBucketPolicy":
                    raise
                before = None
        policy = self._merged(json.loads(before) if before else {}, hook.account, s3.meta.partition)
        changed = not before or json.loads(before) != policy
        if changed:
            with explained("PutBucketPolicy", **where):
                s3.put_bucket_policy(**bucket, Policy=json.dumps(policy))
        action = "granted" if changed else "unchanged"
        self.log.info("AppFlow's %s access to bucket %s in %s: %s", self.access, self.bucket_name, hook.account, action)
        return {"bucket_name": self.bucket_name, "access": self.access, "account": hook.account, "action": action}

    def _merged(self, policy: dict[str, Any], account: str, partition: str) -> dict[str, Any]:
        statements = bucket_statements(self.bucket_name, self.access, account=account, partition=partition)
        wanted = {statement["Sid"]: statement for statement in statements}
        found = policy.get("Statement", [])
        existing = [found] if isinstance(found, dict) else found
        kept = [wanted.pop(statement.get("Sid", ""), statement) for statement in existing]
        return {"Version": "2012-10-17", **policy, "Statement": [*kept, *wanted.values()]}
