"""The destinations: one small class for each connector that AppFlow can write to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from airflow_provider_appflow_isv.specs.checks import NO_SPACE, choice, flag, several, text, whole
from airflow_provider_appflow_isv.specs.ends import (
    Destination,
    DestinationFacts,
    ErrorHandling,
    bucket_check,
    bucket_name,
    connector_label,
    custom_properties,
    error_handling,
    folder,
    id_field_names,
    object_name,
    profile_name,
    prop,
    write_operation,
)
from airflow_provider_appflow_isv.specs.errors import SpecError
from airflow_provider_appflow_isv.specs.values import is_late

_ALL_OPERATIONS = ("INSERT", "UPSERT", "UPDATE", "DELETE")
_FORMAT = "s3OutputFormatConfig"
_PREFIX_TYPES = ("FILENAME", "PATH", "PATH_AND_FILENAME")


class Files(Destination, base=True):
    """Base of the destinations that are buckets.

    :param prefix: folder in the bucket; default none.
    :param format: ``JSON`` (default; lines of it), ``CSV`` or ``PARQUET``.
    :param prefix_type: where the date of the run stands in keys: ``FILENAME``, ``PATH`` or ``PATH_AND_FILENAME``;
        default nowhere.
    :param prefix_format: how fine the date is: ``YEAR``, ``MONTH``, ``DAY``, ``HOUR`` or ``MINUTE``.
    :param path_prefix_hierarchy: ``EXECUTION_ID``, ``SCHEMA_VERSION`` or both, as folders; default none.
    :param aggregation_type: ``None`` (the text; default) or ``SingleFile``.
    :param target_file_size: size of files, in MB; default AppFlow's choice.
    """

    prefix: str | None = folder(default=None)
    format: str = prop(f"{_FORMAT}.fileType", choice("CSV", "JSON", "PARQUET"), default="JSON", always=True)
    prefix_type: str | None = prop(f"{_FORMAT}.prefixConfig.prefixType", choice(*_PREFIX_TYPES), default=None)
    prefix_format: str | None = prop(
        f"{_FORMAT}.prefixConfig.prefixFormat", choice("YEAR", "MONTH", "DAY", "HOUR", "MINUTE"), default=None
    )
    path_prefix_hierarchy: Sequence[str] = prop(
        f"{_FORMAT}.prefixConfig.pathPrefixHierarchy", several(choice("EXECUTION_ID", "SCHEMA_VERSION"), 2), default=()
    )
    aggregation_type: str = prop(
        f"{_FORMAT}.aggregationConfig.aggregationType", choice("None", "SingleFile"), default="None"
    )
    target_file_size: int | None = prop(f"{_FORMAT}.aggregationConfig.targetFileSize", whole(1, 100_000), default=None)

    def _verify(self) -> None:
        if self.prefix_format is not None and self.prefix_type is None:
            raise SpecError(f"needs prefix_type, too: one of {', '.join(_PREFIX_TYPES)}.", "prefix_format")


class S3Destination(Files):
    """Files in a bucket of the flow's own account and region.

    :param bucket: the bucket; AppFlow may write to it after :class:`AppFlowGrantBucketAccessOperator`.
    :param preserve_source_data_typing: whether Parquet has the source's types; default False, all of it is text.

    The other parameters are those of :class:`Files`.
    """

    handles = "S3"
    facts = DestinationFacts("Amazon S3", catalogued=True, partitioned=True)

    bucket: str = bucket_name()
    preserve_source_data_typing: bool = prop(f"{_FORMAT}.preserveSourceDataTyping", flag, default=False)

    def _verify(self) -> None:
        super()._verify()
        if self.preserve_source_data_typing is True and not is_late(self.format) and self.format != "PARQUET":
            raise SpecError("is for the format PARQUET only.", "preserve_source_data_typing")


class UpsolverDestination(Files):
    """Files in a bucket for Upsolver.

    :param bucket: the bucket; its name begins with ``upsolver-appflow``.
    :param prefix_type: as of :class:`Files`, but it must be given.

    The other parameters are those of :class:`Files`.
    """

    handles = "Upsolver"
    facts = DestinationFacts("Upsolver")

    bucket: str = prop(
        "bucketName", text(63, r"upsolver-appflow\S*", least=16, says="must begin with upsolver-appflow")
    )
    prefix_type: str = prop(f"{_FORMAT}.prefixConfig.prefixType", choice(*_PREFIX_TYPES))


class RedshiftDestination(Destination):
    """Rows of a table of Amazon Redshift, which may be in another account. AppFlow only inserts.

    :param profile: connector profile.
    :param object: the table, e.g. ``public.accounts``.
    :param intermediate_bucket: bucket in the flow's account that files pass through.
    :param prefix: folder there; default none.
    :param on_error: what becomes of refused records.
    """

    handles = "Redshift"
    facts = DestinationFacts("Amazon Redshift")

    profile: str = profile_name()
    object: str = object_name()
    intermediate_bucket: str = prop("intermediateBucketName", bucket_check)
    prefix: str | None = folder(default=None)
    on_error: ErrorHandling | None = error_handling()


class SnowflakeDestination(Destination):
    """Rows of a table of Snowflake.

    :param profile: connector profile.
    :param object: the table.
    :param intermediate_bucket: bucket of the profile's stage.
    :param prefix: folder there; default none.
    :param on_error: what becomes of refused records.
    """

    handles = "Snowflake"
    facts = DestinationFacts("Snowflake")

    profile: str = profile_name()
    object: str = object_name()
    intermediate_bucket: str = prop("intermediateBucketName", bucket_check)
    prefix: str | None = folder(default=None)
    on_error: ErrorHandling | None = error_handling()


class SalesforceDestination(Destination):
    """Records of a Salesforce object.

    :param profile: connector profile.
    :param object: the object, e.g. ``Account``.
    :param operation: ``INSERT`` (default), ``UPSERT``, ``UPDATE`` (by the record's Id) or ``DELETE`` (by Id).
    :param id_fields: the external id to UPSERT by.
    :param data_transfer_api: ``AUTOMATIC`` (default), ``BULKV2`` or ``REST_SYNC``.
    :param on_error: what becomes of refused records.
    """

    handles = "Salesforce"
    facts = DestinationFacts("Salesforce")

    profile: str = profile_name()
    object: str = object_name()
    operation: str = write_operation(*_ALL_OPERATIONS)
    id_fields: Sequence[str] = id_field_names()
    data_transfer_api: str = prop("dataTransferApi", choice("AUTOMATIC", "BULKV2", "REST_SYNC"), default="AUTOMATIC")
    on_error: ErrorHandling | None = error_handling()

    def _verify(self) -> None:
        super()._verify()
        if self.operation == "UPSERT" and not is_late(self.id_fields) and len(self.id_fields) > 1:
            raise SpecError("must name one field, the external id, to UPSERT into Salesforce.", "id_fields")


class ZendeskDestination(Destination):
    """Records of a Zendesk object.

    :param profile: connector profile.
    :param object: the object, e.g. ``tickets``.
    :param operation: ``INSERT`` (default), ``UPSERT`` or ``UPDATE``.
    :param id_fields: the fields to UPSERT by.
    :param on_error: what becomes of refused records.
    """

    handles = "Zendesk"
    facts = DestinationFacts("Zendesk")

    profile: str = profile_name()
    object: str = object_name()
    operation: str = write_operation("INSERT", "UPSERT", "UPDATE")
    id_fields: Sequence[str] = id_field_names()
    on_error: ErrorHandling | None = error_handling()


class MarketoDestination(Destination):
    """Records of a Marketo object.

    :param profile: connector profile.
    :param object: the object.
    :param on_error: what becomes of refused records.
    """

    handles = "Marketo"
    facts = DestinationFacts("Marketo")

    profile: str = profile_name()
    object: str = object_name()
    on_error: ErrorHandling | None = error_handling()


class SAPODataDestination(Destination):
    """An entity set of an SAP OData service.

    :param profile: connector profile.
    :param object_path: path of the entity set.
    :param operation: ``INSERT`` (default) or ``UPDATE``.
    :param id_fields: the keys to UPDATE by.
    :param success_bucket: bucket that SAP's answers are kept in; default none.
    :param success_prefix: folder there.
    :param on_error: what becomes of refused records.
    """

    handles = "SAPOData"
    facts = DestinationFacts("SAP OData")

    profile: str = profile_name()
    object_path: str = object_name("objectPath")
    operation: str = write_operation("INSERT", "UPDATE")
    id_fields: Sequence[str] = id_field_names()
    success_bucket: str | None = prop("successResponseHandlingConfig.bucketName", bucket_check, default=None)
    success_prefix: str | None = folder("successResponseHandlingConfig.bucketPrefix", default=None)
    on_error: ErrorHandling | None = error_handling()

    def _verify(self) -> None:
        super()._verify()
        if self.success_prefix is not None and self.success_bucket is None:
            raise SpecError("is a folder in success_bucket, which is not given.", "success_prefix")


class EventBridgeDestination(Destination):
    """Events on an event bus: Salesforce's only, as they happen.

    :param event_source: the partner event source, ``aws.partner/appflow/salesforce.com/<account>/<name>``.
    :param on_error: where events above 256 KB are kept.
    """

    handles = "EventBridge"
    facts = DestinationFacts("Amazon EventBridge")

    event_source: str = prop("object", text(512, NO_SPACE))
    on_error: ErrorHandling | None = error_handling()


class CustomerProfilesDestination(Destination):
    """Profiles of Amazon Connect Customer Profiles.

    :param domain: the domain.
    :param object_type: the object type; default the domain's.
    """

    handles = "CustomerProfiles"
    facts = DestinationFacts("Amazon Connect Customer Profiles")

    domain: str = prop("domainName", text(64, NO_SPACE))
    object_type: str | None = prop("objectTypeName", text(255, NO_SPACE), default=None)


class CustomDestination(Destination):
    """An entity of a custom connector.

    :param profile: connector profile.
    :param entity: the entity.
    :param label: the connector's label; the profile is looked at whether it is of that connector. Default any.
    :param operation: ``INSERT`` (default), ``UPSERT``, ``UPDATE`` or ``DELETE``.
    :param id_fields: the fields to UPSERT by.
    :param properties: custom properties that the connector asks for.
    :param on_error: what becomes of refused records.
    """

    handles = "CustomConnector"
    facts = DestinationFacts("Custom connectors")

    profile: str = profile_name()
    entity: str = prop("entityName", text(1024, NO_SPACE))
    label: str | None = connector_label()
    operation: str = write_operation(*_ALL_OPERATIONS)
    id_fields: Sequence[str] = id_field_names()
    properties: Mapping[str, str] = custom_properties()
    on_error: ErrorHandling | None = error_handling()
