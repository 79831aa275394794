"""Read the settings that a backtest compares: single ones, or another folder of configuration."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

from shared.configuration.files.usable import flawless
from shared.configuration.objectives import ObjectiveSettings, changed, usable_objectives
from shared.errors import InputError

Objectives = Mapping[str, ObjectiveSettings]
_FORM = (
    "SIGNAL.KEY=VALUE, or KEY=VALUE for every signal, such as refused-connects.target=0.995 or min_events=40"
)


@dataclass(frozen=True, slots=True)
class Change:
    """One changed setting, and the objectives with it alone."""

    name: str  # as a person wrote it
    objectives: Objectives


def changes_of(settings: Sequence[str], folder: Path | None, now: Objectives) -> list[Change]:
    """Return each change by itself, and all of them together where there are several.

    Raises:
        InputError: a setting or the folder cannot be used.
    """
    changes = [Change(text, _set(text, now)) for text in settings]
    changes += _of_folder(folder, now) if folder else []
    if len(changes) > 1:
        together: Objectives = now
        for text in settings:
            together = _set(text, together)
        changes.append(Change("all of these together", _with_folder(folder, now, together)))
    return changes


def _set(text: str, now: Objectives) -> Objectives:
    path, is_set, value = text.partition("=")
    if not is_set or not value.strip():
        raise InputError("--set", f"{text!r} says no value", _FORM)
    head, _, rest = path.strip().partition(".")
    signals = [head] if head in now else [*now]
    key = rest if head in now else path.strip()
    if key.startswith("limit.") and head not in now:
        signals = [signal for signal in signals if now[signal].limit is not None]
    try:
        return {**now, **{signal: changed(now[signal], key, value.strip()) for signal in signals}}
    except InputError as error:
        if head not in now and "." in path and not path.startswith("limit."):
            raise InputError("--set", f"there is no signal {head!r}", f"one of {', '.join(now)}") from error
        raise InputError("--set", f"{text!r}: {error.wrong}", error.expected) from error


def _of_folder(folder: Path, now: Objectives) -> Iterator[Change]:
    """Yield each setting in which a folder differs, by itself."""
    for signal, other in _read(folder).items():
        for field in fields(other):
            value = getattr(other, field.name)
            if value != getattr(now[signal], field.name):
                name = f"{signal}.{field.name} of {folder}"
                yield Change(name, {**now, signal: replace(now[signal], **{field.name: value})})


def _with_folder(folder: Path | None, now: Objectives, below: Objectives) -> Objectives:
    if folder is None:
        return below
    return {
        signal: replace(
            below[signal],
            **{
                field.name: getattr(other, field.name)
                for field in fields(other)
                if getattr(other, field.name) != getattr(now[signal], field.name)
            },
        )
        for signal, other in _read(folder).items()
    }


def _read(folder: Path) -> Objectives:
    if not folder.is_dir():
        raise InputError("--against", f"{folder} is not a folder", "a folder with an objectives.yaml")
    return flawless(usable_objectives(folder))
