"""Draw the page of an incident: how bad, why, what to do, what happened, and every number of it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from shared.incidents.incident import Ending, EntryKind, Incident, State
from shared.incidents.recent.words import headline_of, percent
from shared.incidents.report.durations import in_words
from shared.incidents.wording import number, resource_name
from shared.notices.answers.fill import article
from shared.notices.answers.history import IncidentHistory
from shared.notices.answers.pages import HtmlPage, entry_text, html_page, in_reading
from shared.notices.answers.steps import StepText
from shared.notices.cards.links import Links
from shared.notices.cards.telling.plain import in_plain_words
from shared.notices.charts.chart import draw_chart
from shared.notices.charts.marks import ChartLane, Sign
from shared.notices.charts.series import Bar, Panel
from shared.notices.charts.signs import glyph
from shared.playbooks.diagnosis import Diagnosis, Finding, Verdict
from shared.playbooks.playbook import Playbook
from shared.redaction import UserIds, redact

_MOST_LINES = 24  # of what happened
_NOW = timedelta(
    minutes=30
)  # so long the share of the last 5 minutes with events, or of a longer bar, is one of now
_SIGNS = {EntryKind.LOOK: Sign.LOOK, EntryKind.NOTICE: Sign.NOTICE, EntryKind.PERSON: Sign.PERSON}
_FOUND = {
    Verdict.SUPPORTED: ("is-bad", "■ Fits too"),
    Verdict.MINOR: ("is-doubt", "◐ There, not the cause"),
    Verdict.INCONCLUSIVE: ("is-doubt", "? Not decided"),
    Verdict.REFUTED: ("", "✕ Ruled out"),
    Verdict.NO_DATA: ("", "No data"),
    Verdict.FAILED: ("is-doubt", "! Failed"),
}
_UNKNOWN = {Verdict.NO_DATA, Verdict.FAILED}

Row = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Story:
    """What the page of an incident is drawn from; `report` is Markdown of ours, `title` the symptom in words."""

    incident: Incident
    title: str
    history: IncidentHistory
    report: str  # empty where there is none
    now: datetime
    playbook: Playbook | None = None
    diagnosis: Diagnosis | None = None
    links: Links | None = None  # None for somebody who may only look
    users: UserIds = field(default_factory=UserIds)

    def page(self) -> HtmlPage:
        """Draw the page."""
        incident, chart = self.incident, self.history.chart
        next_look = incident.next_diagnosis_at
        findings = list(self.diagnosis.findings) if self.diagnosis else []
        happened = sorted(self._happened(), key=lambda line: line[0], reverse=True)
        values = {
            "place": resource_name(incident.resource).partition(" (")[0],
            "as_of": f"{self.now.astimezone(UTC):%H:%M} UTC",
            "next_look": _clock(next_look) if next_look and next_look > self.now else "",
            "incident_id": incident.id,
            "board": self.links.board if self.links and self.links.board else "",
            "severity": incident.severity,
            "tags": list(self._tags()),
            "heading": self._hidden(self._heading()),
            "resource": self._hidden(resource_name(incident.resource)),
            "stats": list(self._stats()),
            "buttons": list(self._buttons()),
            "cause": self._hidden(self._cause()),
            "steps": [StepText.of(step, incident.resource) for step in self._steps()],
            "chart_title": f"{self._bad_events()}, by signal",
            "chart_note": f"Share and number for each {in_words(chart.span.step)}, UTC.",
            "drawings": draw_chart(chart),
            "happened": [self._line(*line) for line in happened[:_MOST_LINES]],
            "earlier": max(0, len(happened) - _MOST_LINES),
            "found": [self._finding(one) for one in findings if one.evidence.verdict not in _UNKNOWN],
            "found_summary": self._found_summary(findings),
            "unknown": [self._finding(one) for one in findings if one.evidence.verdict in _UNKNOWN],
            "columns": [panel.name for panel in chart.panels],
            "rows": list(self._rows()),
            "report": article(self.report) if self.report else "",
        }
        return html_page(200, "details.html", f"{self._heading()} · {values['place']}", values)

    def _heading(self) -> str:
        """Say what users notice, with the share of now while it lasts, else with that of the whole time."""
        incident, worst = self.incident, self.history.worst
        if self.playbook is None:
            return self.title
        broken = (
            [bar for bar in worst.bars if incident.onset <= bar.start < incident.last_bad] if worst else []
        )
        latest = self._ended(worst.bars if worst else ())[-1:]
        if not any(bar.bad for bar in latest):
            latest = self._ended(broken)[-1:]
        bars = broken if self._is_past() else latest or broken
        total = sum(bar.total for bar in bars) if worst and worst.goal is not None else 0
        share = sum(bar.bad for bar in bars) / total if total > 0 else None
        return headline_of(self.playbook.headline, share, past=self._is_past())

    def _ended(self, bars: Sequence[Bar]) -> list[Bar]:
        """Return the bars whose time is over, though rows may still arrive: the last one is now."""
        step = self.history.chart.span.step
        return [bar for bar in bars if bar.total > 0 and bar.start + step <= self.now]

    def _is_past(self) -> bool:
        return not self.incident.is_open or self.incident.state is State.VALIDATING

    def _tags(self) -> Iterator[tuple[str, str]]:
        incident, recovery = self.incident, self.history.recovery
        if incident.state is State.VALIDATING and recovery is not None:
            yield "is-good", f"◉ Recovering: {min(recovery.good, recovery.needed)} of {recovery.needed} good"
        elif incident.is_open:
            yield "is-bad", f"■ {str(incident.state).capitalize()}"
        else:
            is_unsure = incident.ending is Ending.UNCONFIRMED
            yield (
                ("is-doubt", "? Closed, unconfirmed")
                if is_unsure
                else ("is-good", f"✓ Resolved: {incident.ending}")
            )
        if incident.acknowledgement is not None:
            yield "is-people", redact(f"✓ {incident.acknowledgement.by} has it")
        elif incident.is_open:
            yield "is-doubt", "nobody has it"
        if incident.silence is not None and incident.silence.until > self.now:
            yield "is-doubt", f"silenced until {incident.silence.until.astimezone(UTC):%H:%M}"

    def _stats(self) -> Iterator[tuple[str, str, str]]:
        incident, worst = self.incident, self.history.worst
        ended = self._ended(worst.bars) if worst else []
        is_fresh = incident.is_open and bool(ended) and self.now - ended[-1].start <= _NOW
        if worst is not None and worst.goal is not None and is_fresh:
            bad = self.playbook.headline.bad.capitalize() if self.playbook else "Bad"
            yield f"{bad} now", percent(ended[-1].share), f"goal: {100 * worst.goal:g} % or less"
        peak = worst.peak if worst else None
        if worst is not None and worst.goal is not None and peak is not None:
            until = peak.start + self.history.chart.span.step
            yield "At the worst", percent(peak.share), f"{_clock(peak.start)} to {_clock(until)}"
        if incident.users is not None:
            yield "Users hit", number(incident.users), "as the last look counted them"
        if self._is_past():
            lasted = max(incident.last_bad - incident.onset, timedelta(0))
            yield "Lasted", in_words(lasted), f"{_clock(incident.onset)} to {_clock(incident.last_bad)} UTC"
        else:
            lasts = max(self.now - incident.onset, timedelta(0))
            yield "Lasts", in_words(lasts), f"since {_clock(incident.onset)} UTC"

    def _bad_events(self) -> str:
        headline = self.playbook.headline if self.playbook else None
        return f"{headline.bad} {headline.events}".capitalize() if headline else "Bad events"

    def _buttons(self) -> Iterator[tuple[str, str, str]]:
        links = self.links or Links()
        is_free = self.incident.acknowledgement is None
        if links.acknowledge and is_free:
            yield "first", "Acknowledge", links.acknowledge
        answers = (
            ("Take over", links.take_over),
            ("Give back", links.give_back),
            ("End silence", links.end_silence),
            ("Silence", None if links.end_silence else links.silence),
            ("Open again", links.reopen),
        )
        yield from (("", title, address) for title, address in answers if address)
        if links.playbook_page:
            yield "", "Playbook", links.playbook_page
        if links.resolve:
            yield "ends", "Resolve…", links.resolve

    def _cause(self) -> str:
        incident, diagnosis = self.incident, self.diagnosis
        if incident.cause is None:
            next_step = f" {diagnosis.next_step}" if diagnosis and diagnosis.next_step else ""
            return f"{'Not yet known.' if incident.is_open else 'Not found.'}{next_step}"
        if diagnosis is None or diagnosis.cause != incident.cause:
            return incident.cause
        finding = diagnosis.finding(incident.cause)
        return f"{finding.title}. {in_plain_words(finding.evidence.summary)}"

    def _steps(self) -> Sequence[str]:
        hypotheses = self.playbook.hypotheses if self.playbook else ()
        return next((each.steps for each in hypotheses if each.id == self.incident.cause), ())

    def _happened(self) -> Iterator[tuple[datetime, Sign, str, str]]:
        incident = self.incident
        yield incident.onset, Sign.ONSET, "first bad minutes", ""
        for entry in incident.timeline:
            is_wrong = entry.kind is EntryKind.LOOK and entry.at == incident.retracted_cause_at
            sign = Sign.WRONG_LOOK if is_wrong else _SIGNS.get(entry.kind, Sign.OTHER)
            text = entry_text(entry, self.users)
            text = text if entry.kind is EntryKind.PERSON else self._titled(text)
            text = in_plain_words(text) if entry.kind is EntryKind.LOOK else text
            yield (
                entry.at,
                sign,
                self._hidden(in_reading(entry.what)),
                f"{text} (wrong)" if is_wrong else text,
            )
        for mark in self.history.chart.marks:
            if mark.lane in {ChartLane.CHANGES, ChartLane.MICROSOFT}:
                declared = "declared by Microsoft" if mark.lane is ChartLane.MICROSOFT else ""
                yield mark.at, mark.sign, mark.label, declared

    def _titled(self, text: str) -> str:
        """Return a text with the titles of causes in the place of their ids."""
        for each in self.playbook.hypotheses if self.playbook else ():
            text = re.sub(rf"(?<![\w-]){re.escape(each.id)}(?![\w-])", lambda _: each.title, text)  # noqa: B023
        return text

    def _line(self, at: datetime, sign: Sign, what: str, text: str) -> tuple[object, str, str, str, str]:
        moment = at.astimezone(UTC)
        return glyph(sign), f"{moment:%Y-%m-%dT%H:%MZ}", f"{moment:%H:%M}", what, text

    def _finding(self, finding: Finding) -> Row:
        kind, word = _FOUND[finding.evidence.verdict]
        if finding.hypothesis == self.incident.cause:
            kind, word = "is-bad", "■ Cause"
        elif finding.consequence_of:
            kind, word = "", "◌ Follows from it"
        return kind, word, self._hidden(finding.title), self._hidden(in_plain_words(finding.evidence.summary))

    def _found_summary(self, findings: Sequence[Finding]) -> str:
        looked = [each for each in findings if each.evidence.verdict not in _UNKNOWN]
        out = sum(each.evidence.verdict is Verdict.REFUTED for each in looked)
        return f"{len(looked)} causes looked at, {out} ruled out"

    def _rows(self) -> Iterator[tuple[str, list[tuple[bool, str]]]]:
        span, panels = self.history.chart.span, self.history.chart.panels
        bars: list[Mapping[datetime, object]] = [{bar.start: bar for bar in panel.bars} for panel in panels]
        for place in range(span.steps):
            start = span.since + place * span.step
            if any(start in known for known in bars):
                yield f"{start.astimezone(UTC):%d %b %H:%M}", [_cell(panel, start) for panel in panels]

    def _hidden(self, text: str) -> str:
        return self.users.hide_in(redact(text))


def _cell(panel: Panel, start: datetime) -> tuple[bool, str]:
    bar = next((bar for bar in panel.bars if bar.start == start), None)
    if bar is None:
        return False, "none"
    if panel.goal is None:
        return bar.is_over, f"{bar.bad:,.0f}"
    return bar.is_over, f"{bar.bad:,.0f} of {bar.total:,.0f}"


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%H:%M}"
