"""Count a month again, and say which incidents objectives would have opened."""
