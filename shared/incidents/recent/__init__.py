"""What an incident looks like now: its last hour, and where it goes."""
