"""What makes a supported hypothesis the cause, and what takes it that place."""
