"""What is promised for each signal, and from how many events on it is judged."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from functools import cache
from pathlib import Path

from shared.configuration.read import Value, sections
from shared.errors import InputError

FILE = "objectives.yaml"
DEFAULTS = Path(__file__).with_name("defaults.yaml")

_BUCKET = timedelta(minutes=5)  # counts are kept by 5 minutes of event time
_LONGEST = timedelta(days=1)
_MOST = 1_000_000_000
_LIMIT_KEYS = ("bad", "within", "ratio")


@dataclass(frozen=True, slots=True)
class Limit:
    """An absolute limit, broken by `bad` events `within` a time that are at least `ratio` of all events.

    For a signal that knows no total only `bad` counts.
    """

    bad: float
    within: timedelta  # whole buckets
    ratio: float = 0.0


@dataclass(frozen=True, slots=True)
class ObjectiveSettings:
    """What is promised for one signal; `target` is the share of good events over 30 days, between 0 and 1."""

    target: float = 0.99
    min_events: float = 50  # a window with fewer is not judged by its burn rate
    min_bad: float = 20  # nor one with fewer bad events
    bucket_min_events: float = 10  # a bucket with fewer proves no recovery
    limit: Limit | None = None
    enabled: bool = True


def load_objectives(folder: Path) -> Mapping[str, ObjectiveSettings]:
    """Return the settings of every signal by its id: the defaults, and over them what the file says.

    Raises:
        InputError: the first problem of the file.
    """
    settled, problems = usable_objectives(folder)
    if problems:
        raise problems[0]
    return settled


def usable_objectives(folder: Path) -> tuple[Mapping[str, ObjectiveSettings], tuple[InputError, ...]]:
    """Return the settings of every signal, the defaults where the file's are wrong; and what is wrong."""
    settled = dict(default_objectives())
    problems: list[InputError] = []
    try:
        section = sections(folder / FILE, ("objectives",)).get("objectives")
        # Where every line below the key is a comment, its value is empty.
        entries = section.mapping(settled) if section is not None and not section.is_empty else {}
    except InputError as error:
        return settled, (error,)
    for signal, value in entries.items():
        try:
            settled[signal] = _settings(value, settled[signal])
        except InputError as error:
            problems.append(error)
    return settled, tuple(problems)


@cache
def default_objectives() -> Mapping[str, ObjectiveSettings]:
    """Return the settings that hold where a team says nothing, of every signal there is."""
    entries = sections(DEFAULTS, ("objectives", "severity"))["objectives"].mapping()
    return {signal: _settings(value, ObjectiveSettings()) for signal, value in entries.items()}


def _settings(value: Value, below: ObjectiveSettings) -> ObjectiveSettings:
    """Read the settings of one signal over those that hold without."""
    found = value.mapping(tuple(one.name for one in fields(ObjectiveSettings)))

    def number(name: str, default: float) -> float:
        return found[name].whole(1, _MOST) if name in found else default

    return ObjectiveSettings(
        target=_target(found["target"]) if "target" in found else below.target,
        min_events=number("min_events", below.min_events),
        min_bad=number("min_bad", below.min_bad),
        bucket_min_events=number("bucket_min_events", below.bucket_min_events),
        limit=_limit(found["limit"], below.limit) if "limit" in found else below.limit,
        enabled=found["enabled"].flag() if "enabled" in found else below.enabled,
    )


def _target(value: Value) -> float:
    found = value.number(0, 100)
    if not 0 < found < 1:  # at 1 there is no budget to burn
        raise value.refusal(f"'target' is {found:g}", "a share between 0 and 1, such as 0.99 for 99 %")
    return found


def _limit(value: Value, below: Limit | None) -> Limit | None:
    if value.is_empty:  # `limit:` alone takes the default's limit away
        return None
    found = value.mapping(_LIMIT_KEYS)
    for key in ("bad", "within"):
        if key not in found and below is None:
            raise value.refusal(f"the limit has no {key!r}", "{bad: 50, within: 15m}, and a ratio if need be")
    settled = below or Limit(0, timedelta(0))
    if "bad" in found:
        settled = replace(settled, bad=found["bad"].whole(1, _MOST))
    if "within" in found:
        settled = replace(settled, within=_within(found["within"]))
    if "ratio" in found:
        settled = replace(settled, ratio=found["ratio"].number(0, 1))
    return settled


def _within(value: Value) -> timedelta:
    found = value.duration()
    if not _BUCKET <= found <= _LONGEST or found % _BUCKET:
        raise value.refusal(f"'within' is {value.text()}", "a multiple of 5m, from 5m to 24h")
    return found
