"""The operations of the REST API."""

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from urllib.parse import urlencode

from starlette.responses import JSONResponse, Response

from local.pubsub.bearer import Bearers
from local.pubsub.clients.connection import Connection
from local.pubsub.clients.frames import Json, Message
from local.pubsub.clients.lives import Lives
from local.pubsub.clients.permissions import Permission, allows, is_group_name, role_of
from local.pubsub.clients.roster import Roster
from local.pubsub.rest.call import Call, RefusedCallError, filter_of

Operation = Callable[[Call], Awaitable[Response]]

_MOST_MINUTES = 10**7  # no maximum is documented; this only keeps the end a date
_MOST_ON_A_PAGE = 200
_PLACES = {"connection": "connections", "user": "users", "group": "groups"}


class Operations:
    """What the REST API can do, by method and path below `/api/hubs/{hub}`."""

    def __init__(self, roster: Roster, lives: Lives, bearers: Bearers, endpoint: str) -> None:
        self._roster = roster
        self._lives = lives
        self._bearers = bearers
        self._endpoint = endpoint

    def table(self) -> dict[tuple[str, str], Operation]:
        """Return the operations; a word in braces is a name of the path."""
        sends = {("POST", f"{place}:send"): self._send for place in self._places()}
        closes = {("POST", f"{place}:closeConnections"): self._close_all for place in self._places()}
        member = "groups/{group}/connections/{connection}"
        right = "permissions/{permission}/connections/{connection}"
        return {
            **sends,
            **closes,
            ("POST", ":generateToken"): self._generate_token,
            ("POST", ":addToGroups"): self._add_to_groups,
            ("POST", ":removeFromGroups"): self._remove_from_groups,
            ("HEAD", "connections/{connection}"): self._exists,
            ("HEAD", "users/{user}"): self._exists,
            ("HEAD", "groups/{group}"): self._exists,
            ("DELETE", "connections/{connection}"): self._close,
            ("DELETE", "connections/{connection}/groups"): self._leave_all,
            ("DELETE", "users/{user}/groups"): self._leave_all,
            ("GET", "groups/{group}/connections"): self._list,
            ("PUT", member): self._join,
            ("DELETE", member): self._leave,
            ("PUT", "users/{user}/groups/{group}"): self._join,
            ("DELETE", "users/{user}/groups/{group}"): self._leave,
            ("PUT", right): self._grant,
            ("DELETE", right): self._revoke,
            ("HEAD", right): self._has_permission,
        }

    @staticmethod
    def _places() -> list[str]:
        return ["", *(f"{plural}/{{{name}}}/" for name, plural in _PLACES.items())]

    def _named(self, call: Call) -> list[Connection]:
        """Return the connections of the path: one, a user's, a group's, or all of the hub."""
        names = call.names
        if "connection" in names:
            connection = self._roster.named(call.hub, names["connection"])
            return [connection] if connection else []
        if "user" in names:
            return self._roster.of_user(call.hub, names["user"])
        if "group" in names:
            return self._roster.of_group(call.hub, call.group)
        return self._roster.of_hub(call.hub)

    def _present(self, call: Call) -> list[Connection]:
        """Return the connections of the path.

        Raises:
            RefusedCallError: there are none.
        """
        connections = self._named(call)
        if not connections:
            raise RefusedCallError(404, "There is no such connection.")
        return connections

    async def _send(self, call: Call) -> Response:
        """Send to whoever is there; nobody is no failure."""
        message = Message(call.payload(), call.names.get("group"))
        await self._lives.publish(message, call.chosen(self._named(call)))
        return Response(status_code=202)

    async def _exists(self, call: Call) -> Response:
        return Response(status_code=200 if self._named(call) else 404)

    async def _close(self, call: Call) -> Response:
        for connection in self._named(call):
            await self._lives.close(connection, call.query.get("reason", ""))
        return Response(status_code=204)

    async def _close_all(self, call: Call) -> Response:
        for connection in call.chosen(self._named(call)):
            await self._lives.close(connection, call.query.get("reason", ""))
        return Response(status_code=204)

    async def _join(self, call: Call) -> Response:
        group = call.group
        for connection in self._present(call):
            connection.groups.add(group)
        return Response(status_code=200)

    async def _leave(self, call: Call) -> Response:
        group = call.group
        for connection in self._named(call):
            connection.groups.discard(group)
        return Response(status_code=204)

    async def _leave_all(self, call: Call) -> Response:
        for connection in self._named(call):
            connection.groups.clear()
        return Response(status_code=204)

    async def _add_to_groups(self, call: Call) -> Response:
        groups, connections = self._selected(call)
        for connection in connections:
            connection.groups |= groups
        return Response(status_code=200)

    async def _remove_from_groups(self, call: Call) -> Response:
        groups, connections = self._selected(call)
        for connection in connections:
            connection.groups -= groups
        return Response(status_code=200)

    def _selected(self, call: Call) -> tuple[set[str], list[Connection]]:
        try:
            body = json.loads(call.content)
        except ValueError:
            body = None
        groups = body.get("groups") if isinstance(body, dict) else None
        text = body.get("filter") if isinstance(body, dict) else None
        if not isinstance(groups, list) or not groups or not all(is_group_name(group) for group in groups):
            raise RefusedCallError(400, "The body must have `groups`.")
        if text is not None and not isinstance(text, str):
            raise RefusedCallError(400, "The filter must be a text.")
        test = filter_of(text)
        return set(groups), [each for each in self._roster.of_hub(call.hub) if test(each)]

    async def _list(self, call: Call) -> Response:
        members = self._roster.of_group(call.hub, call.group)
        members = members[: call.number("top", len(members), 1, 2**31 - 1)]
        size = call.number("maxpagesize", _MOST_ON_A_PAGE, 1, _MOST_ON_A_PAGE)
        first = call.number("continuationToken", 0, 0, 2**31 - 1)
        page = members[first : first + size]
        value = [
            {"connectionId": each.id, **({"userId": each.user_id} if each.user_id else {})} for each in page
        ]
        body: Json = {"value": value}
        if first + size < len(members):
            query = {**dict(call.query), "continuationToken": str(first + size)}
            path = f"{self._endpoint}/api/hubs/{call.hub}/groups/{call.names['group']}/connections"
            body["nextLink"] = f"{path}?{urlencode(query)}"
        return JSONResponse(body)

    async def _grant(self, call: Call) -> Response:
        role = self._role(call)
        for connection in self._present(call):
            connection.roles.add(role)
        return Response(status_code=200)

    async def _revoke(self, call: Call) -> Response:
        role = self._role(call)
        for connection in self._named(call):
            connection.roles.discard(role)
        return Response(status_code=204)

    async def _has_permission(self, call: Call) -> Response:
        role, target = self._role(call), call.query.get("targetName")
        permission = Permission(call.names["permission"])
        for connection in self._named(call):
            if role in connection.roles or (target and allows(connection.roles, permission, target)):
                return Response(status_code=200)
        return Response(status_code=404)

    def _role(self, call: Call) -> str:
        target = call.query.get("targetName")
        if call.names["permission"] not in set(Permission) or (target and not is_group_name(target)):
            raise RefusedCallError(400, "The permission or its target is not valid.")
        return role_of(Permission(call.names["permission"]), target or None)

    async def _generate_token(self, call: Call) -> Response:
        """Generate a client's token; an access key would sign one itself, so only Entra may ask."""
        if not call.by_entra:
            raise RefusedCallError(401, "Only a caller of Microsoft Entra may generate tokens.")
        if call.query.get("clientType", "Default").lower() != "default":
            raise RefusedCallError(400, "The client type is not supported here.")
        minutes = call.number("minutesToExpire", 60, 1, _MOST_MINUTES)
        token = self._bearers.generate(
            f"{self._endpoint}/client/hubs/{call.hub}",
            timedelta(minutes=minutes),
            call.query.get("userId", ""),
            call.query.getlist("role"),
            call.query.getlist("group"),
        )
        return JSONResponse({"token": token})
