"""Sign the links of a card and check those that come back: each is good for one action on one occurrence of one incident."""

import base64
import hashlib
import hmac
import logging
import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from shared.clock import Clock
from shared.errors import LinekeeperError
from shared.incidents.incident import Ending, Incident
from shared.notices.answers.keyring import KeyRing, SigningKey
from shared.notices.cards.links import Links

ROUTE = "respond"
BOARD_ROUTE = "board"
PARAMETER = (
    "token"  # in the query, which logs of requests leave out, and which redaction knows as a secret's name
)

_log = logging.getLogger(__name__)
_VERSION = "1"
_MOST_LETTERS = 512
_LOOK = timedelta(days=1)
_SKEW = timedelta(minutes=5)  # between the clocks of two instances
_FORM = re.compile(
    r"(?P<version>1)\.(?P<key>[0-9a-f]{1,16})\.(?P<action>[a-z-]{1,16})\.(?P<occurrence>\d{1,6})\.(?P<revision>\d{1,9})"
    r"\.(?P<expires>\d{1,12})\.(?P<incident>[0-9a-z._-]{1,200})\.(?P<mac>[A-Za-z0-9_-]{43})",
    re.ASCII,
)


class Action(StrEnum):
    """What a link is good for."""

    ACKNOWLEDGE = "acknowledge"
    SILENCE = "silence"
    RESOLVE = "resolve"
    TAKE_OVER = "take-over"
    GIVE_BACK = "give-back"
    END_SILENCE = "end-silence"
    REOPEN = "reopen"
    REPORT = "report"
    PLAYBOOK = "playbook"
    MAINTENANCE = (
        "maintenance"  # silences a planned maintenance; it names its tracking id instead of an incident
    )
    BOARD = "board"  # shows everything at once; it names no incident


READ_ONLY = frozenset({Action.REPORT, Action.PLAYBOOK, Action.BOARD})  # show, and change nothing


LIFETIMES = {
    **dict.fromkeys(Action, timedelta(hours=24)),
    Action.REPORT: timedelta(days=7),
    Action.PLAYBOOK: timedelta(days=7),
    Action.BOARD: timedelta(days=7),
    Action.MAINTENANCE: timedelta(days=2),  # from a day before to the end of the longest that is proposed
}


@dataclass(frozen=True, slots=True)
class Link:
    """What a link says.

    It was made for an occurrence (how often the incident had been reopened) at a revision: an action on
    an earlier occurrence is refused, and what has happened since the revision is shown before one acts.
    """

    action: Action
    incident: str
    occurrence: int
    revision: int
    expires_at: datetime  # a whole second


def link_to(action: Action, incident: Incident, now: datetime, lifetime: timedelta | None = None) -> Link:
    """Return the link for an action on an incident as it stands; it is good for as long as any, or for less."""
    expires = (now.astimezone(UTC) + (lifetime or LIFETIMES[action])).replace(microsecond=0)
    return Link(action, incident.id, incident.reopened, incident.revision, expires)


def derived(link: Link, action: Action, incident: Incident, now: datetime) -> Link:
    """Return the link that the page of another one offers; it ends with that one, so that looking renews nothing."""
    offered = link_to(action, incident, now)
    return replace(offered, expires_at=min(link.expires_at, offered.expires_at))


def link_to_maintenance(tracking_id: str, now: datetime) -> Link:
    """Return the link for silencing a planned maintenance."""
    expires = (now.astimezone(UTC) + LIFETIMES[Action.MAINTENANCE]).replace(microsecond=0)
    return Link(Action.MAINTENANCE, tracking_id.lower(), 0, 0, expires)


def link_to_board(now: datetime) -> Link:
    """Return the link to the board."""
    expires = (now.astimezone(UTC) + LIFETIMES[Action.BOARD]).replace(microsecond=0)
    return Link(Action.BOARD, "board", 0, 0, expires)


def sign(link: Link, key: SigningKey) -> str:
    """Return a link as text that stands in an address as it is."""
    text = ".".join(
        (
            _VERSION,
            key.id,
            link.action,
            str(link.occurrence),
            str(link.revision),
            str(int(link.expires_at.timestamp())),
            link.incident,
        )
    )
    digest = hmac.new(key.secret, text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def verify(text: str, ring: KeyRing, now: datetime) -> Link | None:
    """Return what a link says if we signed it and it is in time, and None otherwise, without a reason."""
    match = _FORM.fullmatch(text) if len(text) <= _MOST_LETTERS else None
    link = _link_in(match) if match else None
    key = ring.find(match["key"]) if match and link else None
    if link is None or key is None:
        return None
    # Compared as text, in full: base64 knows two spellings of the same digest, and numbers have leading zeros.
    is_ours = hmac.compare_digest(sign(link, key).encode(), text.encode())
    is_in_time = now < link.expires_at <= now + LIFETIMES[link.action] + _SKEW
    return link if is_ours and is_in_time else None


def _link_in(match: re.Match[str]) -> Link | None:
    if match["action"] not in set(Action):
        return None
    try:
        expires = datetime.fromtimestamp(int(match["expires"]), UTC)
    except (ValueError, OverflowError, OSError):  # a year that no calendar of ours knows
        return None
    return Link(
        Action(match["action"]),
        match["incident"],
        int(match["occurrence"]),
        int(match["revision"]),
        expires,
    )


@dataclass(frozen=True, slots=True)
class SignedLinks:
    """Makes the addresses by which a card can be answered; `address` is where the app's HTTP functions are reached.

    Attributes:
        page_link: the link whose page the addresses stand on; each ends when one of the same card would. None for a card.
    """

    address: str
    ring: KeyRing
    clock: Clock
    others: Links = field(default_factory=Links)
    page_link: Link | None = None

    def __call__(self, incident: Incident) -> Links:
        """Return the links of a card about an incident as it stands; one that is over has what is read, and may be opened again.

        A key that cannot be used costs the links and not the card.
        """
        try:
            return self._signed(incident)
        except LinekeeperError as error:
            _log.error("a card goes without links: %s", error.message)
            return self.others

    def _signed(self, incident: Incident) -> Links:
        read = replace(
            self.others,
            report=self.to(Action.REPORT, incident),
            board=self.board(),
            playbook_page=self.to(Action.PLAYBOOK, incident),
        )
        if not incident.is_open:
            is_by_hand = incident.ending is Ending.BY_HAND
            return replace(read, reopen=self.to(Action.REOPEN, incident)) if is_by_hand else read
        is_held = incident.acknowledgement is not None
        return replace(
            read,
            acknowledge=self.to(Action.ACKNOWLEDGE, incident),
            silence=self.to(Action.SILENCE, incident),
            resolve=self.to(Action.RESOLVE, incident),
            take_over=self.to(Action.TAKE_OVER, incident) if is_held else None,
            give_back=self.to(Action.GIVE_BACK, incident) if is_held else None,
            end_silence=self.to(Action.END_SILENCE, incident) if incident.silence else None,
        )

    def to(self, action: Action, incident: Incident) -> str:
        """Return the address of one action."""
        return self._address(link_to(action, incident, self.clock.now()))

    def board(self) -> str:
        """Return the address of the board.

        Raises:
            LinekeeperError: no key can sign it.
        """
        return self._address(link_to_board(self.clock.now()), BOARD_ROUTE)

    def page(self, incident: Incident) -> str | None:
        """Return the address of an incident's page for somebody who only looks, good for a day; None where no key can sign it."""
        try:
            return self._address(link_to(Action.REPORT, incident, self.clock.now(), _LOOK))
        except LinekeeperError as error:
            _log.error("an incident goes without its link: %s", error.message)
            return None

    def maintenance(self, tracking_id: str) -> str | None:
        """Return the address by which a planned maintenance is silenced; None where no key can sign it."""
        try:
            return self._address(link_to_maintenance(tracking_id, self.clock.now()))
        except LinekeeperError as error:
            _log.error("a notice goes without its link: %s", error.message)
            return None

    def _address(self, link: Link, route: str = ROUTE) -> str:
        if self.page_link is not None:
            made_at = self.page_link.expires_at - LIFETIMES[self.page_link.action]
            link = replace(link, expires_at=min(link.expires_at, made_at + LIFETIMES[link.action]))
        token = sign(link, self.ring.newest())
        return f"{self.address.rstrip('/')}/{route}?{PARAMETER}={token}"
