"""An AWS and a Salesforce on this machine, for trying and testing the provider; needs the extra ``local``."""
