"""One trigger per module: decode, call shared, encode."""
