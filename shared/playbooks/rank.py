"""Put hypotheses in order: the same evidence always gives the same ranking."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from shared.playbooks.diagnosis import Diagnosis, EvidenceKind, Finding, Verdict

FOLLOWS_WITHIN = timedelta(minutes=15)  # an effect starts at most so long after its cause

# The column by which a check says that its hypothesis does not explain the symptom's bad events.
BENIGN = "Benign"
# The column by which a check says that its hypothesis is at work though the symptom is absent: a latent fault.
RISK = "Risk"
DIRECT = (EvidenceKind.MEASURED, EvidenceKind.OBSERVED)
_STEP = 0.2  # strengths within one step are equal, so that the kind of evidence decides

Pairs = Mapping[str, tuple[str, ...]]  # effect -> causes, ids as `playbook/hypothesis`


def rank(findings: Iterable[Finding], symptom: Verdict = Verdict.INCONCLUSIVE) -> tuple[Finding, ...]:
    """Order findings and number them: supported first, consequences after causes, then by directness and strength.

    A benign finding goes behind the others of its verdict.
    """
    ordered = sorted(findings, key=lambda finding: _place(finding, symptom))
    return tuple(replace(finding, rank=number) for number, finding in enumerate(ordered, start=1))


def strength_key(finding: Finding) -> tuple[int, int, int, float, str]:
    """Return the sort key of supported findings, best first."""
    evidence = finding.evidence
    return (
        0 if finding.kind in DIRECT else 1,
        -math.floor(evidence.strength / _STEP + 1e-9),
        list(EvidenceKind).index(finding.kind),
        -evidence.strength,
        finding.hypothesis,
    )


def is_benign(finding: Finding, symptom: Verdict) -> bool:
    """Tell whether a finding is normal operation, by its check, and a symptom is there that it does not explain."""
    return symptom is Verdict.SUPPORTED and finding.evidence.numbers.get(BENIGN) is True


def is_risk(finding: Finding) -> bool:
    """Tell whether a hypothesis is at work, by its check, and causes no symptom yet."""
    at_work = finding.evidence.numbers.get(RISK) is True
    return at_work and finding.evidence.verdict not in (Verdict.SUPPORTED, Verdict.MINOR)


def mark_consequences(diagnoses: Sequence[Diagnosis], pairs: Pairs) -> tuple[Diagnosis, ...]:
    """Mark the consequences within and across the diagnoses of one resource, and rank again.

    An effect is a consequence when effect and cause are supported and the cause's onset is earlier by at most 15 minutes.
    """
    supported = {
        f"{diagnosis.playbook}/{finding.hypothesis}": finding
        for diagnosis in diagnoses
        for finding in diagnosis.findings
        if finding.evidence.verdict is Verdict.SUPPORTED
    }
    causes = _causes(supported, pairs)
    return tuple(_with_consequences(diagnosis, causes) for diagnosis in diagnoses)


def _causes(supported: Mapping[str, Finding], pairs: Pairs) -> Mapping[str, str]:
    cause_by_effect: dict[str, str] = {}
    for effect in sorted(supported):
        for cause in pairs.get(effect, ()):
            if (
                cause in supported
                and _follows(supported[effect], supported[cause])
                and cause_by_effect.get(cause) != effect
            ):
                cause_by_effect.setdefault(effect, cause)
    return cause_by_effect


def _follows(effect: Finding, cause: Finding) -> bool:
    later, earlier = effect.evidence.onset, cause.evidence.onset
    if later is None or earlier is None:
        return False
    return timedelta(0) <= later - earlier <= FOLLOWS_WITHIN


def _with_consequences(diagnosis: Diagnosis, causes: Mapping[str, str]) -> Diagnosis:
    marked = (
        replace(
            finding,
            consequence_of=_short(causes.get(f"{diagnosis.playbook}/{finding.hypothesis}"), diagnosis),
        )
        for finding in diagnosis.findings
    )
    return replace(diagnosis, findings=rank(marked, diagnosis.symptom.verdict))


def _short(cause: str | None, diagnosis: Diagnosis) -> str | None:
    """Name a cause of the same playbook by its hypothesis alone."""
    return cause.removeprefix(f"{diagnosis.playbook}/") if cause else None


def _place(finding: Finding, symptom: Verdict) -> tuple[object, ...]:
    verdict = list(Verdict).index(finding.evidence.verdict)
    return (verdict, is_benign(finding, symptom), finding.consequence_of is not None, *strength_key(finding))
