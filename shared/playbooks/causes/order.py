"""Hold supported hypotheses to two rules: a cause comes before its effect, and explains what no better one does."""

from dataclasses import replace
from datetime import timedelta

from shared.playbooks.diagnosis import Diagnosis, Finding, Verdict
from shared.playbooks.rank import DIRECT, FOLLOWS_WITHIN, is_benign, rank
from shared.playbooks.weigh import ENOUGH

_BUCKET = timedelta(minutes=5)  # moments within one cannot be put in order
# What explains most of the bad events is their cause, even if others were there before it.
_MOST = 0.5


def settled(diagnosis: Diagnosis) -> Diagnosis:
    """Return a diagnosis, consequences marked, in which what is no cause is minor or a consequence; ranked again."""
    timely = replace(
        diagnosis, findings=tuple(_in_time(finding, diagnosis) for finding in diagnosis.findings)
    )
    ranked = rank(timely.findings, timely.symptom.verdict)
    cause = next((finding for finding in ranked if _may_be_cause(finding, timely)), None)
    if cause is None:
        return replace(timely, findings=ranked)
    beside = (finding if finding is cause else _beside(finding, cause, timely) for finding in ranked)
    return replace(timely, findings=rank(beside, timely.symptom.verdict))


def _may_be_cause(finding: Finding, diagnosis: Diagnosis) -> bool:
    return finding.evidence.verdict is Verdict.SUPPORTED and not is_benign(finding, diagnosis.symptom.verdict)


def _in_time(finding: Finding, diagnosis: Diagnosis) -> Finding:
    """Make a hypothesis minor that began after the symptom and does not explain most of it."""
    since, onset = diagnosis.symptom.onset, finding.evidence.onset
    if not _may_be_cause(finding, diagnosis) or finding.kind not in DIRECT or since is None or onset is None:
        return finding
    is_late = onset - since > _BUCKET and finding.evidence.strength < _MOST
    if not is_late or diagnosis.symptom.verdict is not Verdict.SUPPORTED:
        return finding
    minutes = round((onset - since) / timedelta(minutes=1))
    return _minor(finding, f"It began {minutes} minutes after the symptom, so it is not what began it.")


def _beside(finding: Finding, cause: Finding, diagnosis: Diagnosis) -> Finding:
    """Mark what is supported beside the cause and explains no bad events that the cause does not."""
    if not _may_be_cause(finding, diagnosis) or finding.consequence_of is not None:
        return finding
    if cause.consequence_of is not None or not _explains_all(cause):
        return finding
    if finding.kind not in DIRECT:
        return _minor(finding, f"{cause.title}: that explains the bad events, and this may have set it off.")
    if _follows(finding, cause):
        return replace(finding, consequence_of=cause.hypothesis)
    return _minor(finding, f"{cause.title}: that explains the bad events without it.")


def _explains_all(cause: Finding) -> bool:
    """Tell whether the cause leaves too few bad events for another one."""
    bad, hits = (cause.evidence.numbers.get(name) for name in ("Bad", "Hits"))
    if cause.kind not in DIRECT or not isinstance(bad, int | float) or not isinstance(hits, int | float):
        return False
    return bad - hits < ENOUGH


def _follows(finding: Finding, cause: Finding) -> bool:
    later, earlier = finding.evidence.onset, cause.evidence.onset
    return later is not None and earlier is not None and timedelta(0) <= later - earlier <= FOLLOWS_WITHIN


def _minor(finding: Finding, sentence: str) -> Finding:
    evidence = finding.evidence
    summary = f"{evidence.summary} {sentence}"
    return replace(finding, evidence=replace(evidence, verdict=Verdict.MINOR, summary=summary))
