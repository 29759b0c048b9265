"""What AppFlow needs to be allowed in a bucket's policy."""

from __future__ import annotations

from typing import Any

# for a source and for a destination bucket (AppFlow user guide, "Amazon S3 bucket policies for Amazon AppFlow")
_ACTIONS = {
    "read": ("s3:GetObject", "s3:ListBucket"),
    "write": (
        "s3:AbortMultipartUpload",
        "s3:GetBucketAcl",
        "s3:ListBucketMultipartUploads",
        "s3:ListMultipartUploadParts",
        "s3:PutObject",
        "s3:PutObjectAcl",
    ),
}
ACCESS = ("write", "read", "read_write")


def bucket_statements(bucket: str, access: str, *, account: str, partition: str) -> list[dict[str, Any]]:
    """The statements with which a bucket's policy lets AppFlow in, when it acts for the bucket's own account.

    :param bucket: name of the bucket.
    :param access: ``write`` (destination, intermediate and error buckets), ``read`` (source buckets) or ``read_write``.
    :param account: AWS account id of bucket and flows.
    :param partition: e.g. ``aws``.
    :return: one statement for each kind of access, with the Sid ``AppFlowRead`` or ``AppFlowWrite``.
    """
    return [
        {
            "Sid": f"AppFlow{kind.capitalize()}",
            "Effect": "Allow",
            "Principal": {"Service": "appflow.amazonaws.com"},
            "Action": list(_ACTIONS[kind]),
            "Resource": [f"arn:{partition}:s3:::{bucket}", f"arn:{partition}:s3:::{bucket}/*"],
            "Condition": {"StringEquals": {"aws:SourceAccount": account}},
        }
        for kind in access.split("_")
    ]
