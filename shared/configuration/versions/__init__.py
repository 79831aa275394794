"""Which version of each file counts: the newest one that is good, wherever a team edits it."""
