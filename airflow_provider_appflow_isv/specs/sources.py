"""The sources: one small class for each connector that AppFlow can read from.

What they lack of the operators is from AppFlow's service model, the shortest schedules from its user guide ("Quotas").
"""

from __future__ import annotations

from collections.abc import Mapping

from airflow_provider_appflow_isv.specs.checks import NO_SPACE, choice, flag, text, whole
from airflow_provider_appflow_isv.specs.ends import (
    Source,
    SourceFacts,
    bucket_name,
    connector_label,
    custom_properties,
    folder,
    object_name,
    profile_name,
    prop,
)

_ORDERINGS = frozenset({"LESS_THAN", "LESS_THAN_OR_EQUAL_TO", "GREATER_THAN", "GREATER_THAN_OR_EQUAL_TO"})
_EQUALITY_ONLY = _ORDERINGS | {"BETWEEN", "CONTAINS", "NOT_EQUAL_TO"}
_EQUALITY_AND_RANGE = _EQUALITY_ONLY - {"BETWEEN"}
_CHANGES = frozenset(
    {
        *("ADDITION", "SUBTRACTION", "MULTIPLICATION", "DIVISION", "MASK_ALL", "MASK_FIRST_N", "MASK_LAST_N", "NO_OP"),
        *("VALIDATE_NON_NULL", "VALIDATE_NON_ZERO", "VALIDATE_NON_NEGATIVE", "VALIDATE_NUMERIC"),
    }
)
# field types of Salesforce's describe calls, and the names that AppFlow and its clients have for them
_SALESFORCE_TYPES = frozenset(
    {
        *("address", "anyType", "base64", "boolean", "combobox", "complexvalue", "currency", "date", "datetime"),
        *("decimal", "double", "email", "encryptedstring", "float", "id", "int", "integer", "json", "location", "long"),
        *("multipicklist", "number", "percent", "phone", "picklist", "reference", "string", "textarea", "time", "url"),
    }
)
# Salesforce object reference, "System Fields"; ServiceNow's are those of every table
_SALESFORCE_FIELDS = {
    "IsDeleted": "boolean",
    **dict.fromkeys(("CreatedDate", "LastModifiedDate", "SystemModstamp"), "datetime"),
    **dict.fromkeys(("LastReferencedDate", "LastViewedDate"), "datetime"),
}
_SERVICENOW_FIELDS = dict.fromkeys(("sys_created_on", "sys_updated_on"), "datetime")


class SalesforceSource(Source):
    """Records of a Salesforce object, or its change events.

    :param profile: connector profile.
    :param object: the object, e.g. ``Account``; for :class:`OnEvent` a change event such as ``AccountChangeEvent`` or a
        platform event such as ``Example__e``.
    :param include_deleted_records: whether records in the recycle bin are read, too; default False.
    :param enable_dynamic_field_update: whether new fields of the object are taken in; default False, S3 only.
    :param data_transfer_api: ``AUTOMATIC`` (default), ``BULKV2`` or ``REST_SYNC``.
    """

    handles = "Salesforce"
    facts = SourceFacts("Salesforce", events=True, data_types=_SALESFORCE_TYPES, field_types=_SALESFORCE_FIELDS)

    profile: str = profile_name()
    object: str = object_name()
    include_deleted_records: bool = prop("includeDeletedRecords", flag, default=False)
    enable_dynamic_field_update: bool = prop("enableDynamicFieldUpdate", flag, default=False)
    data_transfer_api: str = prop("dataTransferApi", choice("AUTOMATIC", "BULKV2", "REST_SYNC"), default="AUTOMATIC")


class PardotSource(Source):
    """Records of a Salesforce Pardot object.

    :param profile: connector profile.
    :param object: the object.
    """

    handles = "Pardot"
    facts = SourceFacts("Salesforce Pardot", lacks=_EQUALITY_ONLY)

    profile: str = profile_name()
    object: str = object_name()


class ServiceNowSource(Source):
    """Records of a ServiceNow table.

    :param profile: connector profile.
    :param object: the table, e.g. ``incident``.
    """

    handles = "Servicenow"
    facts = SourceFacts("ServiceNow", field_types=_SERVICENOW_FIELDS)

    profile: str = profile_name()
    object: str = object_name()


class ZendeskSource(Source):
    """Records of a Zendesk object.

    :param profile: connector profile.
    :param object: the object, e.g. ``tickets``.
    """

    handles = "Zendesk"
    facts = SourceFacts("Zendesk", lacks=_EQUALITY_ONLY - {"GREATER_THAN"} | {"EQUAL_TO"})

    profile: str = profile_name()
    object: str = object_name()


class SlackSource(Source):
    """Messages of a Slack conversation.

    :param profile: connector profile.
    :param object: the conversation.
    """

    handles = "Slack"
    facts = SourceFacts("Slack", lacks=frozenset({"CONTAINS", "NOT_EQUAL_TO"}))

    profile: str = profile_name()
    object: str = object_name()


class MarketoSource(Source):
    """Records of a Marketo object.

    :param profile: connector profile.
    :param object: the object.
    """

    handles = "Marketo"
    facts = SourceFacts(
        "Marketo",
        lacks=frozenset({"CONTAINS", "LESS_THAN_OR_EQUAL_TO", "GREATER_THAN_OR_EQUAL_TO", "EQUAL_TO", "NOT_EQUAL_TO"}),
        most_often="hours",
    )

    profile: str = profile_name()
    object: str = object_name()


class GoogleAnalyticsSource(Source):
    """A Google Analytics view.

    :param profile: connector profile.
    :param object: the view.
    """

    handles = "Googleanalytics"
    facts = SourceFacts("Google Analytics", lacks=_CHANGES | _EQUALITY_AND_RANGE | {"EQUAL_TO"}, most_often="days")

    profile: str = profile_name()
    object: str = object_name()


class SAPODataSource(Source):
    """An entity set of an SAP OData service.

    :param profile: connector profile.
    :param object_path: path of the entity set.
    :param max_parallelism: processes that read at once, 1 to 10; default is AppFlow's.
    :param max_page_size: records in a page, 1 to 10,000; default is AppFlow's.
    """

    handles = "SAPOData"
    facts = SourceFacts("SAP OData")

    profile: str = profile_name()
    object_path: str = object_name("objectPath")
    max_parallelism: int | None = prop("parallelismConfig.maxParallelism", whole(1, 10), default=None)
    max_page_size: int | None = prop("paginationConfig.maxPageSize", whole(1, 10_000), default=None)


class VeevaSource(Source):
    """Records or documents of a Veeva vault.

    :param profile: connector profile.
    :param object: the object.
    :param document_type: kind of documents; default records.
    :param include_source_files: whether the documents' files come along; default False.
    :param include_renditions: whether renditions do; default False.
    :param include_all_versions: whether all versions do; default False, the latest one.
    """

    handles = "Veeva"
    facts = SourceFacts("Veeva")

    profile: str = profile_name()
    object: str = object_name()
    document_type: str | None = prop(
        "documentType", text(512, r"[\s\w_-]+", says="has letters, digits, blanks, _ and - only"), default=None
    )
    include_source_files: bool = prop("includeSourceFiles", flag, default=False)
    include_renditions: bool = prop("includeRenditions", flag, default=False)
    include_all_versions: bool = prop("includeAllVersions", flag, default=False)


class S3Source(Source):
    """Files in a folder of a bucket in the flow's own account and region.

    :param bucket: the bucket.
    :param prefix: the folder; it must hold a file when the flow is created.
    :param format: ``CSV`` (default) or ``JSON``.
    """

    handles = "S3"
    facts = SourceFacts("Amazon S3", lacks=frozenset({"CONTAINS"}))

    bucket: str = bucket_name()
    prefix: str = folder()
    format: str = prop("s3InputFormatConfig.s3InputFileType", choice("CSV", "JSON"), default="CSV", always=True)


class CustomSource(Source):
    """An entity of a custom connector, AWS's own ones such as HubSpot among them.

    :param profile: connector profile.
    :param entity: the entity.
    :param label: the connector's label; the profile is looked at whether it is of that connector. Default any.
    :param properties: custom properties that the connector asks for.
    :param data_transfer_api: name of the connector's API; default its own choice.
    :param data_transfer_type: ``SYNC``, ``ASYNC`` or ``AUTOMATIC``; default its own choice.
    """

    handles = "CustomConnector"
    facts = SourceFacts("Custom connectors")

    profile: str = profile_name()
    entity: str = prop("entityName", text(1024, NO_SPACE))
    label: str | None = connector_label()
    properties: Mapping[str, str] = custom_properties()
    data_transfer_api: str | None = prop("dataTransferApi.Name", text(64, r"[\w/-]+"), default=None)
    data_transfer_type: str | None = prop("dataTransferApi.Type", choice("SYNC", "ASYNC", "AUTOMATIC"), default=None)
