"""Join what two sources tell of one operation: it is one change."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from shared.context.change import SLACK, Change, ChangeSource, Edit, Topic
from shared.context.history.rows import ReadChange

_WRITES = ("/write", "/delete")


def merged(told: Iterable[ReadChange], detailed: Iterable[ReadChange]) -> tuple[Change, ...]:
    """Return each operation once, latest first.

    `told` is of the Activity Log, which knows the address and the whole time; `detailed` is of Resource Graph, which
    knows the values.
    """
    changes, alone = list(told), []
    for detail in detailed:
        place = _of_request(detail, changes)
        if place is None:
            alone.append(detail)
        else:
            changes[place] = replace(changes[place], change=_both(changes[place].change, detail.change))
    changes += _near(alone, changes)
    by_resource = sorted(_without_deployments(changes), key=lambda change: (change.resource, change.what))
    return tuple(sorted(by_resource, key=lambda change: change.at, reverse=True))


def _of_request(detail: ReadChange, changes: Sequence[ReadChange]) -> int | None:
    """Return the place of the operation with the same id on the same resource."""
    if not detail.correlation:
        return None
    return next(
        (
            place
            for place, one in enumerate(changes)
            if one.correlation == detail.correlation and _is_on(one, detail)
        ),
        None,
    )


def _near(details: Sequence[ReadChange], changes: list[ReadChange]) -> list[ReadChange]:
    """Join changes of properties without an id to the write nearest in time, the nearest pairs first; return the rest."""
    pairs = sorted(
        (_distance(one.change, detail.change), abs(one.change.at - detail.change.at), number, place)
        for number, detail in enumerate(details)
        for place, one in enumerate(changes)
        if _may_be_one(one, detail)
    )
    joined_details: set[int] = set()
    joined_places: set[int] = set()
    for _, _, number, place in pairs:
        if number not in joined_details and place not in joined_places:
            joined_details.add(number)
            joined_places.add(place)
            change = _both(changes[place].change, details[number].change)
            changes[place] = replace(changes[place], change=change)
    return [detail for number, detail in enumerate(details) if number not in joined_details]


def _may_be_one(told: ReadChange, detail: ReadChange) -> bool:
    return (
        _is_on(told, detail)
        and told.change.what.endswith(_WRITES)
        and ChangeSource.RESOURCE_CHANGES not in told.change.sources
        and not (told.correlation and detail.correlation)
        and _distance(told.change, detail.change) <= SLACK
    )


def _is_on(told: ReadChange, detail: ReadChange) -> bool:
    return (
        told.change.resource == detail.change.resource and ChangeSource.DEPLOYMENT not in told.change.sources
    )


def _distance(told: Change, detail: Change) -> timedelta:
    """Return how far a change of properties lies outside of the time of an operation."""
    return max((told.began or told.at) - detail.at, detail.at - told.at, timedelta(0))


def _both(told: Change, detail: Change) -> Change:
    return replace(
        told,
        sources=tuple(dict.fromkeys((*told.sources, *detail.sources))),
        # What a request sent is less than what it changed, and old values are not in it.
        edits=_edits(told, detail),
        topics=_topics(told, detail),
        who=told.who or detail.who,
    )


def _edits(told: Change, detail: Change) -> tuple[Edit, ...]:
    is_detailed = ChangeSource.RESOURCE_CHANGES in told.sources
    return (*told.edits, *detail.edits) if is_detailed else detail.edits or told.edits


def _topics(told: Change, detail: Change) -> tuple[Topic, ...]:
    """Return what both touch; that a write says nothing, or a property has nothing to do with it, gives way."""
    is_detailed = ChangeSource.RESOURCE_CHANGES in told.sources
    if not is_detailed and set(told.topics) <= {Topic.SERVICE, Topic.UNRELATED}:
        return detail.topics
    topics = {*told.topics, *detail.topics}
    return tuple(sorted(topics - {Topic.UNRELATED} or topics))


def _without_deployments(changes: Sequence[ReadChange]) -> Iterable[Change]:
    """Yield the changes; a deployment whose writes are there is said with them."""
    runs = {one.correlation for one in changes if ChangeSource.DEPLOYMENT in one.change.sources}
    written = {one.correlation for one in changes if ChangeSource.DEPLOYMENT not in one.change.sources} & (
        runs - {""}
    )
    for one in changes:
        is_deployment = ChangeSource.DEPLOYMENT in one.change.sources
        if is_deployment and one.correlation in written:
            continue
        if not is_deployment and one.correlation in written:
            yield replace(one.change, sources=(*one.change.sources, ChangeSource.DEPLOYMENT))
        else:
            yield one.change
