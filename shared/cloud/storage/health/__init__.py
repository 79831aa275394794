"""The stores of health."""
