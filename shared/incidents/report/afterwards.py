"""What the report of an ended incident holds beside its diagnosis: the normal, each perspective, the rule to have."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from shared.incidents.lifecycle.perspectives import Perspective, is_validated
from shared.incidents.report.alert_bicep import alert_rule_section
from shared.incidents.report.alert_rule import AlertRule, NoRule
from shared.redaction import escape_markdown, redact


@dataclass(frozen=True, slots=True)
class Afterwards:
    """What is known of an incident once it is over."""

    normals: Mapping[str, str] = field(default_factory=dict)  # by signal, in one sentence
    perspectives: Sequence[Perspective] = ()
    dependents: Sequence[str] | None = None  # what needs the resource, by name; None where nobody knows
    proposal: AlertRule | NoRule | None = None


def perspective_section(afterwards: Afterwards) -> Iterator[str]:
    """Say whether the end is validated, and by what."""
    if not afterwards.perspectives:
        return
    yield "## Is it over?"
    yield (
        "Validated: every perspective that can tell says so."
        if is_validated(afterwards.perspectives)
        else "**Not validated**: the perspectives do not agree, or none of them can tell."
    )
    lines = [
        f"- {each.name}: **{each.view}**; {escape_markdown(redact(each.text.rstrip('.')))}."
        for each in afterwards.perspectives
    ]
    yield "\n".join([*lines, f"- {_dependents(afterwards.dependents)}"])


def normal_section(afterwards: Afterwards) -> Iterator[str]:
    """Say what is usual for each broken signal at that hour of the week."""
    if afterwards.normals:
        yield "## What is usual at that hour"
        yield "\n".join(
            f"- `{signal}`: {escape_markdown(line)}" for signal, line in afterwards.normals.items()
        )


def proposal_section(afterwards: Afterwards) -> Iterator[str]:
    """Propose an alert rule, or say why there is none."""
    if afterwards.proposal is not None:
        yield from alert_rule_section(afterwards.proposal)


def _dependents(names: Sequence[str] | None) -> str:
    if names is None:
        return "what depends on the resource is not known"
    if not names:
        return "nothing that is configured depends on the resource"
    return f"depends on the resource: {escape_markdown(', '.join(names))}"
