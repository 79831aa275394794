"""An incident from detection to a fix that held."""
