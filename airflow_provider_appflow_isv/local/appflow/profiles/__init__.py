"""Connector profiles: what is kept of them and what they must have."""
