"""The small Azure in one process: what its parts share, its identities, and storage."""
