"""Who can be told, and by which route: receivers are channels of Teams, each behind the address in one setting."""

from collections.abc import Mapping
from dataclasses import dataclass, field

DEFAULT_SETTING = "TEAMS_WEBHOOK_URL"


@dataclass(frozen=True, slots=True)
class Receiver:
    """One channel; its address is a secret, so configuration names the setting that holds it."""

    name: str
    setting: str
    fallback: str | None = None  # the receiver that is told when this one refuses for good
    # Workflows throttle above four a second; the flow bot takes about 25 in five minutes.
    per_second: int = 4
    per_five_minutes: int = 20


@dataclass(frozen=True, slots=True)
class Route:
    """Which incidents go to which receivers: at once, and then when nobody acknowledges."""

    match: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    to: tuple[str, ...] = ()
    then: tuple[str, ...] = ()


DEFAULT_RECEIVER = Receiver("default", DEFAULT_SETTING)
