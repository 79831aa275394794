"""One request to the REST API, and how it is refused."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.datastructures import QueryParams

from local.pubsub.clients.connection import Connection
from local.pubsub.clients.frames import Payload, read_payload
from local.pubsub.clients.permissions import is_group_name
from local.pubsub.rest.filters import BadFilterError, Test, read_filter

MOST_TTL_SECONDS = 300


class RefusedCallError(Exception):
    """The request is answered with an error."""

    def __init__(self, status: int, message: str = "") -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Call:
    """A request whose caller is known.

    Attributes:
        names: what the path names: connection, user, group, permission.
        by_entra: whether a token of Entra came with it, not one that an access key signed.
    """

    hub: str
    names: Mapping[str, str]
    query: QueryParams
    content_type: str
    content: bytes
    by_entra: bool

    @property
    def group(self) -> str:
        """The group of the path."""
        if not is_group_name(self.names["group"]):
            raise RefusedCallError(400, "The group name must have 1 to 1024 characters.")
        return self.names["group"]

    def payload(self) -> Payload:
        """Return the message that is to be sent."""
        payload = read_payload(self.content_type, self.content)
        if payload is None:
            raise RefusedCallError(400, "The content is not of its type, or its type is not supported.")
        self.number("messageTtlSeconds", 0, 0, MOST_TTL_SECONDS)
        return payload

    def chosen(self, connections: list[Connection]) -> list[Connection]:
        """Leave out those that the request excludes or its filter does not fit."""
        excluded = set(self.query.getlist("excluded"))
        test = filter_of(self.query.get("filter"))
        return [each for each in connections if each.id not in excluded and test(each)]

    def number(self, name: str, default: int, least: int, most: int) -> int:
        """Return a whole number of the query."""
        text = self.query.get(name)
        if text is None:
            return default
        if not text.isascii() or not text.isdigit() or not least <= int(text[:12]) <= most:
            raise RefusedCallError(400, f"{name} must be a whole number from {least} to {most}.")
        return int(text)


def filter_of(text: str | None) -> Test:
    """Read a filter.

    Raises:
        RefusedCallError: it is not one.
    """
    try:
        return read_filter(text)
    except BadFilterError as bad:
        raise RefusedCallError(400, f"Invalid filter: {bad}.") from None
