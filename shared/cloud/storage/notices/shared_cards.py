"""Keep shared cards in Table Storage: one partition of those that are open, and one for what each digest holds."""

import hashlib
from collections.abc import Sequence
from functools import partial
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.data.tables import TableClient, TableEntity, UpdateMode

from shared.cloud.storage.row import RowCodec, StorageRow
from shared.cloud.storage.shelf import Rows, Shelf
from shared.notices.routing.shared_card import HeldMilestone, SharedCard
from shared.races import LostRaceError, until_won

_OPEN = "open"
_TRIES = 12  # a race is lost only to one that closes the card between our two calls
_CARD = RowCodec(SharedCard, stored={"members_shown": "drawn"})
# "speaks" is the stored name of the milestone.
_HELD = RowCodec(HeldMilestone, stored={"milestone": "speaks"})


class TableSharedCards:
    """The shared cards of a table; implements `shared.notices.routing.shared_card.SharedCards`."""

    def __init__(self, table: TableClient, shelf: Shelf | None = None) -> None:
        self._table = table
        self._cards = Rows(lambda: table, _card, shelf)
        self._held = Rows(lambda: table, _HELD.read, shelf)

    def open(self, card: SharedCard) -> SharedCard:
        """Keep a card and return it; one that is open stays as it is, but changes its etag.

        Raises:
            LostRaceError: other instances opened and closed it, again and again.
        """
        return until_won(partial(self._open_once, card), tries=_TRIES)

    def hold(self, card: SharedCard, held: HeldMilestone) -> None:
        """Note a milestone for a digest, then open its card; doing so again changes nothing.

        Raises:
            LostRaceError: other instances opened and closed the card, again and again.
        """
        row = _HELD.write(held) | {"PartitionKey": _id(card), "RowKey": _held_key(held)}
        self._table.upsert_entity(row)
        self.open(card)

    def held_milestones(self, card: SharedCard) -> Sequence[HeldMilestone]:
        """Return the milestones that a digest will show, oldest first."""
        rows = self._table.query_entities(f"PartitionKey eq '{_id(card)}'")
        return sorted(
            self._held.all(rows),
            key=lambda milestone: (milestone.at, milestone.incident, milestone.revision),
        )

    def open_ones(self) -> Sequence[SharedCard]:
        """Return every card that is open, oldest first."""
        rows = self._table.query_entities(f"PartitionKey eq '{_OPEN}'")
        return sorted(self._cards.all(rows), key=lambda card: (card.since, card.name))

    def save(self, card: SharedCard) -> None:
        """Store a changed card.

        Raises:
            LostRaceError: it was changed or closed since it was read.
        """
        try:
            self._table.update_entity(_row(card), UpdateMode.REPLACE, **_unchanged(card))
        except (ResourceModifiedError, ResourceNotFoundError) as error:
            raise LostRaceError(f"shared card {card.name}") from error

    def close(self, card: SharedCard, shown_milestones: Sequence[HeldMilestone] = ()) -> None:
        """Forget a card, and the milestones that it showed; what was held meanwhile opens it again.

        Raises:
            LostRaceError: it was changed since it was read.
        """
        try:
            self._table.delete_entity(_OPEN, _id(card), **_unchanged(card))
        except ResourceModifiedError as error:
            raise LostRaceError(f"shared card {card.name}") from error
        for held in shown_milestones:
            self._table.delete_entity(_id(card), _held_key(held))

    def _open_once(self, card: SharedCard) -> SharedCard:
        is_new = self._create(card)
        try:
            if not is_new:
                # Whoever draws it at this moment has not seen its newest member, and must not close it.
                self._table.update_entity({"PartitionKey": _OPEN, "RowKey": _id(card)}, UpdateMode.MERGE)
            stored = self._cards.one(self._table.get_entity(_OPEN, _id(card)))
        except ResourceNotFoundError as error:  # it was closed in between
            raise LostRaceError(f"shared card {card.name}") from error
        if stored is None:  # set aside; the next try makes it anew
            raise LostRaceError(f"shared card {card.name}")
        return stored

    def _create(self, card: SharedCard) -> bool:
        """Create the row of a card; answer False where it is open."""
        try:
            self._table.create_entity(_row(card))
        except ResourceExistsError:
            return False
        return True


def _held_key(held: HeldMilestone) -> str:
    return f"{_hash(held.incident)}~{held.revision:06d}~{_hash(held.milestone)}"


def _row(card: SharedCard) -> StorageRow:
    return _CARD.write(card) | {"PartitionKey": _OPEN, "RowKey": _id(card)}


def _card(row: TableEntity) -> SharedCard:
    return _CARD.read(row, etag=str(row.metadata["etag"]))


def _unchanged(card: SharedCard) -> dict[str, Any]:
    return {"etag": card.etag, "match_condition": MatchConditions.IfNotModified}


def _id(card: SharedCard) -> str:
    return _hash(card.name)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]
