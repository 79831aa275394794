"""Decide who may look at the board: by a signed link, or signed in by App Service."""

from collections.abc import Mapping
from datetime import datetime

from shared.notices.answers.keyring import KeyRing
from shared.notices.answers.request import signed_in_person
from shared.notices.answers.signed_links import Action, verify


def may_look(
    token: str, headers: Mapping[str, str], ring: KeyRing, now: datetime, *, is_authenticated: bool
) -> bool:
    """Tell whether a request may see the board; names of headers are in lower case.

    Raises:
        LinekeeperError: the keys cannot be read.
    """
    if signed_in_person(headers, is_authenticated=is_authenticated) is not None:
        return True
    link = verify(token, ring, now)
    return link is not None and link.action is Action.BOARD
