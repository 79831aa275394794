"""Give each caller one identity of Communication Services, however many of its requests come at once.

The service has no list of identities, and creating one twice gives two. So the caller's row is reserved first, and only
who holds the reservation creates. Where a process ends in between, the identity it may have created is an orphan: nobody
knows its id. It is reported when its reservation has run out.
"""

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from shared.errors import LinekeeperError
from shared.outages import Outages
from shared.tokens.answers import NotYetError

LEASE = timedelta(
    minutes=1
)  # longer than any attempt: the service and storage are given up within half of it
_SOON = timedelta(seconds=1)
_USUAL = timedelta(seconds=5)  # after which an attempt is not merely slow

_log = logging.getLogger(__name__)


class LostAnswerError(LinekeeperError):
    """No answer came, and the service may have done what it was asked for."""

    def __init__(self, message: str) -> None:
        super().__init__(message, permanent=False)


class IdentityGoneError(LinekeeperError):
    """The service does not know the identity any more."""


@dataclass(frozen=True, slots=True)
class AcsToken:
    """A token of an identity."""

    token: str
    expires_at: datetime


class AcsService(Protocol):
    """The identities of one resource of Communication Services."""

    @property
    def name(self) -> str:
        """What stands for the service in the log, and in what is known to be down."""
        ...

    def create(self) -> str:
        """Create an identity and return its id; a second call creates another one.

        Raises:
            LostAnswerError: it may have been created.
            LinekeeperError: it was not; not permanent where the service does not answer or is busy.
        """
        ...

    def issue(self, identity: str, scopes: Sequence[str], lifetime: timedelta) -> AcsToken:
        """Return a new token of an identity.

        Raises:
            IdentityGoneError: there is no such identity.
            LinekeeperError: the token cannot be had; not permanent where the service does not answer or is busy.
        """
        ...

    def revoke(self, identity: str) -> None:
        """Revoke every token of an identity; the service takes up to 15 minutes for it.

        Raises:
            IdentityGoneError, LinekeeperError: as for `issue`.
        """
        ...

    def delete(self, identity: str) -> None:
        """Delete an identity with everything that belongs to it.

        Raises:
            IdentityGoneError, LinekeeperError: as for `issue`.
        """
        ...


@dataclass(frozen=True, slots=True)
class Reservation:
    """Who may create the identity of a caller, and until when nobody else may."""

    caller: str
    attempt: str
    at: datetime
    until: datetime
    etag: str = ""


@dataclass(frozen=True, slots=True)
class Orphan:
    """An identity that belongs to nobody and may exist; its id is empty where nobody knows it."""

    attempt: str
    at: datetime
    identity: str = ""


class Identities(Protocol):
    """Which identity belongs to which caller of one resource. Several processes use it at once.

    Every method raises `LinekeeperError`, not permanent, where storage does not answer.
    """

    def find(self, caller: str) -> str | None:
        """Return the identity of a caller."""
        ...

    def reserve(self, wanted: Reservation) -> Reservation:
        """Reserve the row of a caller, and return the reservation that holds it: this one, or another's.

        A reservation that has run out gives way, and its attempt is kept as an orphan.
        """
        ...

    def store(self, reservation: Reservation, identity: str) -> bool:
        """Store the identity of a caller and end the reservation; False where that has given way to another."""
        ...

    def release(self, reservation: Reservation) -> None:
        """End a reservation for which nothing was created."""
        ...

    def abandon(self, reservation: Reservation, at: datetime) -> None:
        """End a reservation for which something may have been created: its attempt is kept as an orphan."""
        ...

    def name_orphan(self, orphan: Orphan) -> None:
        """Keep an orphan whose id is known."""
        ...

    def settle(self, attempt: str) -> None:
        """Forget an orphan."""
        ...

    def forget(self, caller: str, identity: str) -> None:
        """Forget that an identity belongs to a caller; it is gone."""
        ...

    def orphans(self, now: datetime) -> Sequence[Orphan]:
        """Return all orphans, those whose reservation has run out and that nobody has noticed yet included."""
        ...


def new_identity(
    caller: str, identities: Identities, service: AcsService, outages: Outages, now: datetime
) -> str:
    """Return the identity of a caller who had none a moment ago.

    Raises:
        NotYetError: another request of the caller creates it now.
        LinekeeperError: it cannot be had now.
    """
    outages.check(_creating(service), now)
    wanted = Reservation(caller, uuid.uuid4().hex, now, now + LEASE)
    reservation = identities.reserve(wanted)
    if reservation.attempt != wanted.attempt:
        is_slow = now - reservation.at > _USUAL
        raise NotYetError(
            "the caller's identity is created by another request",
            reservation.until - now if is_slow else _SOON,
        )
    # It may have been stored after we looked and before we reserved.
    identity = identities.find(caller)
    if identity is not None:
        identities.release(reservation)
        return identity
    identity = _created(identities, reservation, service, outages, now)
    if not identities.store(reservation, identity):
        _undo(identities, Orphan(reservation.attempt, now, identity), service)
        raise NotYetError("the caller's identity is created by another request", _SOON)
    return identity


def _created(
    identities: Identities, reservation: Reservation, service: AcsService, outages: Outages, now: datetime
) -> str:
    try:
        with outages.listening(_creating(service), now):
            return service.create()
    except LinekeeperError as error:
        if isinstance(error.__cause__, LostAnswerError):
            _log.error(
                "%s may have created an identity that belongs to nobody: attempt %s",
                service.name,
                reservation.attempt,
            )
            identities.abandon(reservation, now)
        else:
            identities.release(reservation)
        raise


def _undo(identities: Identities, orphan: Orphan, service: AcsService) -> None:
    """Delete an identity that came too late; where that cannot be done, it is kept as an orphan."""
    try:
        service.delete(orphan.identity)
    except LinekeeperError as error:
        _log.error(
            "the identity %s belongs to nobody and was not deleted: %s", orphan.identity, error.message
        )
        identities.name_orphan(orphan)
    else:
        identities.settle(orphan.attempt)


def _creating(service: AcsService) -> str:
    return f"{service.name}: create"
