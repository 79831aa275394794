"""Write a diagnosis as JSON: the contract of `linekeeper diagnose --json`."""

from collections.abc import Sequence

from shared.clock import iso
from shared.context.history.document import as_document
from shared.playbooks.diagnosis import Diagnosis, Evidence, Finding, TableCoverage, Unexplained
from shared.playbooks.redact import redact_diagnosis
from shared.redaction import UserIds

VERSION = 2  # of the contract; keys are only added


def as_json(diagnosis: Diagnosis, users: UserIds | None = None) -> dict[str, object]:
    """Return a diagnosis as plain JSON values; secrets are redacted, and users hidden as `users` says."""
    safe = redact_diagnosis(diagnosis, users)
    return {
        "version": VERSION,
        "playbook": safe.playbook,
        "resource": safe.resource,
        "window": {"from": iso(safe.window.start), "to": iso(safe.window.end)},
        "conclusion": str(safe.conclusion),
        "cause": safe.cause,
        "hypotheses": [_hypothesis(finding) for finding in safe.findings],
        "missing": list(safe.missing),
        "load": dict(safe.load),
        "unexplained": [_unexplained(group) for group in safe.unexplained],
        "unexplained_total": safe.unexplained_total,
        "changes": as_document(safe.changes),
        "coverage": [_coverage(coverage) for coverage in safe.coverage],
        "symptom": _symptom(safe.symptom),
        "next": safe.next_step,
    }


def others_as_json(playbooks: Sequence[tuple[str, str, str | None]]) -> list[dict[str, object]]:
    """Return the results of a resource's other playbooks as plain JSON values."""
    return [
        {"playbook": name, "conclusion": conclusion, "cause": cause} for name, conclusion, cause in playbooks
    ]


def _symptom(evidence: Evidence) -> dict[str, object]:
    return {
        "verdict": str(evidence.verdict),
        "summary": evidence.summary,
        "onset": iso(evidence.onset) if evidence.onset else None,
        "numbers": dict(evidence.numbers),
    }


def _unexplained(group: Unexplained) -> dict[str, object]:
    return {"text": group.text, "events": group.events, "callers": group.callers}


def _coverage(coverage: TableCoverage) -> dict[str, object]:
    return {
        "table": coverage.table,
        "rows": coverage.rows,
        "first": iso(coverage.first) if coverage.first else None,
        "last": iso(coverage.last) if coverage.last else None,
        "note": coverage.note,
    }


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
        "lacking": list(evidence.lacking),
    }
