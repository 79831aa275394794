"""What a route or a silence fits: matchers over what an incident is about."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Annotated

from msgspec import Meta, field

from shared.configuration.files.declare import FileEntry, OneOrMore, Severity, Symptom, Text, any_case

ResourcePattern = Annotated[
    str,
    Meta(
        pattern=rf"^(/{any_case('subscriptions')}/|\*)[^?\[\]]*$",
        description="an ARM id, in which * may stand for anything, such as */webpubsub/lobby",
    ),
]


class Severities(OneOrMore[Severity]):
    """One severity or more."""


class ResourcePatterns(OneOrMore[ResourcePattern]):
    """One pattern of ARM ids or more."""


class Texts(OneOrMore[Text]):
    """One text or more."""


class Symptoms(OneOrMore[Symptom]):
    """One symptom or more."""


class MatchEntry(FileEntry, frozen=True):
    """Matchers, all of which must fit; of a list, one value must."""

    severity: Severities = field(default_factory=Severities)
    resource: ResourcePatterns = field(default_factory=ResourcePatterns)
    environment: Texts = field(default_factory=Texts)
    owner: Texts = field(default_factory=Texts)
    symptom: Symptoms = field(default_factory=Symptoms)


@dataclass(frozen=True, slots=True)
class Subject:
    """What something to be told is about, as matchers see it; None and empty fit no matcher."""

    severity: int | None = None
    resource: str = ""  # ARM id in lower case
    environment: str = ""
    owner: str = ""
    symptom: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """Matchers, all of which must fit; of the values of one, any. An empty one fits everything."""

    severity: tuple[int, ...] = ()
    resource: tuple[str, ...] = ()  # ARM ids, in which * stands for anything
    environment: tuple[str, ...] = ()
    owner: tuple[str, ...] = ()
    symptom: tuple[str, ...] = ()

    def fits(self, subject: Subject) -> bool:
        """Tell whether every matcher fits."""
        return (
            (not self.severity or subject.severity in self.severity)
            and (not self.resource or any(fnmatchcase(subject.resource, text) for text in self.resource))
            and (not self.environment or subject.environment.lower() in self.environment)
            and (not self.owner or subject.owner.lower() in self.owner)
            and (not self.symptom or subject.symptom in self.symptom)
        )


def star_fits(pattern: str, text: str) -> bool:
    """Tell whether a pattern, in which `*` stands for anything, fits a text, which may be a stranger's: in linear time."""
    first, *parts = pattern.split("*")
    if not parts:
        return pattern == text
    *middle, last = parts
    if not text.startswith(first) or not text[len(first) :].endswith(last):
        return False
    start, end = len(first), len(text) - len(last)
    for part in middle:
        start = text.find(part, start, end)
        if start < 0:
            return False
        start += len(part)
    return True


def match_of(entry: MatchEntry) -> Match:
    """Return the matchers that an entry writes."""
    return Match(
        severity=tuple(entry.severity),
        resource=tuple(text.lower().rstrip("/") for text in entry.resource),
        environment=tuple(text.lower() for text in entry.environment),
        owner=tuple(text.lower() for text in entry.owner),
        symptom=tuple(entry.symptom),
    )
