"""Where the members of a login stand: an Airflow connection, or a secret in AWS Secrets Manager."""
