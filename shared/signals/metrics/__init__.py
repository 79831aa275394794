"""Platform metrics as counts."""
