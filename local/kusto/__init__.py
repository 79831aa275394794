"""Microsoft's own compiler of KQL, and what it says about a text."""
