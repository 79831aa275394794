"""What is promised for each signal, and from how many events on it is judged."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, ClassVar

import yaml
from msgspec import UNSET, Meta, UnsetType

from shared.configuration.files.declare import Count, FileEntry, Length, Share, length, values_of
from shared.configuration.files.explain import missing
from shared.configuration.files.folder import Folder
from shared.configuration.files.read import read_file
from shared.configuration.files.usable import converted, ordered, sections
from shared.configuration.files.value import Value
from shared.errors import InputError

FILE = "objectives.yaml"
DEFAULTS = Path(__file__).with_name("defaults.yaml")

_BUCKET = timedelta(minutes=5)  # counts are kept by 5 minutes of event time
_LONGEST = timedelta(days=1)

Target = Annotated[float, Meta(gt=0, lt=1, description="a share between 0 and 1, such as 0.99 for 99 %")]


class LimitEntry(FileEntry, frozen=True):
    """An absolute limit, broken by so many bad events in so long a time."""

    noun: ClassVar[str] = "the limit"

    bad: Count | UnsetType = UNSET
    within: Length | UnsetType = UNSET
    ratio: Share | UnsetType = UNSET


class ObjectiveEntry(FileEntry, frozen=True):
    """What is promised for one signal; a key that is left out keeps the default of the signal."""

    target: Target | UnsetType = UNSET
    min_events: Count | UnsetType = UNSET
    min_bad: Count | UnsetType = UNSET
    bucket_min_events: Count | UnsetType = UNSET
    limit: LimitEntry | UnsetType | None = UNSET  # `limit:` alone takes the default's limit away
    enabled: bool | UnsetType = UNSET
    by_minute: bool | UnsetType = UNSET


class ObjectivesFile(FileEntry, frozen=True):
    """What is promised for each signal, by its id."""

    objectives: dict[str, ObjectiveEntry] | None = None


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
    by_minute: bool = True  # whether its minutes are judged, too, where its source tells them


def usable_objectives(folder: Folder) -> tuple[Mapping[str, ObjectiveSettings], tuple[InputError, ...]]:
    """Return the settings of every signal, the defaults where the file's are wrong; and what is wrong."""
    settings = dict(default_objectives())
    values, problems = sections(folder / FILE, ObjectivesFile)
    try:
        entries, strangers = values["objectives"].mapping(settings) if values else ({}, [])
    except InputError as error:
        return settings, ordered([*problems, error])
    problems += strangers
    for signal, value in entries.items():
        try:
            settings[signal] = _settings(value, settings[signal])
        except InputError as error:
            problems.append(error)
    return settings, ordered(problems)


@cache
def default_objectives() -> Mapping[str, ObjectiveSettings]:
    """Return the settings that hold where a team says nothing, of every signal there is."""
    entries, _ = default_section("objectives").mapping()
    return {signal: _settings(value, ObjectiveSettings()) for signal, value in entries.items()}


def changed(settings: ObjectiveSettings, key: str, value: str) -> ObjectiveSettings:
    """Return settings with one of them changed, each as the file writes it; the key of a limit is `limit.bad`.

    Raises:
        InputError: there is no such key, or it cannot have this value.
    """
    text = f"{key}: {value}"
    if "." in key:
        outer, _, inner = key.partition(".")
        text = f"{outer}: {{{inner}: {value}}}"
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise InputError(key, f"{value!r} cannot be read", "a value as in objectives.yaml") from error
    return _settings(Value(key, key, node), settings)


def default_section(name: str) -> Value:
    """Return what holds where a file says nothing: its section of the defaults."""
    file = read_file(DEFAULTS)
    assert file is not None
    return file.value.at(name)


def _settings(value: Value, below: ObjectiveSettings) -> ObjectiveSettings:
    """Read the settings of one signal over those that hold without."""
    entry = converted(value, ObjectiveEntry)
    changes = values_of(entry)
    if isinstance(entry.limit, LimitEntry):
        changes["limit"] = _limit(value.at("limit"), entry.limit, below.limit)
    return replace(below, **changes)


def _limit(value: Value, entry: LimitEntry, below: Limit | None) -> Limit:
    changes = values_of(entry)
    for key in ("bad", "within"):
        if below is None and key not in changes:
            raise missing(value, LimitEntry, key)
    if "within" in changes:
        changes["within"] = _within(value.at("within"))
    return replace(below or Limit(0, timedelta(0)), **changes)


def _within(value: Value) -> timedelta:
    time = length(value.plain())
    if not _BUCKET <= time <= _LONGEST or time % _BUCKET:
        raise value.refusal(f"'within' is {value.plain()}", "a multiple of 5m, from 5m to 24h")
    return time
