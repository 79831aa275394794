"""The reports of a diagnosis and of an incident, as Markdown."""
