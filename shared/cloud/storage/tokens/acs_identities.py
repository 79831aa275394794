"""Keep in Table Storage which identity of Communication Services belongs to which caller.

All rows of a resource are one partition, so that a reservation ends in the same transaction in which its identity is
stored: 33 identities in a second are all that the service creates.
"""

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.data.tables import TableClient, TableEntity, UpdateMode

from shared.cloud.storage.row import text_of
from shared.cloud.storage.shelf import Rows, Shelf
from shared.cloud.storage.transaction import Operation, saving, submit
from shared.cloud.storage.unavailable import storage_answers
from shared.races import LostRaceError, until_won
from shared.shapes import check_shape
from shared.tokens.acs_identities import Orphan, Reservation

_IDENTITY, _RESERVED, _ORPHAN = "identity~", "reserved~", "orphan~"
_TRIES = 4


class TableIdentities:
    """Implements `shared.tokens.acs_identities.Identities`."""

    def __init__(self, table: TableClient, service: str, shelf: Shelf | None = None) -> None:
        """Take the table, and the name of the resource whose identities these are."""
        self._table = table
        self._identities = Rows(lambda: table, _identity, shelf)
        self._reservations = Rows(lambda: table, _reservation, shelf)
        self._orphans = Rows(lambda: table, _orphan, shelf)
        self._partition = _hash(service.lower())

    def find(self, caller: str) -> str | None:
        """Return the identity of a caller."""
        with storage_answers():
            return self._identities.one(self._row(_IDENTITY + _hash(caller)))

    def reserve(self, wanted: Reservation) -> Reservation:
        """Reserve the row of a caller, and return the reservation that holds it: this one, or another's."""
        with storage_answers():
            return until_won(lambda: self._reserved(wanted), tries=_TRIES)

    def store(self, reservation: Reservation, identity: str) -> bool:
        """Store the identity of a caller and end the reservation; False where that has given way to another."""
        key = _IDENTITY + _hash(reservation.caller)
        row = self._entity(key, identity=identity, attempt=reservation.attempt, at=text_of(reservation.at))
        with storage_answers():
            if submit(self._table, [("create", row, {}), self._ending(reservation)]):
                return True
            stored = self._row(key)  # an answer may have been lost, and the SDK have tried again
        return stored is not None and stored["attempt"] == reservation.attempt

    def release(self, reservation: Reservation) -> None:
        """End a reservation for which nothing was created."""
        _, row, options = self._ending(reservation)
        with storage_answers(), suppress(ResourceModifiedError, ResourceNotFoundError):
            self._table.delete_entity(row, **options)

    def abandon(self, reservation: Reservation, at: datetime) -> None:
        """End a reservation for which something may have been created: its attempt is kept as an orphan."""
        orphan = self._orphan(Orphan(reservation.attempt, at))
        with storage_answers():
            submit(self._table, [self._ending(reservation), ("upsert", orphan, {"mode": UpdateMode.MERGE})])

    def name_orphan(self, orphan: Orphan) -> None:
        """Keep an orphan whose id is known."""
        with storage_answers():
            self._table.upsert_entity(self._orphan(orphan), mode=UpdateMode.MERGE)

    def settle(self, attempt: str) -> None:
        """Forget an orphan."""
        with storage_answers():
            self._table.delete_entity(self._partition, _ORPHAN + attempt)

    def forget(self, caller: str, identity: str) -> None:
        """Forget that an identity belongs to a caller; it is gone."""
        with storage_answers():
            row = self._row(_IDENTITY + _hash(caller))
            if row is not None and row["identity"] == identity:
                with suppress(ResourceModifiedError, ResourceNotFoundError):  # another request was first
                    self._table.delete_entity(
                        row, etag=_etag(row), match_condition=MatchConditions.IfNotModified
                    )

    def orphans(self, now: datetime) -> Sequence[Orphan]:
        """Return all orphans, those whose reservation has run out and that nobody has noticed yet included."""
        with storage_answers():
            noticed = list(self._orphans.all(self._rows(_ORPHAN)))
            reservations = list(self._reservations.all(self._rows(_RESERVED)))
        return [
            *noticed,
            *(Orphan(held.attempt, held.at) for held in reservations if held.until <= now),
        ]

    def _reserved(self, wanted: Reservation) -> Reservation:
        key = _RESERVED + _hash(wanted.caller)
        row = self._entity(key, attempt=wanted.attempt, at=text_of(wanted.at), until=text_of(wanted.until))
        try:
            return replace(wanted, etag=str(self._table.create_entity(row)["etag"]))
        except ResourceExistsError:
            held = self._row(key)
        if held is None:  # ended meanwhile
            raise LostRaceError("a reservation")
        stored = self._reservations.one(held)
        if stored is None:  # set aside; the next try makes it anew
            raise LostRaceError("a reservation")
        holder = replace(stored, caller=wanted.caller)
        if holder.attempt == wanted.attempt or wanted.at < holder.until:
            return holder
        return self._taken_over(holder, wanted, row)

    def _taken_over(self, holder: Reservation, wanted: Reservation, row: TableEntity) -> Reservation:
        orphan = self._orphan(Orphan(holder.attempt, holder.at))
        submit(self._table, [saving(row, holder.etag), saving(orphan, None)])
        held = self._reservations.one(self._row(row["RowKey"]))
        if held is None:
            raise LostRaceError("a reservation")
        return replace(held, caller=wanted.caller)

    def _ending(self, reservation: Reservation) -> Operation:
        row = self._entity(_RESERVED + _hash(reservation.caller))
        return "delete", row, {"etag": reservation.etag, "match_condition": MatchConditions.IfNotModified}

    def _orphan(self, orphan: Orphan) -> TableEntity:
        known = {"identity": orphan.identity} if orphan.identity else {}
        return self._entity(_ORPHAN + orphan.attempt, at=text_of(orphan.at), **known)

    def _entity(self, key: str, **properties: str) -> TableEntity:
        return TableEntity(PartitionKey=self._partition, RowKey=key, **properties)

    def _row(self, key: str) -> TableEntity | None:
        try:
            return self._table.get_entity(self._partition, key)
        except ResourceNotFoundError:
            return None

    def _rows(self, start: str) -> Sequence[TableEntity]:
        parameters = {"partition": self._partition, "first": start, "after": start + "~"}
        text = "PartitionKey eq @partition and RowKey ge @first and RowKey lt @after"
        return list(self._table.query_entities(text, parameters=parameters))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]  # an id may hold "/", a key may not


def _etag(row: TableEntity) -> str:
    return str(row.metadata["etag"])


def _identity(row: TableEntity) -> str:
    check_shape(row["identity"], str, "the identity")
    return str(row["identity"])


def _reservation(row: TableEntity) -> Reservation:
    held = Reservation("", row["attempt"], _moment(row, "at"), _moment(row, "until"), _etag(row))
    check_shape(held, Reservation, "the reservation")
    return held


def _orphan(row: TableEntity) -> Orphan:
    return Orphan(str(row["RowKey"]).removeprefix(_ORPHAN), _moment(row, "at"), str(row.get("identity", "")))


def _moment(row: Mapping[str, Any], name: str) -> datetime:
    moment = datetime.fromisoformat(row[name])
    check_shape(moment, datetime, name)
    return moment
