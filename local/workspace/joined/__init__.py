"""Checks that were put together into one query: what several of them read is filled into a table once."""
