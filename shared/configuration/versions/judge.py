"""Judge a file of config/ by itself: what is wrong with it, whatever anybody else answers."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shared.configuration import (
    alerts,
    dependencies,
    events,
    objectives,
    receivers,
    resources,
    severity,
    silences,
    tokens,
)
from shared.configuration.files.folder import Folder
from shared.errors import InputError

_READERS: Mapping[str, Callable[[Folder], tuple[Any, Sequence[InputError]]]] = {
    alerts.FILE: alerts.usable_alert_rules,
    dependencies.FILE: dependencies.usable_dependencies,
    events.FILE: events.usable_events,
    objectives.FILE: objectives.usable_objectives,
    receivers.FILE: receivers.usable_receivers,
    severity.FILE: severity.usable_severity,
    silences.FILE: silences.usable_silences,
    tokens.FILE: tokens.usable_token_rules,
}
FILES = (resources.FILE, *_READERS)


def problems_of(file: str, folder: Folder, default_workspace: str | None) -> tuple[InputError, ...]:
    """Return what is wrong with a file; one that watches nothing is not good either."""
    if file != resources.FILE:
        return tuple(_READERS[file](folder)[1])
    watched, problems = resources.usable_resources(folder, default_workspace)
    if watched or problems or resources.usable_selections(folder):
        return problems
    return (resources.nothing_watched(),)
