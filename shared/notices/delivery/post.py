"""What a receiver answered to a post, and what that means for the notice."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from shared.configuration.receivers import Receiver
from shared.notices.delivery.rate import LONGEST_SILENCE


class PostOutcome(StrEnum):
    """What is known of a notice after it was posted."""

    ACCEPTED = "accepted"
    RETRY = "not taken now"  # certainly not sent; trying again may help
    UNKNOWN = "answer lost"  # it may have been sent
    REFUSED = "refused"  # certainly not sent; trying again is useless


@dataclass(frozen=True, slots=True)
class PostAnswer:
    """An outcome with its reason, a sentence without the address, and how long the receiver wants silence."""

    outcome: PostOutcome
    reason: str = ""
    retry_after: timedelta | datetime | None = None

    def silent_until(self, now: datetime) -> datetime | None:
        """Return the moment until which the receiver asked for silence, at most an hour away."""
        if self.retry_after is None:
            return None
        # A header is a stranger's: a year of silence would be the loss that the outbox is there to prevent.
        longest = now + LONGEST_SILENCE
        if isinstance(self.retry_after, datetime):
            return min(self.retry_after, longest)
        return now + min(self.retry_after, LONGEST_SILENCE)


class Post(Protocol):
    """Posts messages to receivers."""

    def __call__(self, receiver: Receiver, message: Mapping[str, Any]) -> PostAnswer:
        """Post a message to a receiver; whatever becomes of it is the answer, never an error."""
        ...
