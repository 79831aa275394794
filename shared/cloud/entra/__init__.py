"""Credentials, and who may call."""
