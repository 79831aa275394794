"""A Web PubSub resource on this machine: clients, the data plane's REST API and calls to event handlers, over TLS.

It follows the published behaviour of the service, and refuses what the service refuses. It has no MQTT, Socket.IO,
protobuf, streams or Event Hubs listeners: it refuses them too.
"""
