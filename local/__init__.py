"""A small Azure for a laptop, and the command line. Never deployed."""
