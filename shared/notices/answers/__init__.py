"""Signed links on a card, and the pages that answer them."""
