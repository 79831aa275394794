"""Alerts of Azure Monitor: taken in, found where they were not delivered, and given their state in Azure."""
