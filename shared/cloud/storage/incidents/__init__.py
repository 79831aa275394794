"""The stores of incidents."""
