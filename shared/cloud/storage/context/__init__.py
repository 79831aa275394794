"""The stores of context: faults of configurations, what was discovered, and what Microsoft declared."""
