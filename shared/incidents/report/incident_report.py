"""Write the report of an incident that has ended, as Markdown: what happened, why, how long it took, what it cost."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from shared.incidents.incident import Ending, Incident
from shared.incidents.report.afterwards import (
    Afterwards,
    normal_section,
    perspective_section,
    proposal_section,
)
from shared.incidents.report.diagnosis_report import write_report
from shared.incidents.report.durations import durations, in_words
from shared.incidents.wording import moment, number, resource_name
from shared.playbooks.diagnosis import Diagnosis
from shared.playbooks.playbook import Playbook
from shared.redaction import UserIds, escape_markdown, redact

_ENDINGS = {
    Ending.HELD: "It was within objective for 30 minutes.",
    Ending.UNCONFIRMED: "It was closed as unconfirmed: for 24 hours there were too few events to tell.",
    Ending.BY_HAND: "A person ended it.",
    Ending.ALERTS_OVER: "Every alert was resolved, and for 30 minutes none came; no count of Linekeeper's could confirm it.",
    None: "It has not ended.",
}
_OPEN_QUESTION = "_Not known to Linekeeper; for the people of the review._"


def write_closing_report(
    incident: Incident,
    playbook: Playbook,
    *,
    diagnosis: Diagnosis | None = None,
    budget_spent_ratio: float | None = None,
    expected: timedelta | None = None,
    audience: str = "",
    users: UserIds | None = None,
    afterwards: Afterwards | None = None,
) -> str:
    """Write the report of an incident; `diagnosis` is the one it points to.

    `budget_spent_ratio` is the share of the 30 days' error budget that it spent, 1 for all of it; `expected` is in what
    time an incident of its severity should be resolved, and `audience` is who is told of one, and how often.
    """
    writing = _Writing(
        incident, playbook, diagnosis, budget_spent_ratio, expected, audience, users or UserIds()
    )
    known = afterwards or Afterwards()
    parts = [
        *writing.head(),
        *writing.times(),
        *perspective_section(known),
        *writing.cause(),
        *normal_section(known),
        *writing.whys(),
        *writing.timeline(),
        *proposal_section(known),
    ]
    if diagnosis is not None:
        report = write_report(diagnosis, playbook, severity=incident.severity, users=users)
        parts.append("\n".join(_one_level_down(report.rstrip().split("\n"))))
    return "\n\n".join(parts) + "\n"


@dataclass(frozen=True, slots=True)
class _Writing:
    incident: Incident
    playbook: Playbook
    diagnosis: Diagnosis | None
    budget_spent_ratio: float | None
    expected: timedelta | None
    audience: str
    users: UserIds

    def head(self) -> Iterator[str]:
        incident = self.incident
        yield f"# Incident: Sev {incident.severity}: {self._safe(self.playbook.title)}"
        lines = [
            ("Incident", f"`{incident.id}`"),
            ("Resource", self._safe(resource_name(incident.resource))),
            ("Resource id", f"`{incident.resource}`"),
            ("Bad events", self._bad()),
            ("Root-cause bucket", str(self.playbook.root_cause_of(incident.cause))),
            ("Error budget spent", self._budget()),
        ]
        if self.audience:
            lines.append((f"Told of severity {incident.severity}", self._safe(self.audience)))
        if incident.users is not None:
            lines.append(("Users or connections hit", number(incident.users)))
        if incident.follows:
            lines.append(("Earlier incident", f"`{incident.follows}`"))
        if incident.joined_to:
            lines.append(("A consequence of", f"`{incident.joined_to}`"))
        yield "\n".join(f"- {name}: {value}" for name, value in lines)
        yield _ENDINGS[incident.ending]

    def times(self) -> Iterator[str]:
        incident = self.incident
        yield "## How long it took"
        rows = [
            ("Bad since", moment(incident.onset)),
            *durations(incident).rows(),
            ("Last bad until", moment(incident.last_bad)),
        ]
        if self.expected is not None:
            rows.append((f"Expected of severity {incident.severity}", self._expectation(self.expected)))
        if incident.reopened:
            rows.append(("Reopened", f"{incident.reopened} times"))
        yield _table(("What", "When"), rows)

    def _expectation(self, expected: timedelta) -> str:
        duration = durations(self.incident).resolve
        if duration is None:
            return f"resolved within {in_words(expected)}"
        missed = f"missed by {in_words(duration - expected)}" if duration > expected else "met"
        return f"resolved within {in_words(expected)}: {missed}"

    def cause(self) -> Iterator[str]:
        yield "## Cause"
        if self.incident.cause is None:
            yield f"No cause was found in {self.incident.diagnosis_count} looks. The last one said: {self.incident.conclusion}."
            return
        yield f"**{self._safe(self._title())}** (`{self.incident.cause}`)"
        evidence = self._evidence()
        if evidence:
            yield evidence

    def whys(self) -> Iterator[str]:
        yield "## Five whys"
        for place, (question, answer) in enumerate(self._whys(), start=1):
            yield f"### {place}. {question}"
            yield answer or _OPEN_QUESTION

    def _whys(self) -> Iterable[tuple[str, str]]:
        incident = self.incident
        broken = "\n".join(
            f"- **{self._safe(name)}**: {self._safe(text)}" for name, text in incident.signals.items()
        )
        yield "Why were users hit?", broken
        yield "Why did that fail?", self._evidence()
        yield "Why could the cause arise?", self._likely()
        took = "; ".join(f"{name.lower()} {self._safe(value)}" for name, value in durations(incident).rows())
        yield "Why did it last as long as it did?", f"What is known: {took}."
        again = (
            f"It came back {incident.reopened} times within 24 hours of its end." if incident.reopened else ""
        )
        before = f"It was seen before, as `{incident.follows}`." if incident.follows else ""
        yield "Why could it come back?", " ".join(filter(None, (again, before)))

    def timeline(self) -> Iterator[str]:
        yield "## Timeline"
        yield _table(
            ("When", "What", "What was known"),
            (
                (moment(entry.at), self._safe(entry.what), self._safe(entry.text))
                for entry in self.incident.timeline
            ),
        )

    def _bad(self) -> str:
        incident = self.incident
        if incident.share is None:
            return number(incident.bad)
        share = f"{incident.share:.1%}, worst 5 minutes {incident.peak_ratio:.1%}"
        return f"{number(incident.bad)} of {number(incident.total)} ({share})"

    def _budget(self) -> str:
        return "not known" if self.budget_spent_ratio is None else f"{self.budget_spent_ratio:.1%} of 30 days"

    def _title(self) -> str:
        titles = (
            hypothesis.title
            for hypothesis in self.playbook.hypotheses
            if hypothesis.id == self.incident.cause
        )
        return next(titles, str(self.incident.cause))

    def _evidence(self) -> str:
        cause = self.incident.cause
        findings = self.diagnosis.findings if self.diagnosis else ()
        return next(
            (self._safe(finding.evidence.summary) for finding in findings if finding.hypothesis == cause), ""
        )

    def _likely(self) -> str:
        cause = self.incident.cause
        hypotheses = self.playbook.hypotheses
        likely = next((hypothesis.likely_cause for hypothesis in hypotheses if hypothesis.id == cause), "")
        return f"The playbook names as likely: {self._safe(likely)}" if likely else ""

    def _safe(self, text: str) -> str:
        return escape_markdown(self.users.hide_in(redact(text)))


def _one_level_down(lines: Iterable[str]) -> Iterator[str]:
    """Put a report under another's heading; what is fenced is not a heading."""
    fence = ""
    for line in lines:
        ticks = line[: len(line) - len(line.lstrip("`"))]
        if not fence and len(ticks) >= 3:
            fence = ticks
        elif fence and line == fence:
            fence = ""
        yield f"#{line}" if line.startswith("#") and not fence else line


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(head)} |", "|" + " --- |" * len(head)]
    lines += [f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |" for row in rows]
    return "\n".join(lines)
