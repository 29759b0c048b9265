"""What a tenant's own systems have written for Salesforce: a file of accounts, told apart by an external id."""

from __future__ import annotations

import csv
import io

FOLDER = "outbound/accounts"
KEY = f"{FOLDER}/accounts.csv"
_HEADER = ("External_Id__c", "Name", "Type", "Industry", "BillingCity", "NumberOfEmployees", "AnnualRevenue")
_ROWS = (
    ("ERP-0001", "Example Outbound 1", "Customer - Direct", "Retail", "Example City", "120", "1500000.50"),
    ("ERP-0002", "Example, Outbound 2", "Prospect", "Energy", "Beispielstädt", "7", "98000"),
    ("ERP-0003", 'The "Outbound" Example 3', "Other", "Education", "Example City", "", ""),
    ("ERP-0004", "O'Example Outbound 4", "Customer - Channel", "Agriculture", "例市", "4200", "73500000"),
    ("ERP-0005", "Beispielkonto Größe 5", "Customer - Direct", "Transportation", "", "35", "640000.25"),
    ("ERP-0006", "例の取引先 6", "Prospect", "Retail", "例市", "18", ""),
)


def accounts_csv() -> bytes:
    """Return the file: fields of Account, in UTF-8, with a header."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([_HEADER, *_ROWS])
    return text.getvalue().encode()
