"""The customer managed key of a connector profile or a flow, looked up in moto's KMS.

Facts: AppFlow user guide, "Data protection" (a key of one's own, also of another account). Inferred: AppFlow refuses
what Secrets Manager could not encrypt the profile's secret with, of a flow likewise.
"""

from __future__ import annotations

import re

from moto.core.exceptions import JsonRESTError
from moto.kms.models import Key, kms_backends

from airflow_provider_appflow_isv.local.appflow.exceptions import ValidationException

_KEY_ARN = re.compile(r"arn:aws:kms:([a-z0-9-]+):(\d{12}):(key|alias)/.+", re.ASCII)


def check_key(kms_arn: str, region_name: str) -> None:
    """Check that secrets and data of a Region can be encrypted with a key.

    :param kms_arn: the key, or an alias of it.
    :param region_name: the Region.
    :raises ValidationException: if the key is absent, elsewhere, disabled or not for encryption.
    """
    parts = _KEY_ARN.fullmatch(kms_arn)
    if parts is None or parts[1] != region_name:
        raise ValidationException(f"kmsArn: {kms_arn} is not the ARN of a KMS key in {region_name}.")
    key = _find(kms_arn, region_name, parts[2])
    if key is None or key.key_state != "Enabled":
        raise ValidationException(f"kmsArn: the key {kms_arn} does not exist or is not enabled.")
    usage = key.key_usage or "ENCRYPT_DECRYPT"  # moto leaves the default out
    if usage != "ENCRYPT_DECRYPT" or key.key_spec != "SYMMETRIC_DEFAULT":
        raise ValidationException(f"kmsArn: the key {kms_arn} is not a symmetric encryption key.")


def _find(kms_arn: str, region_name: str, account_id: str) -> Key | None:
    try:
        key: Key = kms_backends[account_id][region_name].describe_key(kms_arn)
    except (KeyError, AttributeError, JsonRESTError):  # moto looks an unknown alias up as None
        return None
    return key
