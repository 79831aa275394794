"""Tokens of clients: who asks, what a policy gives, and when to come back."""
