"""Find faults of a configuration before they hurt: rules as data, and what judges by them."""
