"""What else was going on: what Microsoft declared, what changed, how it is configured now."""
