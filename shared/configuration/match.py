"""What a route or a silence fits: matchers over what an incident is about."""

import re
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase

from shared.configuration.read import Value

_SYMPTOM = re.compile(r"[a-z0-9-]{1,80}")


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
            and (not self.resource or any(fnmatchcase(subject.resource, one) for one in self.resource))
            and (not self.environment or subject.environment.lower() in self.environment)
            and (not self.owner or subject.owner.lower() in self.owner)
            and (not self.symptom or subject.symptom in self.symptom)
        )


MATCHERS = tuple(one.name for one in fields(Match))


def read_match(value: Value) -> Match:
    """Read the matchers of a route or a silence.

    Raises:
        InputError: one is unknown, or what it names cannot be.
    """
    found = {name: _one_or_more(one) for name, one in value.mapping(MATCHERS).items()}

    def texts(name: str) -> tuple[str, ...]:
        return tuple(_plain(one) for one in found.get(name, ()))

    return Match(
        severity=tuple(one.whole(1, 4) for one in found.get("severity", ())),
        resource=tuple(_resource(one) for one in found.get("resource", ())),
        environment=texts("environment"),
        owner=texts("owner"),
        symptom=tuple(_symptom(one) for one in found.get("symptom", ())),
    )


def _one_or_more(value: Value) -> tuple[Value, ...]:
    """Return the values of a list that is not empty, or the one value that stands for it."""
    if not value.is_list:
        return (value,)
    if not (items := value.items()):
        raise value.refusal(f"{value.name!r} is an empty list", "one value or more, or no such key")
    return items


def _plain(value: Value) -> str:
    return value.text().lower()


def _resource(value: Value) -> str:
    found = value.text().lower().rstrip("/")
    if not found.startswith(("/subscriptions/", "*")) or set(found) & set("?[]"):
        expected = "an ARM id, in which * may stand for anything, such as */webpubsub/lobby"
        raise value.refusal(f"'resource' is {found!r}", expected)
    return found


def _symptom(value: Value) -> str:
    if not _SYMPTOM.fullmatch(found := value.text()):
        raise value.refusal(f"{found!r} is no symptom", "the id of a playbook")
    return found
