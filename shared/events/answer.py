"""What the service is answered."""

from collections.abc import Mapping
from dataclasses import dataclass, field

# A header that the service takes over as the state of the connection; only of `connect` and of events of clients.
_STATE = "ce-connectionState"


@dataclass(frozen=True, slots=True)
class EventAnswer:
    """An answer: 4xx is final, after 408 and 5xx the service asks again with the same id."""

    status: int
    body: bytes = b""
    content_type: str = ""
    state: str | None = None  # the new state of the connection; None leaves it
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def all_headers(self) -> Mapping[str, str]:
        """The headers, with those that follow from the status and the state."""
        state = {} if self.state is None else {_STATE: self.state}
        retry = {"Retry-After": "1"} if self.status == 503 else {}
        return {**state, **retry, **self.headers}


NO_CONTENT = EventAnswer(204)
