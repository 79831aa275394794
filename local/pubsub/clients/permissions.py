"""What roles allow a client to do with groups.

https://learn.microsoft.com/azure/azure-web-pubsub/concept-client-protocols
"""

import re
from collections.abc import Iterable
from enum import StrEnum

MAX_GROUP = 1024  # characters
_WILD = re.compile(r"\*\*|\*|\?")
_REGEX = {"**": ".*", "*": "[^.]*", "?": "[^.]"}


class Permission(StrEnum):
    """What a client may do with a group."""

    SEND = "sendToGroup"
    JOIN_LEAVE = "joinLeaveGroup"


def role_of(permission: Permission, group: str | None = None) -> str:
    """Return the role of a permission, for one group or for all of them."""
    return f"webpubsub.{permission}" if group is None else f"webpubsub.{permission}.{group}"


def allows(roles: Iterable[str], permission: Permission, group: str) -> bool:
    """Say whether one of the roles gives the permission for the group, by its name or by a pattern."""
    pattern_prefix = f"webpubsub.{permission}s."
    exact = {role_of(permission), role_of(permission, group)}
    return any(
        role in exact or (role.startswith(pattern_prefix) and _fits(role[len(pattern_prefix) :], group))
        for role in roles
    )


def is_group_name(name: object) -> bool:
    """Say whether the service takes a group of this name."""
    return isinstance(name, str) and 0 < len(name) <= MAX_GROUP


def _fits(pattern: str, group: str) -> bool:
    """Match `*` within a part between dots, `**` across them, and `?` for one character but the dot."""
    parts, end = [], 0
    for wild in _WILD.finditer(pattern):
        parts += [re.escape(pattern[end : wild.start()]), _REGEX[wild.group()]]
        end = wild.end()
    return re.fullmatch("".join(parts) + re.escape(pattern[end:]), group, re.DOTALL) is not None
