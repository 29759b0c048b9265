"""Sources and destinations that AppFlow would refuse, or would run to no good."""

from __future__ import annotations

from airflow_provider_appflow_isv.specs import (
    AllFields,
    ConnectorDestination,
    ConnectorSource,
    CustomDestination,
    CustomSource,
    ErrorHandling,
    EventBridgeDestination,
    Field,
    GlueCatalog,
    RedshiftDestination,
    S3Destination,
    S3Source,
    SalesforceDestination,
    SalesforceSource,
    SAPODataDestination,
    SAPODataSource,
    ServiceNowSource,
    UpsolverDestination,
    VeevaSource,
    ZendeskDestination,
)
from tests.specs.examples import Row, flow, loosely

SERVICENOW = ServiceNowSource(profile="p", object="incident")
SAP = SAPODataSource(profile="p", object_path="/sap/items")
REDSHIFT = RedshiftDestination(profile="p", object="public.accounts", intermediate_bucket="between")
BUS = EventBridgeDestination(event_source="aws.partner/appflow/salesforce.com/111122223333/example")
CATALOG = GlueCatalog(role_arn="arn:aws:iam::111122223333:role/glue", database="landing", table_prefix="sf")

WRONG: dict[str, Row] = {
    # sources
    "a profile with a blank": (
        lambda: SalesforceSource(profile="a b", object="Account"),
        "profile",
        "any of _/!@#+=.-",
    ),
    "no object": (lambda: SalesforceSource(profile="p"), "object", "SalesforceSource needs it"),
    "an object with a blank": (lambda: SalesforceSource(profile="p", object="My Account"), "object", "no blanks"),
    "an unknown API of Salesforce": (
        lambda: SalesforceSource(profile="p", object="Account", data_transfer_api="BULK"),
        "data_transfer_api",
        "AUTOMATIC, BULKV2, REST_SYNC",
    ),
    "new fields in Redshift": (
        lambda: flow(
            source=SalesforceSource(profile="p", object="Account", enable_dynamic_field_update=True),
            destination=REDSHIFT,
        ),
        "source.enable_dynamic_field_update",
        "S3 only",
    ),
    "deleted records perhaps": (
        lambda: loosely(SalesforceSource)(profile="p", object="Account", include_deleted_records="maybe"),
        "include_deleted_records",
        "True or False",
    ),
    "files without a folder": (lambda: S3Source(bucket="landing"), "prefix", "S3Source needs it"),
    "files of Parquet": (lambda: S3Source(bucket="landing", prefix="in", format="PARQUET"), "format", "CSV, JSON"),
    "eleven processes of SAP": (lambda: SAP.replace(max_parallelism=11), "max_parallelism", "from 1 to 10"),
    "an odd kind of documents": (
        lambda: VeevaSource(profile="p", object="o", document_type="a/b"),
        "document_type",
        "letters, digits, blanks",
    ),
    "a label with a blank": (lambda: CustomSource(profile="p", entity="e", label="My one"), "label", "letters"),
    "a custom property with a blank": (
        lambda: CustomSource(profile="p", entity="e", properties={"region": "eu west"}),
        "properties[region]",
        "no blanks",
    ),
    "a connector that is none": (lambda: ConnectorSource("Hubspot", {"object": "o"}), "connector_type", "one of"),
    "a connector that only reads": (lambda: ConnectorDestination("Slack", {}), "connector_type", "one of"),
    "a general source without an object": (lambda: ConnectorSource("Datadog", {}, profile="p"), "properties", "object"),
    "a general source without a profile": (lambda: ConnectorSource("Datadog", {"object": "o"}), "profile", "Datadog"),
    # destinations
    "a folder that begins with a slash": (lambda: S3Destination(bucket="landing", prefix="/sf"), "prefix", "a slash"),
    "a source's folder that begins with a slash": (lambda: S3Source(bucket="landing", prefix="/in"), "prefix", "slash"),
    "a bucket in capitals": (lambda: S3Destination(bucket="Landing"), "bucket", "small letters"),
    "a bucket's address": (lambda: S3Destination(bucket="s3://landing"), "bucket", "small letters"),
    "a bucket of two letters": (lambda: S3Destination(bucket="ab"), "bucket", "it must have 3 to 63"),
    "an unknown file format": (lambda: S3Destination(bucket="landing", format="parquet"), "format", "PARQUET"),
    "types in CSV": (
        lambda: S3Destination(bucket="landing", format="CSV", preserve_source_data_typing=True),
        "preserve_source_data_typing",
        "PARQUET only",
    ),
    "dates without a place": (
        lambda: S3Destination(bucket="landing", prefix_format="DAY"),
        "prefix_format",
        "FILENAME",
    ),
    "another bucket for Upsolver": (
        lambda: UpsolverDestination(bucket="another-bucket-name", prefix_type="PATH"),
        "bucket",
        "begin with upsolver-appflow",
    ),
    "Redshift without a bucket": (
        lambda: RedshiftDestination(profile="p", object="public.accounts"),
        "intermediate_bucket",
        "needs it",
    ),
    "a bad bucket before Redshift": (
        lambda: REDSHIFT.replace(intermediate_bucket="a_b"),
        "intermediate_bucket",
        "small",
    ),
    "a folder for errors only": (lambda: ErrorHandling(prefix="errors"), "prefix", "folder in bucket"),
    "a text for errors": (lambda: REDSHIFT.replace(on_error="fail"), "on_error", "must be ErrorHandling"),
    "an upsert by nothing": (
        lambda: SalesforceDestination(profile="p", object="Account", operation="UPSERT"),
        "id_fields",
        "for the operation UPSERT",
    ),
    "an upsert by nothing, in Zendesk": (
        lambda: ZendeskDestination(profile="p", object="tickets", operation="UPSERT"),
        "id_fields",
        "for the operation UPSERT",
    ),
    "an upsert by nothing, in a custom connector": (
        lambda: CustomDestination(profile="p", entity="e", operation="UPSERT", id_fields=[]),
        "id_fields",
        "for the operation UPSERT",
    ),
    "an upsert by two fields": (
        lambda: SalesforceDestination(profile="p", object="Account", operation="UPSERT", id_fields=["A", "B"]),
        "id_fields",
        "must name one field",
    ),
    "an upsert by a field that isn't written": (
        lambda: flow(
            destination=SalesforceDestination(profile="p", object="Lead", operation="UPSERT", id_fields=["Key__c"])
        ),
        "destination.id_fields",
        "finds records by 'Key__c'",
    ),
    "an upsert by a field that goes elsewhere": (
        lambda: flow(
            fields=[AllFields(), Field("Key__c", to="Other__c")],
            destination=SalesforceDestination(profile="p", object="Lead", operation="UPSERT", id_fields=["Key__c"]),
        ),
        "destination.id_fields",
        "finds records by 'Key__c'",
    ),
    "an update without the record's id": (
        lambda: flow(
            fields=["Name"], destination=SalesforceDestination(profile="p", object="Lead", operation="UPDATE")
        ),
        "fields",
        "UPDATE finds records by 'Id'",
    ),
    "an upsert of SAP": (
        lambda: SAPODataDestination(profile="p", object_path="/items", operation="UPSERT"),
        "operation",
        "one of INSERT, UPDATE",
    ),
    "a folder of SAP's answers only": (
        lambda: SAPODataDestination(profile="p", object_path="/items", success_prefix="ok"),
        "success_prefix",
        "folder in success_bucket",
    ),
    "EventBridge from ServiceNow": (
        lambda: flow(source=SERVICENOW, destination=BUS),
        "destination",
        "events of Salesforce only",
    ),
    "EventBridge on demand": (lambda: flow(destination=BUS), "destination", "with the trigger OnEvent()"),
    "a catalogue of Redshift": (lambda: flow(destination=REDSHIFT, catalog=CATALOG), "catalog", "S3 only"),
    "a catalogue without a role": (lambda: CATALOG.replace(role_arn="glue"), "role_arn", "ARN of a role"),
}
