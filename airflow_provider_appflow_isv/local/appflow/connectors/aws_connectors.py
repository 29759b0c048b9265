"""The connectors that AWS itself offers as CustomConnector with a label, without anybody registering them.

Facts: AppFlow user guide, "Supported source and destination applications", names them; labels that are publicly seen
(HubSpot, SalesforceMarketingCloud, GoogleAnalytics4, MicrosoftSharePointOnline, ...) are these names without blanks,
but for two. Inferred: so are the others; what each can do is not known here.
"""

from __future__ import annotations

from typing import Any

from airflow_provider_appflow_isv.local.appflow.connectors.catalog import CUSTOM

_NAMES = (
    *("Adobe Analytics", "AfterShip", "Asana", "BambooHR", "Blackbaud Raiser's Edge NXT", "Braintree", "CircleCI"),
    *("Coupa", "Delighted", "DocuSign Monitor", "Domo", "Facebook Ads", "Facebook Page Insights", "Freshdesk"),
    *("Freshsales", "GitHub", "GitLab", "Google Ads", "Google Analytics 4", "Google BigQuery", "Google Calendar"),
    *("Google Search Console", "Google Sheets", "HubSpot", "Instagram Ads", "Intercom", "Jira Cloud", "Kustomer"),
    *("LinkedIn Ads", "LinkedIn Pages", "Mailchimp", "Microsoft Dynamics 365", "Microsoft SharePoint Online"),
    *("Microsoft Teams", "Mixpanel", "Okta", "Oracle HCM", "PayPal", "Pendo", "Pipedrive", "Productboard"),
    *("QuickBooks Online", "Recharge", "Salesforce Marketing Cloud", "SendGrid", "Smartsheet", "Snapchat Ads"),
    *("Stripe", "Typeform", "WooCommerce", "Zendesk Chat", "Zendesk Sell", "Zendesk Sunshine", "Zoho CRM", "Zoom"),
)
_OTHER_LABELS = ("AmazonRDSPostgreSQL", "JDBCsmall")  # as the AWS CDK constructs for AppFlow spell them


def _folded(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


_KNOWN = {_folded(name): name for name in (*_NAMES, *_OTHER_LABELS)}


def is_aws_connector(label: str) -> bool:
    """Say whether a connectorLabel is one of AWS's own connectors; case and punctuation do not matter here.

    :param label: the label.
    """
    return _folded(label) in _KNOWN


def describe(label: str) -> dict[str, Any]:
    """Return what is known of one of AWS's own connectors, as ConnectorConfiguration.

    :param label: its label.
    """
    name = _KNOWN[_folded(label)]
    return {"connectorType": CUSTOM, "connectorLabel": label, "connectorName": name, "connectorOwner": "AWS"}
