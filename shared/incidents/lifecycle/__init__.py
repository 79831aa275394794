"""The state machine of an incident: pure decisions and steps."""
