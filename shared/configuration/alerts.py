"""Which symptom an alert rule stands for, by the rule's name."""

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

from shared.configuration.files.declare import FileEntry, Symptom
from shared.configuration.files.folder import Folder
from shared.configuration.files.usable import converted, ordered, sections, usable
from shared.configuration.files.value import Value
from shared.configuration.match import star_fits
from shared.errors import InputError

FILE = "alerts.yaml"

Pattern = Annotated[
    str,
    Meta(
        pattern=r"^([^*]*\*){0,5}[^*]*$",
        min_length=1,
        max_length=200,
        description="the name of a rule, in at most 200 letters, with at most five `*`",
    ),
]


class NamedRuleEntry(FileEntry, frozen=True):
    """A rule of Azure Monitor, by its name, and what it stands for."""

    rule: Pattern
    symptom: Symptom


class AlertsFile(FileEntry, frozen=True):
    """Which symptom an alert rule stands for; the first that fits decides."""

    rules: tuple[NamedRuleEntry, ...] | None = None


@dataclass(frozen=True, slots=True)
class NamedRule:
    """One line: rules whose name fits the pattern stand for the symptom; `*` is any text, and case does not count."""

    pattern: str
    symptom: str
    where: str = ""  # its file and line

    def fits(self, name: str) -> bool:
        """Tell whether a rule of this name is meant."""
        return star_fits(self.pattern.lower(), name.lower())


def usable_alert_rules(folder: Folder) -> tuple[tuple[NamedRule, ...], tuple[InputError, ...]]:
    """Return the entries that are right, of which the first that fits decides, and what is wrong with the others."""
    values, problems = sections(folder / FILE, AlertsFile)
    rules = usable(values.get("rules"), _rule, problems)
    return tuple(rules), ordered(problems)


def _rule(item: Value) -> NamedRule:
    entry = converted(item, NamedRuleEntry)
    return NamedRule(entry.rule, entry.symptom, item.where)
