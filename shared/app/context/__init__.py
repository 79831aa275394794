"""Capabilities about what else is going on."""
