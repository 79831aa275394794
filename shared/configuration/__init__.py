"""The only room that reads config/: what a team edits, as YAML."""
