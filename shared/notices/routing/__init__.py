"""Who is told of an incident, and why not."""
