"""The store of upstream events."""
