"""The stores of notices."""
