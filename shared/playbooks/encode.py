"""Write a diagnosis as JSON: the contract of `python -m local diagnose --json` and of stored diagnoses."""

from collections.abc import Sequence

from shared.clock import iso
from shared.playbooks.diagnosis import Diagnosis, Finding
from shared.playbooks.redacted import redacted
from shared.redaction import UserIds


def as_json(diagnosis: Diagnosis, users: UserIds | None = None) -> dict[str, object]:
    """Return a diagnosis as plain JSON values, secrets redacted."""
    shown = redacted(diagnosis, users)
    return {
        "playbook": shown.playbook,
        "resource": shown.resource,
        "window": {"from": iso(shown.window.start), "to": iso(shown.window.end)},
        "conclusion": str(shown.conclusion),
        "cause": shown.cause,
        "hypotheses": [_hypothesis(finding) for finding in shown.findings],
        "missing": list(shown.missing),
        "load": dict(shown.load),
    }


def others_as_json(others: Sequence[tuple[str, str, str | None]]) -> list[dict[str, object]]:
    """Return the other playbooks of a resource: id, conclusion and cause of each."""
    return [
        {"playbook": name, "conclusion": conclusion, "cause": cause} for name, conclusion, cause in others
    ]


def _hypothesis(finding: Finding) -> dict[str, object]:
    evidence = finding.evidence
    return {
        "id": finding.hypothesis,
        "verdict": str(evidence.verdict),
        "kind": str(finding.kind),
        "strength": round(evidence.strength, 6),
        "rank": finding.rank,
        "summary": evidence.summary,
        "onset": iso(evidence.onset) if evidence.onset else None,
        "consequence_of": finding.consequence_of,
        "numbers": dict(evidence.numbers),
    }
