"""The stores of tokens."""
