"""The connectors that AWS itself offers as CustomConnector with a label, without anybody registering them.

Facts: AppFlow user guide, "Supported source and destination applications", names them; labels that are publicly seen
(HubSpot, SalesforceMarketingCloud, GoogleAnalytics4, MicrosoftSharePointOnline, ...) are these names without blanks,
but for two. Inferred: so are the others.
"""

from __future__ import annotations

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


_KNOWN = frozenset(map(_folded, (*_NAMES, *_OTHER_LABELS)))


def is_aws_connector(label: str) -> bool:
    """Say whether a connectorLabel is one of AWS's own connectors; case and punctuation do not matter here.

    :param label: the label.
    """
    return _folded(label) in _KNOWN
