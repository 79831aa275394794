"""What a notice looks like, and how large it may be."""
