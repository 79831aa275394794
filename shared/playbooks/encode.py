"""Write a diagnosis as JSON: the contract of `linekeeper diagnose --json`."""

from collections.abc import Sequence

from shared.clock import iso
from shared.playbooks.diagnosis import Diagnosis, Finding
from shared.playbooks.redact import redact_diagnosis
from shared.redaction import UserIds


def as_json(diagnosis: Diagnosis, users: UserIds | None = None) -> dict[str, object]:
    """Return a diagnosis as plain JSON values; secrets are redacted, and users hidden as `users` says."""
    safe = redact_diagnosis(diagnosis, users)
    return {
        "playbook": safe.playbook,
        "resource": safe.resource,
        "window": {"from": iso(safe.window.start), "to": iso(safe.window.end)},
        "conclusion": str(safe.conclusion),
        "cause": safe.cause,
        "hypotheses": [_hypothesis(finding) for finding in safe.findings],
        "missing": list(safe.missing),
        "load": dict(safe.load),
    }


def others_as_json(playbooks: Sequence[tuple[str, str, str | None]]) -> list[dict[str, object]]:
    """Return the results of a resource's other playbooks as plain JSON values."""
    return [
        {"playbook": name, "conclusion": conclusion, "cause": cause} for name, conclusion, cause in playbooks
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
