"""A line to Web PubSub to try: a page with Microsoft's own client, and buttons that break what it stands on."""
