"""What Airflow reads of this provider, through the entry point ``apache_airflow_provider``."""

from __future__ import annotations

from typing import Any

_INTEGRATION = "Amazon AppFlow for ISVs"


def get_provider_info() -> dict[str, Any]:
    """Metadata in the form of Airflow's ``provider_info.schema.json``."""
    package = "airflow_provider_appflow_isv"
    return {
        "package-name": "airflow-provider-appflow-isv",
        "name": _INTEGRATION,
        "description": "Load customers' SaaS data with Amazon AppFlow, across AWS accounts.",
        "integrations": [
            {
                "integration-name": _INTEGRATION,
                "external-doc-url": "https://docs.aws.amazon.com/appflow/",
                "tags": ["aws"],
            }
        ],
        "operators": [
            {
                "integration-name": _INTEGRATION,
                "python-modules": [
                    f"{package}.operators.bucket_policy",
                    f"{package}.operators.catalog",
                    f"{package}.operators.connector_profile",
                    f"{package}.operators.flow",
                    f"{package}.operators.flow_run",
                    f"{package}.operators.flow_state",
                ],
            }
        ],
        "sensors": [{"integration-name": _INTEGRATION, "python-modules": [f"{package}.sensors.flow_run"]}],
        "hooks": [
            {
                "integration-name": _INTEGRATION,
                "python-modules": [f"{package}.hooks.appflow", f"{package}.hooks.salesforce"],
            }
        ],
        "triggers": [{"integration-name": _INTEGRATION, "python-modules": [f"{package}.triggers.flow_run"]}],
    }
