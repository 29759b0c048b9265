"""Programs that print how fast the project is beside its peers. Run them with ``python -m benchmarks.<name>``."""
