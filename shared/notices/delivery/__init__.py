"""How a notice reaches its receiver: lanes, rate, retries, fallback, catching up."""
