"""Rows as the services write them, for cases that are made up and for tests."""
