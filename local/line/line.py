"""One hub of the stand-in whose clients get their address from our negotiate, and the ways to break it."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from local.pubsub.service import PubSubService

HUB, GROUP = "lobby", "room"
_RULES = f"""# Anybody may talk here: the line is on this machine alone.
web_pubsub:
  - resource: {HUB}
    connects_per_second: 100
    hubs:
      - hub: {HUB}
        policies:
          - {{anonymous: true, roles: [webpubsub.joinLeaveGroup.{GROUP}, webpubsub.sendToGroup.{GROUP}], max_minutes: 60}}
"""


class TriedLine:
    """A line to try.

    Attributes:
        breaks: what can be done to it, by name.
    """

    def __init__(self, service: PubSubService) -> None:
        self.service = service
        self.breaks: Mapping[str, Callable[[], None]] = {
            "close": self._close,
            "cut": self._cut,
            "key": self._change_key,
            "mend": self.sign_with_the_key,
        }

    def configure(self, folder: Path) -> None:
        """Let our negotiate give addresses of this line to anybody."""
        (folder / "tokens.yaml").write_text(_RULES, encoding="utf-8")
        self.sign_with_the_key()

    def sign_with_the_key(self) -> None:
        """Let our negotiate sign with the key that the service knows now."""
        os.environ["WEB_PUBSUB_CONNECTION"] = self.service.connection_string("primary")

    def _close(self) -> None:
        self.service.close_all(HUB, "somebody pressed the button")

    def _cut(self) -> None:
        for connection in self.service.connections(HUB):
            self.service.cut(connection)

    def _change_key(self) -> None:
        """Regenerate the key that still signs: the next connect of everybody is refused."""
        self.service.keys.regenerate("primary")
        self._close()
