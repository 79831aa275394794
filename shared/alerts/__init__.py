"""Alerts of Azure Monitor: read in every variant, kept before they are answered for, and taken into incidents."""
