"""The connectors: catalogue, custom connectors, their entities."""
