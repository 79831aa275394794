"""The data plane of Communication Services."""
