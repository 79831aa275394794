"""Cards about what people do with an incident, and not about its fault."""
