"""Say what changed before a symptom and what Microsoft had declared, or that neither could be seen."""

from collections.abc import Mapping, Sequence

from shared.context.change import RecentChanges
from shared.context.history.words import top_sentence
from shared.context.live import Gap
from shared.context.ports import Absence
from shared.incidents.incident import Declared, Incident
from shared.incidents.wording import less_likely
from shared.notices.cards.actions import LINK
from shared.notices.cards.elements import Element, heading, safe_text, text_block
from shared.playbooks.diagnosis import Diagnosis, Finding, Verdict

_LOG = "AzureActivity"  # where both are read
_CHANGED = "resource-changed"
_DECLARED = "platform-incident"
_QUESTIONS = {_CHANGED: "Changes of the resource", _DECLARED: "Declared incidents"}
_COUNTS = {_CHANGED: "Changes", _DECLARED: "Declared"}
_QUIET = {_CHANGED: "no change of the resource", _DECLARED: "no declared incident"}
_QUIET_SPAN = "in the window and the 24 hours before"
_OPEN = {Verdict.INCONCLUSIVE: "not settled: ", Verdict.REFUTED: "not seen as the cause: "}

_MOST_DECLARED = 2  # lines on a card


def declared_lines(incident: Incident) -> list[Element]:
    """Draw the newest of what Microsoft declared that joined an incident, a line each with the link to its page."""
    return [
        text_block(_declared_line(declared), spacing="Small")
        for declared in incident.declared[-_MOST_DECLARED:]
    ]


def _declared_line(declared: Declared) -> str:
    what = "Declared by Microsoft" if declared.is_own else "Declared by Microsoft for a dependency"
    # Our own link: what it holds of the event are the letters, digits, hyphens and underscores of its tracking id.
    link = f" [Service Health]({declared.link})" if LINK.fullmatch(declared.link) else ""
    return f"**{what}**: {safe_text(declared.name, 200)}: {safe_text(declared.title, 200)}{link}"


def is_context(finding: Finding) -> bool:
    """Tell whether a finding is about what went on around the symptom."""
    return finding.hypothesis in _QUESTIONS


def changes(diagnosis: Diagnosis, limit_bytes: int) -> list[Element]:
    """Draw the section of a diagnosis; what is itself the cause is not said twice."""
    by_id = {finding.hypothesis: finding for finding in diagnosis.findings if is_context(finding)}
    findings = [by_id[hypothesis] for hypothesis in _QUESTIONS if hypothesis in by_id]
    recent = diagnosis.changes
    if recent is not None:  # one reading of changes is said once
        findings = [finding for finding in findings if finding.hypothesis != _CHANGED]
    blind = [finding for finding in findings if _is_blind(finding, diagnosis)]
    quiet = [finding for finding in findings if _is_quiet(finding) and finding not in blind]
    telling = [finding for finding in findings if finding not in [*blind, *quiet]]
    lines = _recent(diagnosis, recent, limit_bytes) if recent is not None else []
    lines += [_line(finding, limit_bytes) for finding in telling if finding.hypothesis != diagnosis.cause]
    lines += _sentence(_QUIET, quiet, f"{{}} {_QUIET_SPAN}.", " and ")
    lines += _sentence(_QUESTIONS, blind, "Not examined, for want of an Activity Log: {}.", ", ")
    examined = {*by_id, *([_CHANGED] if recent is not None else [])}
    missing = [question.lower() for hypothesis, question in _QUESTIONS.items() if hypothesis not in examined]
    lines += [f"Not examined by this playbook: {', '.join(missing)}."] if missing else []
    blocks = [text_block(line, spacing="Small") for line in lines]
    return [heading("What changed, and what Microsoft declared"), *blocks] if blocks else []


def _recent(diagnosis: Diagnosis, recent: RecentChanges, limit_bytes: int) -> list[str]:
    """Say the change to ask about first, or that none was seen, and what could not be read; two lines at most."""
    lines = []
    top = next(iter(recent.pointed_out(diagnosis.cause)), None)
    if top is not None:
        titles = {finding.hypothesis: finding.title for finding in diagnosis.findings}
        sentence = top_sentence(top, recent, diagnosis.cause, titles)
        lines.append(f"**Changed before** (a correlation): {safe_text(sentence, max(limit_bytes, 300))}")
    elif not recent.bears_nothing:
        lines.append(less_likely(len(recent.changes) + recent.left_out))
    elif not _gaps(recent):
        none = "No change that bears on this symptom" if recent.changes else "No change of the resource"
        lines.append(f"{none} {_QUIET_SPAN}.")
    if _gaps(recent):
        gaps = "; ".join(gap.sentence for gap in _gaps(recent))
        lines.append(f"**Changes** not read in full: {safe_text(gaps, limit_bytes)}.")
    return lines


def _gaps(recent: RecentChanges) -> list[Gap]:
    """Return what a reader can mend; that nothing was connected is the choice of whoever asked."""
    return [gap for gap in recent.gaps if gap.absence is not Absence.NOT_CONNECTED]


def _is_blind(finding: Finding, diagnosis: Diagnosis) -> bool:
    """Tell whether nothing could be seen: a log that never came does not prove that nothing happened."""
    return _LOG in diagnosis.missing and finding.evidence.verdict in {Verdict.NO_DATA, Verdict.FAILED}


def _is_quiet(finding: Finding) -> bool:
    """Tell whether nothing was recorded at all, rather than something at another time or place."""
    none_at_all = finding.evidence.numbers.get(_COUNTS[finding.hypothesis]) == 0
    return finding.evidence.verdict is Verdict.REFUTED and none_at_all


def _sentence(names: Mapping[str, str], findings: Sequence[Finding], form: str, joint: str) -> list[str]:
    """Say the same of several findings, in their order; nothing where there are none."""
    sentence = form.format(joint.join(names[finding.hypothesis] for finding in findings).lower())
    return [sentence[0].upper() + sentence[1:]] if findings else []


def _line(finding: Finding, limit_bytes: int) -> str:
    name, verdict = _QUESTIONS[finding.hypothesis], finding.evidence.verdict
    summary = finding.evidence.summary.removeprefix("Not examined: ") or "the check said nothing"
    if verdict in {Verdict.NO_DATA, Verdict.FAILED}:
        return f"**{name}** not examined: {safe_text(summary, limit_bytes)}"
    return f"**{name}:** {_OPEN.get(verdict, '')}{safe_text(summary, limit_bytes)}"
