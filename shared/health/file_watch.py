"""Announce that an edit broke a file of configuration, once, and remember that it was announced."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from shared.alerts.inbox import Announcer
from shared.configuration.versions.good import Version
from shared.health.configuration_watch import FaultState, KnownFaults

_PLACE = "config/"  # in the place of the resource whose faults are remembered
_MOST = 5  # problems of one announcement


def announce_broken_files(
    versions: Iterable[Version], known: KnownFaults, announcer: Announcer, now: datetime
) -> None:
    """Announce the files that are wrong and were not a moment ago.

    Announced first and saved afterwards: a repeated run announces the same key, which is told once. Further edits that
    leave a file wrong tell nothing new.
    """
    remembered = known.of(_PLACE)
    changed = []
    for version in versions:
        file = version.file
        before = remembered.get(file, FaultState(file, is_present=False, turns=0, since=now))
        is_wrong = bool(version.problems)
        if is_wrong is before.is_present:
            continue
        state = replace(before, is_present=is_wrong, turns=before.turns + is_wrong, since=now)
        if is_wrong:
            announcer.announce(f"config/{file} {state.turns}", _title(version), _text(version), now)
        changed.append(state)
    if changed:
        known.save(_PLACE, changed)


def _title(version: Version) -> str:
    return f"config/{version.file} cannot be used" if version.instead else f"config/{version.file} is wrong"


def _text(version: Version) -> str:
    lines = [*map(str, version.problems[:_MOST]), *_rest(version.problems)]
    counts = (
        f"Until it is right, {version.instead} counts." if version.instead else "What is right of it counts."
    )
    return "\n\n".join([*lines, f"{counts} `linekeeper config` tells every problem with its line."])


def _rest(problems: Sequence[object]) -> list[str]:
    more = len(problems) - _MOST
    return [f"And {more} more."] if more > 0 else []
