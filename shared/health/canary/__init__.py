"""Try the line as a client does, and name the step that fails."""
