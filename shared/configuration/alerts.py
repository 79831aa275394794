"""Which symptom an alert rule stands for, by the rule's name."""

import re
from dataclasses import dataclass
from pathlib import Path

from shared.configuration.read import Value, sections
from shared.errors import InputError

FILE = "alerts.yaml"
_SYMPTOM = re.compile(r"[a-z0-9-]{1,80}")
_MOST_PATTERN = 200


@dataclass(frozen=True, slots=True)
class NamedRule:
    """One line: rules whose name fits the pattern stand for the symptom; `*` is any text, and case does not count."""

    pattern: str
    symptom: str
    where: str = ""  # its file and line

    def fits(self, name: str) -> bool:
        """Tell whether a rule of this name is meant."""
        parts = map(re.escape, self.pattern.lower().split("*"))
        return re.fullmatch(".*".join(parts), name.lower()) is not None


def load_alert_rules(folder: Path) -> tuple[NamedRule, ...]:
    """Return the rules in the order of the file, of which the first that fits decides.

    Raises:
        InputError: the first problem of the file.
    """
    rules, problems = usable_alert_rules(folder)
    if problems:
        raise problems[0]
    return rules


def usable_alert_rules(folder: Path) -> tuple[tuple[NamedRule, ...], tuple[InputError, ...]]:
    """Return the entries that are right, and what is wrong with the others; no file is no rules."""
    try:
        section = sections(folder / FILE, ("rules",)).get("rules")
        entries = section.items() if section is not None and not section.is_empty else ()
    except InputError as error:
        return (), (error,)
    rules, problems = [], []
    for entry in entries:
        try:
            rules.append(_rule(entry))
        except InputError as error:
            problems.append(error)
    return tuple(rules), tuple(problems)


def _rule(entry: Value) -> NamedRule:
    found = entry.mapping(("rule", "symptom"))
    for key in ("rule", "symptom"):
        if key not in found:
            raise entry.refusal(f"the entry has no {key!r}", '{rule: "lobby-*", symptom: <id of a playbook>}')
    pattern, symptom = found["rule"].text(), found["symptom"].text()
    if len(pattern) > _MOST_PATTERN or pattern.count("*") > 5:
        raise found["rule"].refusal(
            "the pattern is too long", f"at most {_MOST_PATTERN} characters and five `*`"
        )
    if not _SYMPTOM.fullmatch(symptom):
        raise found["symptom"].refusal(f"{symptom!r} is no symptom", "the id of a playbook")
    return NamedRule(pattern, symptom, entry.where)
