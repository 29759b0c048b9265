"""Looks for every secret of a DAG run in all that the run has left behind: ``python -m proofs.leak_search``."""
