"""The stores of context: faults of configurations, and what was discovered."""
