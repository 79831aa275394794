"""The REST API of the data plane, as the published SDKs call it.

https://learn.microsoft.com/rest/api/webpubsub/dataplane/
"""
