"""A playbook's page, read and checked."""
