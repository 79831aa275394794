"""Teams on this machine: a channel with the real limits, the page that shows it, and a browser that reads the page."""

from local.teams.channel import Channel, RequestOutcome, WebhookRequest
from local.teams.server import teams

__all__ = ["Channel", "RequestOutcome", "WebhookRequest", "teams"]
