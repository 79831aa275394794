"""Changes of a resource: how they are read, joined, ranked and said."""
