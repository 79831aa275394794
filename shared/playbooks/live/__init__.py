"""What Azure Resource Manager says now, as evidence: states of the configuration, and queries of Resource Graph."""
