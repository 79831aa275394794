"""The stores of signals."""
