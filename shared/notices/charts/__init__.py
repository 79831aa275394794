"""Draw counts and marks as SVG: pure functions of numbers, without script and without style."""
