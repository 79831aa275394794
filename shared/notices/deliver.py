"""Deliver one notice, and note that it was delivered."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from shared.errors import LinekeeperError
from shared.notices.outbox import Outbox


class Post(Protocol):
    """Where messages go."""

    def __call__(self, message: Mapping[str, Any]) -> None:
        """Post a message; return only when the receiver took it.

        Raises:
            LinekeeperError: it did not, with `permanent=False`; no text names the address, which is a secret.
        """
        ...


def deliver(key: str, outbox: Outbox, post: Post, now: datetime) -> bool:
    """Post a notice unless it was delivered; tell whether it was posted.

    Raises:
        LinekeeperError: there is no such notice (permanent), or the receiver did not take it (try again).
    """
    notice = outbox.get(key)
    if notice is None:
        raise LinekeeperError(f"there is no notice {key}")
    if notice.delivered_at is not None:
        return False
    post(json.loads(outbox.text(notice)))
    outbox.mark_delivered(key, now)
    return True
