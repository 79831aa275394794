"""Tell what is missing between a resource and a working watch, each with the command that mends it."""
