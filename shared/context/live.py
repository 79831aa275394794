"""The live configuration of a resource: what Azure Resource Manager says now, part by part."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from shared.context.ports import Absence, RawJson


@dataclass(frozen=True, slots=True)
class Gap:
    """A part that could not be read: why, and the built-in role that would mend it (None where no role would)."""

    absence: Absence
    reason: str
    role: str | None = None

    @property
    def sentence(self) -> str:
        """The reason, and what would mend it, without a full stop."""
        return f"{self.reason}; the role {self.role} would mend it" if self.role else self.reason


Document: TypeAlias = RawJson | Gap
Documents: TypeAlias = Sequence[RawJson] | Gap


@dataclass(frozen=True, slots=True)
class LiveConfiguration:
    """What is known of a resource now: each part is raw JSON in which secrets are redacted, or a gap."""

    resource: str  # its id in lower case
    read_at: datetime
    body: Document  # the resource itself
    hubs: Documents  # of Web PubSub; nothing for another type
    replicas: Documents
    private_endpoints: Documents  # the connections, with their states
    diagnostic_settings: Documents
    addresses: Sequence[str] | Gap  # what DNS answers here for its host name

    def gaps(self) -> tuple[Gap, ...]:
        """Return the parts that could not be read, each reason once."""
        parts = (self.body, self.hubs, self.replicas, self.private_endpoints, self.diagnostic_settings)
        gaps = (part for part in (*parts, self.addresses) if isinstance(part, Gap))
        return tuple(dict.fromkeys(gaps))
