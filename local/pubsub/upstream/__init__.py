"""Call the event handlers of a hub as the service does: validated, signed, and again after a failure.

https://learn.microsoft.com/azure/azure-web-pubsub/reference-cloud-events and the README of the official emulator,
https://github.com/Azure/azure-webpubsub/tree/main/tools/emulator, which states what the page leaves out.
"""
