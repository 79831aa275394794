"""The data plane of Web PubSub."""
