"""Give up what a receiver refused for good: keep it as a dead letter, and notify its fallback instead."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from shared.configuration.receivers import Receiver
from shared.notices.cards.elements import message
from shared.notices.cards.envelope import Message, message_in, with_line
from shared.notices.cards.milestone_card import draw_announcement
from shared.notices.delivery.ports import DeliveryStores
from shared.notices.notice import Fate, Notice, write

_FROM = "~from-"  # between the row of a notice and the receiver that refused it

_log = logging.getLogger(__name__)


def give_up(
    notices: Sequence[Notice], receiver: Receiver, reason: str, stores: DeliveryStores, now: datetime
) -> None:
    """Make dead letters of notices of one lane, and notify the receiver's fallback; safe to repeat.

    Their fate is noted last: whoever falls over before tries them again, and gives them up again.
    """
    fallback = receiver.fallback
    for notice in notices:
        stores.dead_letters.put(notice, reason, now)
        _log.error("Notice %s is a dead letter: %s", notice.key, reason)
        if fallback is None or fallback in notice.row.split(_FROM)[1:]:
            _log.error("Nobody was told notice %s: %s has no other fallback", notice.key, receiver.name)
        else:
            _pass_on(notice, fallback, reason, stores)
    if fallback is not None:
        _announce_refusals(receiver.name, fallback, reason, stores, now)
    stores.outbox.settle(
        [replace(notice, fate=Fate.DEAD, reason=reason, settled_at=now) for notice in notices]
    )


def pass_to(
    notice: Notice, receivers: Sequence[str], reason: str, stores: DeliveryStores, now: datetime
) -> None:
    """Give a notice to receivers in the place of its own, which is no more; safe to repeat.

    Its fate is noted last: whoever falls over before passes it on again, as the same notices.
    """
    for receiver in receivers:
        own = stores.outbox.get(notice.to(receiver).key)
        if own is None or own.fate is Fate.SUPPRESSED:
            copy = replace(notice, row=f"{notice.row}{_FROM}{notice.receiver}").to(receiver)
            write(stores.outbox, copy, partial(_message, notice, stores), notice.at)
    text = f"{reason}; told to {', '.join(receivers) or 'nobody'} instead"
    stores.outbox.settle([notice.withdrawn(text, now)])


def _pass_on(notice: Notice, fallback: str, reason: str, stores: DeliveryStores) -> None:
    key = replace(notice, row=notice.row.partition(_FROM)[0]).to(fallback).key
    own = stores.outbox.get(key)
    if own is not None and own.fate is not Fate.SUPPRESSED:
        return  # the fallback has a notice of its own
    line = f"For the receiver {notice.receiver}, which refused it: {reason}."
    copy = replace(notice, row=f"{notice.row}{_FROM}{notice.receiver}").to(fallback)
    write(stores.outbox, copy, lambda: with_line(_message(notice, stores), line), notice.at)


def _announce_refusals(name: str, fallback: str, reason: str, stores: DeliveryStores, now: datetime) -> None:
    """Announce that a receiver refuses cards, once an hour and not once a card."""
    notice = Notice.about(f"receiver {name} refuses {now:%Y-%m-%d %H}", fallback, "announcement", now)
    text = (
        f"{reason}. What it refuses is kept as a dead letter and comes here. "
        "Once it is mended, `linekeeper redeliver` sends it again."
    )
    title = f"The receiver {name} refuses our cards"
    write(stores.outbox, notice, lambda: message(draw_announcement(title, text)), now)


def _message(notice: Notice, stores: DeliveryStores) -> Message:
    card = message_in(stores.outbox.text(notice) or "")
    if card is None:
        about = f"Notice {notice.key} ({notice.milestone}) of incident {notice.incident or 'none'}"
        return message(draw_announcement("A card is lost", f"{about} has no document that can be read."))
    return card
