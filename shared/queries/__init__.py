"""What stands before every KQL text, and running it in its time budget."""
