"""Flows: what is kept of them, their rules, and when they run."""
