"""Join the rooms to the cloud: one module per capability, and what they share."""
