"""The identities of Communication Services on this machine, over TLS, refusing what the service refuses."""
