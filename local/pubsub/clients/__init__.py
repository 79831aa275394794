"""Clients and their connections: the handshake, the frames, groups, recovery and the end.

https://github.com/Azure/azure-webpubsub/blob/main/protocols/client/client-spec.md
"""
