"""A request to a storage account and its answer, as they travel; and the refusals of a service."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import parse_qsl, unquote, urlsplit

Now = Callable[[], datetime]
_NO_HEADERS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Request:
    """One request; `path` has no account, and the names of headers are in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""

    @classmethod
    def to(cls, method: str, url: str, headers: Mapping[str, str], body: bytes) -> "Request":
        """Return a request to an address whose path begins with the account."""
        parts = urlsplit(url)
        _, _, path = parts.path.removeprefix("/").partition("/")
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        return cls(method, unquote(path), query, {name.lower(): text for name, text in headers.items()}, body)


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a request."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class NotSentError(Exception):
    """A request was certainly not sent."""


class LostError(Exception):
    """A request was sent, and its answer is lost."""


class RefusalError(Exception):
    """The service refuses; each service writes the body in its own way."""

    def __init__(
        self, status: int, code: str, text: str = "", headers: Mapping[str, str] = _NO_HEADERS
    ) -> None:
        super().__init__(code)
        self.status, self.code, self.text, self.headers = status, code, text or code, headers


def as_http(moment: datetime) -> str:
    """Write a moment as headers do."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)
