"""Write a diagnosis as text that can be read back whole, for the blob that an incident points to."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared.clock import iso
from shared.errors import InputError
from shared.playbooks.diagnosis import Conclusion, Diagnosis, Evidence, EvidenceKind, Finding, Verdict
from shared.queries.scope import Window


def to_text(diagnosis: Diagnosis) -> str:
    """Return a diagnosis as JSON text; redact it first."""
    return json.dumps(_diagnosis(diagnosis), ensure_ascii=False)


def from_text(text: str) -> Diagnosis:
    """Read what `to_text` wrote.

    Raises:
        InputError: it is not such a text.
    """
    try:
        return _read(json.loads(text))
    except (ValueError, KeyError, TypeError) as error:
        raise InputError("stored diagnosis", f"{error!r}", "what Linekeeper itself wrote") from error


def _diagnosis(diagnosis: Diagnosis) -> dict[str, object]:
    return {
        "playbook": diagnosis.playbook,
        "title": diagnosis.title,
        "resource": diagnosis.resource,
        "from": iso(diagnosis.window.start),
        "to": iso(diagnosis.window.end),
        "conclusion": str(diagnosis.conclusion),
        "cause": diagnosis.cause,
        "symptom": _evidence(diagnosis.symptom),
        "findings": [_finding(found) for found in diagnosis.findings],
        "missing": list(diagnosis.missing),
        "next_step": diagnosis.next_step,
        "load": dict(diagnosis.load),
    }


def _finding(found: Finding) -> dict[str, object]:
    return {
        "hypothesis": found.hypothesis,
        "title": found.title,
        "kind": str(found.kind),
        "evidence": _evidence(found.evidence),
        "rank": found.rank,
        "consequence_of": found.consequence_of,
    }


def _evidence(evidence: Evidence) -> dict[str, object]:
    return {
        "verdict": str(evidence.verdict),
        "strength": evidence.strength,
        "summary": evidence.summary,
        "onset": iso(evidence.onset) if evidence.onset else None,
        "numbers": dict(evidence.numbers),
        "query": evidence.query,
    }


def _read(written: Mapping[str, Any]) -> Diagnosis:
    return Diagnosis(
        playbook=written["playbook"],
        title=written["title"],
        resource=written["resource"],
        window=Window(datetime.fromisoformat(written["from"]), datetime.fromisoformat(written["to"])),
        conclusion=Conclusion(written["conclusion"]),
        cause=written["cause"],
        symptom=_read_evidence(written["symptom"]),
        findings=tuple(_read_finding(found) for found in written["findings"]),
        missing=tuple(written["missing"]),
        next_step=written["next_step"],
        load=written.get("load", {}),  # diagnoses of older versions have none
    )


def _read_finding(written: Mapping[str, Any]) -> Finding:
    return Finding(
        hypothesis=written["hypothesis"],
        title=written["title"],
        kind=EvidenceKind(written["kind"]),
        evidence=_read_evidence(written["evidence"]),
        rank=written["rank"],
        consequence_of=written["consequence_of"],
    )


def _read_evidence(written: Mapping[str, Any]) -> Evidence:
    return Evidence(
        verdict=Verdict(written["verdict"]),
        strength=written["strength"],
        summary=written["summary"],
        onset=datetime.fromisoformat(written["onset"]) if written["onset"] else None,
        numbers=written["numbers"],
        query=written["query"],
    )
