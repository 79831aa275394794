"""A Log Analytics workspace on this machine: its tables, its query language and its query API."""
