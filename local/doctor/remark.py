"""What the doctor says: one remark for each thing that was looked at, and how serious it is."""

from dataclasses import dataclass
from enum import IntEnum

from shared.context.live import Gap
from shared.context.ports import SourceUnavailableError

# A deployment writes all settings, and Azure refuses a role that is there under another name.
BY_HAND = "What is set by hand on an app that infra/bicep deployed is lost, or makes the next deployment fail: there use `azd provision`."


class Light(IntEnum):
    """How a thing stands; what could not be read is never green."""

    GREEN = 0
    ADVICE = 1  # it works; it could be better
    UNREAD = 2
    RED = 3

    @property
    def word(self) -> str:
        """The word for it in texts."""
        return {0: "ok", 1: "advice", 2: "not read", 3: "missing"}[self]


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that was looked at."""

    area: str  # such as `roles`
    light: Light
    text: str  # a sentence without its full stop
    mend: str = ""  # a command; every red remark has one
    before: str = ""  # what to make sure of before the command is run


def unread(area: str, what: str, why: SourceUnavailableError | Gap) -> Remark:
    """Return that something could not be read, with the reason and the role that would mend it."""
    return Remark(area, Light.UNREAD, f"{what}: {why.sentence}")
