"""The main job on this machine: a local AWS and Salesforce, a throw-away Airflow, and the DAG for all tenants."""
