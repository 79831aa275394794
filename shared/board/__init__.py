"""The board: everything at once, from what is stored, for whoever may look at it."""
