"""Whether Linekeeper itself is well."""
