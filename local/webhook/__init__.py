"""A receiver of a team's own kind on this machine: it proves who posts, and refuses what is not as documented."""

from local.webhook.receiver import ReceivedPost, WebhookReceiver
from local.webhook.server import webhook_receiver

__all__ = ["ReceivedPost", "WebhookReceiver", "webhook_receiver"]
