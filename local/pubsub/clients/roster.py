"""Every connection of the resource, and who is in which group."""

from collections.abc import Iterable

from local.pubsub.clients.connection import Connection, SlowClientError
from local.pubsub.clients.frames import Message


class Roster:
    """The connections by their ids; hubs match in any case, and users and groups do not."""

    def __init__(self) -> None:
        self._connections: dict[str, Connection] = {}

    def add(self, connection: Connection) -> None:
        """Take a connection in."""
        self._connections[connection.id] = connection

    def remove(self, connection: Connection) -> bool:
        """Let a connection go; say whether it was there."""
        return self._connections.pop(connection.id, None) is not None

    def named(self, hub: str, connection_id: str) -> Connection | None:
        """Return a connection of a hub."""
        connection = self._connections.get(connection_id)
        return connection if connection and connection.hub.lower() == hub.lower() else None

    def of_hub(self, hub: str) -> list[Connection]:
        """Return the connections of a hub."""
        return [each for each in self._connections.values() if each.hub.lower() == hub.lower()]

    def of_user(self, hub: str, user_id: str) -> list[Connection]:
        """Return the connections of a user."""
        return [each for each in self.of_hub(hub) if each.user_id == user_id]

    def of_group(self, hub: str, group: str) -> list[Connection]:
        """Return the connections in a group."""
        return [each for each in self.of_hub(hub) if group in each.groups]

    def everyone(self) -> list[Connection]:
        """Return all connections."""
        return list(self._connections.values())


async def deliver(message: Message, receivers: Iterable[Connection]) -> list[Connection]:
    """Send to all of them; return those that have too much waiting."""
    slow = []
    for receiver in receivers:
        try:
            await receiver.deliver(message)
        except SlowClientError:
            slow.append(receiver)
    return slow
