"""Show diagnoses on a terminal."""

import os
from collections.abc import Iterator, Sequence
from typing import TextIO

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from local.exports.sources import Unread
from local.output.results import safe
from local.output.terminal import VisibleConsole, plain
from shared.incidents.wording import (
    change_lines,
    grouped,
    hole_lines,
    moment,
    resource_name,
    span,
    unexplained_heading,
    unexplained_lines,
)
from shared.notices.cards.markup import plain_text
from shared.playbooks.diagnosis import Conclusion, Diagnosis, Finding, Verdict
from shared.playbooks.next_step import deciding_command
from shared.playbooks.playbook import Playbook
from shared.playbooks.survey import OtherPlaybook

_COLOURS = {
    Verdict.SUPPORTED: "bold green",
    Verdict.MINOR: "green",
    Verdict.INCONCLUSIVE: "yellow",
    Verdict.REFUTED: "dim",
    Verdict.NO_DATA: "dim italic",
    Verdict.FAILED: "red",
}


def console_for(stream: TextIO) -> Console:
    """Return a console; where the stream is not a terminal its lines are as wide as COLUMNS says, or 132 characters."""
    is_known = stream.isatty() or os.environ.get("COLUMNS", "").isdigit()
    return VisibleConsole(file=plain(stream), highlight=False, width=None if is_known else 132)


def show_diagnosis(
    console: Console,
    diagnosis: Diagnosis,
    playbook: Playbook,
    other_diagnoses: Sequence[OtherPlaybook] = (),
    unread: Sequence[Unread] = (),
    *,
    logs: str | None = None,
) -> None:
    """Print one redacted diagnosis for a person, of the folder `logs` or of a workspace."""
    console.print(
        Panel(_head(diagnosis), title=escape(diagnosis.title), title_align="left", border_style="cyan")
    )
    console.print(_ranking(diagnosis.findings))
    if diagnosis.missing:
        console.print(f"Never received by this workspace: {', '.join(diagnosis.missing)}", style="dim")
    for line in _limits(diagnosis, unread):
        console.print(Text(line, style="yellow"))
    for line in change_lines(diagnosis):
        console.print(Text(line, style="cyan" if line.startswith("Changed") else "yellow"))
    console.print()
    hypothesis = playbook.find(diagnosis.cause)
    if hypothesis:
        console.print("What to do, one change at a time", style="bold")
        for number, step in enumerate(hypothesis.steps, start=1):
            console.print(Padding(Text(f"{number}. {plain_text(step)}"), (0, 0, 0, 2)))
    console.print(Text("Next: ", style="bold") + Text(diagnosis.next_step))
    command = deciding_command(diagnosis, logs=logs)
    if command:
        console.print(Text(safe(command), style="cyan"), soft_wrap=True)
    for name, conclusion, cause in other_diagnoses:
        console.print(f"Also looked at {name}: {conclusion}{f', {cause}' if cause else ''}", style="dim")


def _limits(diagnosis: Diagnosis, unread: Sequence[Unread]) -> Iterator[str]:
    """Say what a reader must not take a diagnosis for."""
    yield from (f"Not read: {safe(file)}: {safe(why)}" for file, why in unread)
    yield from (f"Not covered: {line}." for line in hole_lines(diagnosis))
    if diagnosis.unexplained_total is None:
        yield f"{unexplained_heading(diagnosis)}."
    yield from (f"Not explained, {line}" for line in unexplained_lines(diagnosis))
    for finding in grouped(diagnosis).risks:
        yield f"A risk, though the symptom is absent: {finding.evidence.summary}"


def _head(diagnosis: Diagnosis) -> RenderableType:
    conclusion = Text(f"Conclusion: {diagnosis.conclusion}", style="bold")
    if diagnosis.conclusion is Conclusion.SUPPORTED:
        conclusion += Text(f", {diagnosis.findings[0].title}", style="bold green")
    return Group(
        Text(resource_name(diagnosis.resource)),
        Text(span(diagnosis.window)),
        Text(diagnosis.symptom.summary),
        conclusion,
    )


def _ranking(findings: Sequence[Finding]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("#", "Hypothesis", "Verdict"):
        table.add_column(column, justify="right" if column == "#" else "left", no_wrap=True)
    table.add_column("What the check found")
    for finding in findings:
        table.add_row(*_cells(finding))
    return table


def _cells(finding: Finding) -> Sequence[RenderableType]:
    evidence = finding.evidence
    summary = Text(evidence.summary)
    if evidence.verdict is Verdict.SUPPORTED:
        summary += Text(f" {finding.kind.capitalize()}, strength {evidence.strength:.2f}.", style="dim")
    if evidence.onset:
        summary += Text(f" Since {moment(evidence.onset)}.", style="dim")
    if finding.consequence_of:
        summary += Text(f" A consequence of {finding.consequence_of}.", style="yellow")
    verdict = Text(str(evidence.verdict), style=_COLOURS[evidence.verdict])
    return str(finding.rank), finding.hypothesis, verdict, summary
