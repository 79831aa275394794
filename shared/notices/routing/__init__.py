"""Who is notified of an incident, and why not."""
