"""Let the live configuration decide what the logs leave open: answers without a reason.

A check counts as `Silent` the answers among its hits that give no reason; several hypotheses claim them. Where the state
of the resource is known, only one of them can be right.
"""

from collections.abc import Collection
from dataclasses import replace

from shared.playbooks.diagnosis import Evidence, Verdict
from shared.playbooks.weigh import ENOUGH
from shared.queries.wilson import wilson

SILENT = "Silent"
_LEAST_SHARE = 0.3  # as `leastShare` of judge.kql
_CLAIMS = frozenset({Verdict.SUPPORTED, Verdict.MINOR, Verdict.INCONCLUSIVE})
OPEN = frozenset({Verdict.INCONCLUSIVE, Verdict.NO_DATA})


def is_silent(evidence: Evidence) -> bool:
    """Tell whether enough answers give no reason, so that the live configuration is worth a question."""
    return _number(evidence, SILENT) >= ENOUGH


def witnessed(evidence: Evidence, witness: Evidence, lifts: Collection[Verdict]) -> Evidence:
    """Return the evidence of a check beside what the live configuration says.

    A state that does not hold rules a hypothesis out that rests mostly on answers without a reason. One that holds
    supports a hypothesis whose verdict it `lifts`. What texts say stands.
    """
    if witness.verdict is Verdict.NO_DATA:
        return _open_still(evidence, witness)
    if witness.verdict is Verdict.REFUTED:
        return _ruled_out(evidence, witness)
    strength, _ = wilson(_number(evidence, SILENT), _number(evidence, "Bad"))
    if evidence.verdict in lifts and strength >= _LEAST_SHARE:
        return _supported(evidence, witness, strength)
    told = evidence.verdict in _CLAIMS
    return replace(evidence, summary=f"{evidence.summary} {witness.summary}") if told else evidence


def _open_still(evidence: Evidence, witness: Evidence) -> Evidence:
    if evidence.verdict not in OPEN:
        return evidence
    lacking = tuple(dict.fromkeys((*evidence.lacking, *witness.lacking)))
    return replace(evidence, summary=f"{evidence.summary} {witness.summary}", lacking=lacking)


def _ruled_out(evidence: Evidence, witness: Evidence) -> Evidence:
    hits, silent = _number(evidence, "Hits"), _number(evidence, SILENT)
    if evidence.verdict not in _CLAIMS or silent * 2 < hits:
        return evidence
    summary = f"{evidence.summary} {witness.summary}"
    return replace(evidence, verdict=Verdict.REFUTED, strength=0.0, summary=summary, onset=None)


def _supported(evidence: Evidence, witness: Evidence, strength: float) -> Evidence:
    silent, bad = _number(evidence, SILENT), _number(evidence, "Bad")
    summary = f"{silent:g} of {bad:g} failed connects were refused without a reason. {witness.summary}"
    numbers = {**evidence.numbers, "Hits": max(silent, _number(evidence, "Hits"))}
    return replace(
        evidence,
        verdict=Verdict.SUPPORTED,
        strength=round(strength, 6),
        summary=summary,
        numbers=numbers,
        lacking=(),
    )


def _number(evidence: Evidence, name: str) -> float:
    value = evidence.numbers.get(name)
    return float(value) if isinstance(value, int | float) else 0.0
