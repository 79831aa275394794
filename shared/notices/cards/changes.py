"""Say what changed before a symptom and what Microsoft had declared, or that neither could be seen."""

from collections.abc import Mapping, Sequence

from shared.notices.cards.elements import Element, heading, said, text_block
from shared.playbooks.diagnosis import Diagnosis, Finding, Verdict

_LOG = "AzureActivity"  # where both are read
_CHANGED = "resource-changed"
_DECLARED = "platform-incident"
_ASKED = {_CHANGED: "Changes of the resource", _DECLARED: "Declared incidents"}
_COUNTS = {_CHANGED: "Changes", _DECLARED: "Declared"}
_QUIET = {_CHANGED: "no change of the resource", _DECLARED: "no declared incident"}
_QUIET_SPAN = "in the window and the 24 hours before"
_OPEN = {Verdict.INCONCLUSIVE: "not settled: ", Verdict.REFUTED: "not seen as the cause: "}


def is_context(found: Finding) -> bool:
    """Tell whether a finding is about what went on around the symptom."""
    return found.hypothesis in _ASKED


def changes(diagnosis: Diagnosis, limit: int) -> list[Element]:
    """Draw the section of a diagnosis; what is itself the cause is not said twice."""
    found = {one.hypothesis: one for one in diagnosis.findings if is_context(one)}
    blind = [one for one in found.values() if _is_blind(one, diagnosis)]
    quiet = [one for one in found.values() if _is_quiet(one) and one not in blind]
    spoken = [found[one] for one in _ASKED if one in found and found[one] not in [*blind, *quiet]]
    lines = [_line(one, limit) for one in spoken if one.hypothesis != diagnosis.cause]
    lines += _sentence(_QUIET, quiet, f"{{}} {_QUIET_SPAN}.", " and ")
    lines += _sentence(_ASKED, blind, "Not examined, for want of an Activity Log: {}.", ", ")
    unasked = [name.lower() for one, name in _ASKED.items() if one not in found]
    lines += [f"Not examined by this playbook: {', '.join(unasked)}."] if unasked else []
    drawn = [text_block(line, spacing="Small") for line in lines]
    return [heading("What changed, and what Microsoft declared"), *drawn] if drawn else []


def _is_blind(found: Finding, diagnosis: Diagnosis) -> bool:
    """Tell whether nothing could be seen: a log that never came does not prove that nothing happened."""
    return _LOG in diagnosis.missing and found.evidence.verdict is not Verdict.SUPPORTED


def _is_quiet(found: Finding) -> bool:
    """Tell whether nothing was recorded at all, rather than something at another time or place."""
    none_at_all = found.evidence.numbers.get(_COUNTS[found.hypothesis]) == 0
    return found.evidence.verdict is Verdict.REFUTED and none_at_all


def _sentence(names: Mapping[str, str], found: Sequence[Finding], form: str, joint: str) -> list[str]:
    known = [names[one] for one in names if one in {each.hypothesis for each in found}]
    sentence = form.format(joint.join(known).lower())
    return [sentence[0].upper() + sentence[1:]] if known else []


def _line(found: Finding, limit: int) -> str:
    name, verdict = _ASKED[found.hypothesis], found.evidence.verdict
    summary = found.evidence.summary.removeprefix("Not examined: ") or "the check said nothing"
    if verdict in {Verdict.NO_DATA, Verdict.FAILED}:
        return f"**{name}** not examined: {said(summary, limit)}"
    return f"**{name}:** {_OPEN.get(verdict, '')}{said(summary, limit)}"
