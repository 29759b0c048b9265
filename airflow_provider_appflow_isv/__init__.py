"""Airflow provider for ISVs that load their customers' SaaS data with Amazon AppFlow."""

__version__ = "0.1.0"
