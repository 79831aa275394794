"""A file of config/: its values and their lines, what is declared for them, and what is wrong with them."""
