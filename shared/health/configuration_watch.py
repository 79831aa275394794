"""Announce what is new in the review of a configuration, and remember what was announced."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from shared.alerts.inbox import Announcer
from shared.context.ports import Absence
from shared.context.review.judge import Fault, Review
from shared.incidents.wording import resource_name

_MOST_FAULTS = 6  # of one announcement, the most urgent


@dataclass(frozen=True, slots=True)
class FaultState:
    """What is remembered of one fault. `turns` counts how often it appeared."""

    key: str
    is_present: bool
    turns: int
    since: datetime  # when it last appeared or went


class KnownFaults(Protocol):
    """The faults that reviews found."""

    def of(self, resource: str) -> Mapping[str, FaultState]:
        """Return what is remembered of the faults of a resource, by their keys."""
        ...

    def save(self, resource: str, states: Sequence[FaultState]) -> None:
        """Store states in place of the former ones; safe to repeat."""
        ...


def announce_new_faults(review: Review, known: KnownFaults, announcer: Announcer, now: datetime) -> int:
    """Announce the faults that the last review did not find, and return how many.

    What could not be judged today stays as it was. Announced first and saved afterwards: a repeated run announces the
    same key, which is told once.
    """
    remembered = known.of(review.resource)
    found = {fault.key: fault for fault in (*review.faults, *_lacking_roles(review))}
    changed = [
        state
        for key in {**remembered, **found}
        if (state := _next(key, key in found, remembered, review, now))
    ]
    new = [found[state.key] for state in changed if state.is_present]
    if new:
        turns = {state.key: state.turns for state in changed}
        text = "\n\n".join(_paragraphs(new))
        announcer.announce(_key(review.resource, new, turns), _title(review.resource, new), text, now)
    if changed:
        known.save(review.resource, changed)
    return len(new)


def _next(
    key: str, is_found: bool, remembered: Mapping[str, FaultState], review: Review, now: datetime
) -> FaultState | None:
    """Return the state of a fault where it changed."""
    before = remembered.get(key, FaultState(key, is_present=False, turns=0, since=now))
    unjudged = {rule for each in review.unjudged for rule in each.rules}
    if before.is_present == is_found or (not is_found and key.partition("|")[0] in unjudged):
        return None
    return replace(before, is_present=is_found, turns=before.turns + is_found, since=now)


def _lacking_roles(review: Review) -> Iterator[Fault]:
    """Return what no rule could judge because a permission is missing: that does not pass by itself."""
    for unjudged in review.unjudged:
        if unjudged.gap.absence is Absence.FORBIDDEN:
            yield Fault.of_gap(unjudged)


def _key(resource: str, faults: Sequence[Fault], turns: Mapping[str, int]) -> str:
    text = "|".join([resource, *sorted(f"{fault.key}.{turns[fault.key]}" for fault in faults)])
    return f"review.{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def _title(resource: str, faults: Sequence[Fault]) -> str:
    count = f"{len(faults)} new faults" if len(faults) > 1 else "A new fault"
    return f"{count} in the configuration of {resource_name(resource)}"


def _paragraphs(faults: Sequence[Fault]) -> Iterator[str]:
    ordered = sorted(faults, key=lambda fault: (-fault.urgency, fault.key))
    for fault in ordered[:_MOST_FAULTS]:
        mend = f" Mend: {fault.mend}" if fault.mend else ""
        yield f"{fault.urgency.word.capitalize()}: {fault.text}{mend}"
    if len(ordered) > _MOST_FAULTS:
        yield f"{len(ordered) - _MOST_FAULTS} more; `linekeeper review` lists them all."
