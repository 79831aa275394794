"""Tokens for clients: of Web PubSub, and of Communication Services."""
