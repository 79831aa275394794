"""Write the report of a diagnosis as Markdown: all that was found, all that was not, and every query."""

import re
from collections.abc import Iterable, Iterator, Sequence

from shared.context.history.words import bearing, distance, target_name, what_changed
from shared.incidents.report.queries import appendix
from shared.incidents.wording import (
    LOADS,
    conclusion,
    diagnosis_headline,
    evidence_line,
    follows_from,
    grouped,
    load_of,
    moment,
    number,
    resource_name,
    span,
    unexplained_heading,
    unexplained_lines,
)
from shared.playbooks.diagnosis import Conclusion, Diagnosis, Evidence, Finding
from shared.playbooks.next_step import deciding_command
from shared.playbooks.playbook import Playbook
from shared.playbooks.redact import redact_diagnosis
from shared.queries.scope import resource_type
from shared.redaction import UserIds, escape_markdown, redact
from shared.signals.signal import WEB_PUBSUB

MOST_BYTES = 36_000  # of a report with its queries; the report of an incident adds its own part

_MEANING = {
    Conclusion.SUPPORTED: "Supported: at least one cause has the evidence that its check asks for.",
    Conclusion.NOTHING_FOUND: "Nothing found: events are ample, and no cause that this playbook knows explains them.",
    Conclusion.INCONCLUSIVE: "Inconclusive: the evidence is thin or contradictory.",
    Conclusion.NO_DATA: 'No data: the tables that would tell are empty or were never received. This is not "healthy".',
    Conclusion.FAILED: 'Failed: no check could run. This is not "healthy".',
}


def write_report(
    diagnosis: Diagnosis,
    playbook: Playbook,
    *,
    severity: int | None = None,
    other_diagnoses: Sequence[Diagnosis] = (),
    users: UserIds | None = None,
    unread: Sequence[tuple[str, str]] = (),
) -> str:
    """Write the report of a diagnosis; `other_diagnoses` are those of other symptoms of the same resource.

    `unread` names the files of its input that were not read, and why.
    """
    diagnosis = redact_diagnosis(diagnosis, users)
    parts = [
        *_head(diagnosis, severity),
        *_cause(diagnosis),
        *_load(diagnosis),
        *_ranking(diagnosis),
        *_changes(diagnosis),
        *_finding_list("Also there, and too small to be the cause", grouped(diagnosis).minor),
        *_finding_list("Risks: at work, and no symptom yet", grouped(diagnosis).risks),
        *_unexplained(diagnosis),
        *_finding_list("What was ruled out, and why", grouped(diagnosis).ruled_out),
        *_finding_list("Not examined", grouped(diagnosis).unexamined),
        *_missing(diagnosis),
        *_unread(unread),
        *_coverage(diagnosis),
        *_other_symptoms([redact_diagnosis(other, users) for other in other_diagnoses]),
        *_mitigation(diagnosis, playbook),
        *_limits(diagnosis, playbook),
    ]
    room_bytes = MOST_BYTES - len("\n\n".join(parts).encode())
    return "\n\n".join([*parts, *appendix(diagnosis, room_bytes)]) + "\n"


def _head(diagnosis: Diagnosis, severity: int | None) -> Iterator[str]:
    yield f"# {escape_markdown(diagnosis_headline(diagnosis, severity))}"
    if diagnosis.symptom.summary:
        yield escape_markdown(diagnosis.symptom.summary)
    yield "\n".join(
        (
            f"- Resource: {escape_markdown(resource_name(diagnosis.resource))}",
            f"- Resource id: {_code(diagnosis.resource)}",
            f"- Window: {span(diagnosis.window)}",
            f"- Playbook: {_code(diagnosis.playbook)}",
        )
    )
    yield f"**{_MEANING[diagnosis.conclusion]}**"
    yield f"Look next: {escape_markdown(diagnosis.next_step)}"
    command = deciding_command(diagnosis)
    if command:
        yield f"```sh\n{command}\n```"


def _cause(diagnosis: Diagnosis) -> Iterator[str]:
    cause = grouped(diagnosis).cause
    if cause is None:
        return
    yield f"## {escape_markdown(conclusion(diagnosis))}"
    yield escape_markdown(cause.evidence.summary)
    yield f"{evidence_line(cause)}."
    yield from _numbers(cause.evidence)


def _numbers(evidence: Evidence) -> Iterator[str]:
    if evidence.numbers:
        yield _table(("Number", "Value"), ((name, number(value)) for name, value in evidence.numbers.items()))


def _load(diagnosis: Diagnosis) -> Iterator[str]:
    """Tell what the resource had to bear; only Web PubSub has metrics of it."""
    if resource_type(diagnosis.resource) != WEB_PUBSUB:
        return
    loads = dict(load_of(diagnosis))
    yield "## Load of the resource, by its metrics"
    rows = ((name, loads.get(name, "not known")) for name in LOADS)
    yield _table(("Number", "In this window"), rows) if loads else "Not known: no metric told it."


def _ranking(diagnosis: Diagnosis) -> Iterator[str]:
    yield "## Hypotheses, best first"
    rows = (
        (
            str(finding.rank or place),
            finding.title,
            _verdict(finding, diagnosis),
            f"{finding.kind}, {finding.evidence.strength:.2f}",
            moment(finding.evidence.onset) if finding.evidence.onset else "",
            finding.evidence.summary,
        )
        for place, finding in enumerate(diagnosis.findings, start=1)
    )
    yield _table(
        ("Rank", "Hypothesis", "Verdict", "Evidence, strength", "Since", "What the check found"), rows
    )


def _verdict(finding: Finding, diagnosis: Diagnosis) -> str:
    origin = follows_from(finding, diagnosis)
    return (
        f"{finding.evidence.verdict}, a consequence of: {origin}" if origin else str(finding.evidence.verdict)
    )


def _changes(diagnosis: Diagnosis) -> Iterator[str]:
    """List what changed before the symptom: a correlation, and never a cause by itself."""
    recent = diagnosis.changes
    if recent is None:
        return
    yield "## What changed before"
    titles = {finding.hypothesis: finding.title for finding in diagnosis.findings}
    if recent.changes:
        yield "That a change came before is a correlation; the ranking above says what was found. The most relevant first."
        rows = (
            (
                f"{moment(change.at)}, {distance(change, recent)}",
                f"{what_changed(change, 5)} on {target_name(change)}",
                " from ".join(filter(None, (change.who, change.address))) or "not said",
                bearing(change, diagnosis.cause, titles) or "near in time",
                ", ".join(change.sources),
            )
            for change in recent.changes
        )
        yield _table(("When", "What", "Who", "What it has to do with it", "Read in"), rows)
    elif not recent.gaps:
        yield "Nothing in the window and the 24 hours before."
    if recent.left_out:
        yield f"{recent.left_out} less relevant changes are not listed."
    if recent.gaps:
        yield "\n".join(f"- Not read in full: {escape_markdown(gap.sentence)}." for gap in recent.gaps)


def _finding_list(heading: str, findings: Iterable[Finding]) -> Iterator[str]:
    lines = [
        f"- **{escape_markdown(finding.title)}**: {escape_markdown(finding.evidence.summary)}"
        for finding in findings
    ]
    if lines:
        yield f"## {heading}"
        yield "\n".join(lines)


def _missing(diagnosis: Diagnosis) -> Iterator[str]:
    if diagnosis.missing:
        yield f"The workspace never received these tables: {', '.join(map(_code, diagnosis.missing))}."


def _unread(files: Sequence[tuple[str, str]]) -> Iterator[str]:
    if files:
        yield "## Input that was not read"
        yield "\n".join(f"- {_code(file)}: {escape_markdown(why)}" for file, why in files)


def _unexplained(diagnosis: Diagnosis) -> Iterator[str]:
    """Name the bad events that no hypothesis explains."""
    words, lines = unexplained_heading(diagnosis), unexplained_lines(diagnosis)
    if words:
        yield "## What no hypothesis explains"
        yield f"{words}{', most often:' if lines else '.'}"
    if lines:
        yield "\n".join(f"- {escape_markdown(line)}" for line in lines)


def _coverage(diagnosis: Diagnosis) -> Iterator[str]:
    """Tell which rows the diagnosis rests on, from when to when."""
    if diagnosis.coverage:
        yield "## The rows it rests on"
        rows = (
            (
                coverage.table,
                number(coverage.rows),
                moment(coverage.first) if coverage.first else "",
                moment(coverage.last) if coverage.last else "",
                coverage.note
                or ("" if coverage.oldest else "none of this resource, the day before included"),
            )
            for coverage in diagnosis.coverage
        )
        yield _table(("Table", "Rows", "First", "Last", "What is missing"), rows)


def _other_symptoms(diagnoses: Sequence[Diagnosis]) -> Iterator[str]:
    if diagnoses:
        yield "## Other symptoms of this resource"
        rows = (
            (other.title, str(other.conclusion), other.cause or "none", other.symptom.summary)
            for other in diagnoses
        )
        yield _table(("Symptom", "Conclusion", "Cause", "What was seen"), rows)


def _mitigation(diagnosis: Diagnosis, playbook: Playbook) -> Iterator[str]:
    cause = playbook.find(diagnosis.cause)
    if cause is None:
        return
    yield "## What to do, one change at a time"
    yield "\n".join(f"{place}. {_indented(redact(step))}" for place, step in enumerate(cause.steps, start=1))


def _indented(step: str) -> str:
    return re.sub(r"\n(?=[^\n])", "\n   ", step.strip())


def _limits(diagnosis: Diagnosis, playbook: Playbook) -> Iterator[str]:
    yield "## What the checks cannot see"
    known = ((finding.title, playbook.find(finding.hypothesis)) for finding in diagnosis.findings)
    yield "\n".join(
        f"- **{escape_markdown(title)}**: {_one_line(hypothesis.limits)}"
        for title, hypothesis in known
        if hypothesis is not None
    )


def _one_line(markdown: str) -> str:
    return " ".join(redact(markdown).split())


def _code(text: str) -> str:
    return f"`{' '.join(text.replace('`', '').split())}`"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [_row(head), "|" + " --- |" * len(head)]
    lines += [_row([escape_markdown(cell).replace("|", "&#124;") for cell in row]) for row in rows]
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
