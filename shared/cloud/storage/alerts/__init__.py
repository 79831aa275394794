"""The stores of alerts."""
