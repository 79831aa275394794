"""Log and metric queries."""
