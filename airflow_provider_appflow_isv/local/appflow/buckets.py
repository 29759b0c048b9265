"""moto's S3 as AppFlow reaches it: as a service, under the bucket's policy, in the flow's own account and Region.

Facts: AppFlow user guide, "Amazon S3 bucket policies for Amazon AppFlow" and "Amazon S3" (no cross-account buckets,
same Region).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from moto.s3.models import FakeKey, s3_backends

from airflow_provider_appflow_isv.local.services import APPFLOW, flow_source_arn, refusal, service_context


class BucketError(Exception):
    """The flow may not or cannot use the bucket."""


@dataclass(frozen=True)
class FlowBuckets:
    """The buckets that one flow may reach.

    :param account_id: the flow's account.
    :param region_name: the flow's Region.
    :param flow_arn: the flow; what ``aws:SourceArn`` in bucket policies is compared with.
    """

    account_id: str
    region_name: str
    flow_arn: str

    def put(self, bucket_name: str, key: str, content: bytes) -> None:
        """Write an object.

        :raises BucketError: if the bucket is absent, elsewhere, or its policy does not allow it.
        """
        self._authorize(bucket_name, "s3:PutObject", key)
        self._backend(bucket_name).put_object(bucket_name, key, content)

    def read(self, bucket_name: str, prefix: str, is_wanted: Callable[[float], bool]) -> Iterator[bytes]:
        """Yield the content of objects under a prefix, sorted by key; folder markers are left out.

        :param is_wanted: says by its LastModified, in seconds since the epoch by moto's clock, whether to read one.
        :raises BucketError: as ``put`` does.
        """
        for key in self.keys(bucket_name, prefix):
            stored = self._backend(bucket_name).get_object(bucket_name, key)
            if stored is not None and is_wanted(stored.last_modified.replace(tzinfo=UTC).timestamp()):
                self._authorize(bucket_name, "s3:GetObject", key)
                yield stored.value

    def keys(self, bucket_name: str, prefix: str) -> list[str]:
        """Return the keys that begin with a prefix, sorted, without folder markers.

        AppFlow looks for the text, not for a folder: Terraform's tests on AWS read ``flow_source.csv`` by ``flow``.

        :raises BucketError: as ``put`` does.
        """
        bucket = self._authorize(bucket_name, "s3:ListBucket")
        return sorted(
            name
            for name, stored in list(bucket.keys.items())
            if name.startswith(prefix) and not name.endswith("/") and isinstance(stored, FakeKey)
        )

    def _authorize(self, bucket_name: str, action: str, key: str | None = None) -> Any:
        if bucket_name not in s3_backends.bucket_accounts:
            raise BucketError(f"The specified bucket does not exist: {bucket_name}")
        _, owner = s3_backends.bucket_accounts[bucket_name]
        if owner != self.account_id:
            raise BucketError(
                f"Amazon AppFlow doesn't support cross-account S3 buckets: {bucket_name} is not in account "
                f"{self.account_id}."
            )
        bucket = self._backend(bucket_name).get_bucket(bucket_name)
        if bucket.region_name != self.region_name:
            raise BucketError(
                f"The bucket {bucket_name} is in {bucket.region_name}, it must be in the flow's Region "
                f"{self.region_name}."
            )
        arn = f"arn:{bucket.partition}:s3:::{bucket_name}"
        resource = arn if key is None else f"{arn}/{key}"
        context = service_context(
            APPFLOW,
            region=self.region_name,
            resource_account=owner,
            source_account=self.account_id,
            source_arn=flow_source_arn(self.flow_arn),
        )
        refused = refusal(bucket.policy, APPFLOW, action, resource, context)
        if refused is not None:
            raise BucketError(f"Access Denied: the policy of the bucket {bucket_name} {refused}")
        return bucket

    @staticmethod
    def _backend(bucket_name: str) -> Any:
        partition, owner = s3_backends.bucket_accounts[bucket_name]
        return s3_backends[owner][partition]
