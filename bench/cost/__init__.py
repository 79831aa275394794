"""What a month costs: counted calls of a replayed day, and prices that stand in a file."""
