"""Announce new faults: those of a resource that a review finds, and of files that an edit broke; each is told once."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from shared.alerts.inbox import Announcer
from shared.configuration.versions.good import Version
from shared.context.ports import Absence
from shared.context.review.judge import Fault, Review
from shared.incidents.wording import resource_name

_MOST_FAULTS = 6  # of one announcement, the most urgent
_MOST_PROBLEMS = 5  # of a file
_FILES = "config/"  # in the place of the resource whose faults are remembered


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


def announce_broken_files(
    versions: Iterable[Version], known: KnownFaults, announcer: Announcer, now: datetime
) -> None:
    """Announce the files that are wrong and were not a moment ago.

    Announced first and saved afterwards: a repeated run announces the same key, which is told once. Further edits that
    leave a file wrong tell nothing new.
    """
    remembered = known.of(_FILES)
    changed = []
    for version in versions:
        file = version.file
        before = remembered.get(file, FaultState(file, is_present=False, turns=0, since=now))
        is_wrong = bool(version.problems)
        if is_wrong is before.is_present:
            continue
        state = replace(before, is_present=is_wrong, turns=before.turns + is_wrong, since=now)
        if is_wrong:
            announcer.announce(f"config/{file} {state.turns}", _file_title(version), _file_text(version), now)
        changed.append(state)
    if changed:
        known.save(_FILES, changed)


def _file_title(version: Version) -> str:
    return f"config/{version.file} cannot be used" if version.instead else f"config/{version.file} is wrong"


def _file_text(version: Version) -> str:
    lines = [*map(str, version.problems[:_MOST_PROBLEMS]), *_rest(version.problems)]
    counts = (
        f"Until it is right, {version.instead} counts." if version.instead else "What is right of it counts."
    )
    return "\n\n".join([*lines, f"{counts} `linekeeper config` tells every problem with its line."])


def _rest(problems: Sequence[object]) -> list[str]:
    more = len(problems) - _MOST_PROBLEMS
    return [f"And {more} more."] if more > 0 else []
