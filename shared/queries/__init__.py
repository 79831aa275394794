"""The prelude of every KQL text, and running the texts within a time budget."""
