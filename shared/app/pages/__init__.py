"""The pages behind links on cards, and the board."""
