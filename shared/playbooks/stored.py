"""Write a diagnosis as JSON text and read it back, for the blob that an incident points to."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared.clock import iso
from shared.context.history.document import as_document, read_document
from shared.errors import InputError
from shared.isolation import DATA_ERRORS
from shared.playbooks.diagnosis import (
    Conclusion,
    Diagnosis,
    Evidence,
    EvidenceKind,
    Finding,
    TableCoverage,
    Unexplained,
    Verdict,
)
from shared.queries.scope import Window
from shared.queries.shortened import with_library, without_library
from shared.shapes import check_shape

_MOMENTS = ("first", "last", "oldest", "newest")  # of the coverage of a table


def encode_diagnosis(diagnosis: Diagnosis) -> str:
    """Return a diagnosis as JSON text; it must be redacted already."""
    return json.dumps(_diagnosis(diagnosis), ensure_ascii=False)


def decode_diagnosis(text: str) -> Diagnosis:
    """Read the text that `encode_diagnosis` wrote.

    Raises:
        InputError: it is not such a text.
    """
    try:
        return _checked(_read(json.loads(text)))
    except DATA_ERRORS as error:
        raise InputError("stored diagnosis", f"{error!r}", "what Linekeeper itself wrote") from error


def _checked(diagnosis: Diagnosis) -> Diagnosis:
    """Return a diagnosis whose types are right, and whose cause is among its findings, where everybody looks for it."""
    check_shape(diagnosis, Diagnosis, "the diagnosis")
    if diagnosis.cause is not None:
        diagnosis.finding(diagnosis.cause)
    return diagnosis


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
        "findings": [_finding(finding) for finding in diagnosis.findings],
        "missing": list(diagnosis.missing),
        "next_step": diagnosis.next_step,
        "load": dict(diagnosis.load),
        "unexplained": [
            {"text": group.text, "events": group.events, "callers": group.callers}
            for group in diagnosis.unexplained
        ],
        "unexplained_total": diagnosis.unexplained_total,
        "changes": as_document(diagnosis.changes),
        "coverage": [_coverage(coverage) for coverage in diagnosis.coverage],
    }


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "hypothesis": finding.hypothesis,
        "title": finding.title,
        "kind": str(finding.kind),
        "evidence": _evidence(finding.evidence),
        "rank": finding.rank,
        "consequence_of": finding.consequence_of,
    }


def _evidence(evidence: Evidence) -> dict[str, object]:
    return {
        "verdict": str(evidence.verdict),
        "strength": evidence.strength,
        "summary": evidence.summary,
        "onset": iso(evidence.onset) if evidence.onset else None,
        "numbers": dict(evidence.numbers),
        "query": without_library(evidence.query),
        "lacking": list(evidence.lacking),
    }


def _coverage(coverage: TableCoverage) -> dict[str, object]:
    moments = {name: getattr(coverage, name) for name in _MOMENTS}
    return {
        "table": coverage.table,
        "rows": coverage.rows,
        "held": coverage.held,
        "note": coverage.note,
        **{name: iso(moment) if moment else None for name, moment in moments.items()},
    }


def _read_coverage(document: Mapping[str, Any]) -> TableCoverage:
    moments = {name: datetime.fromisoformat(document[name]) for name in _MOMENTS if document[name]}
    return TableCoverage(
        document["table"], document["rows"], held=document["held"], note=document["note"], **moments
    )


def _read_unexplained(document: Mapping[str, Any]) -> Unexplained:
    return Unexplained(document["text"], document["events"], document["callers"])


def _read(document: Mapping[str, Any]) -> Diagnosis:
    return Diagnosis(
        playbook=document["playbook"],
        title=document["title"],
        resource=document["resource"],
        window=Window(datetime.fromisoformat(document["from"]), datetime.fromisoformat(document["to"])),
        conclusion=Conclusion(document["conclusion"]),
        cause=document["cause"],
        symptom=_read_evidence(document["symptom"]),
        findings=tuple(_read_finding(finding) for finding in document["findings"]),
        missing=tuple(document["missing"]),
        next_step=document["next_step"],
        # Diagnoses of older versions have none of these.
        load=document.get("load", {}),
        unexplained=tuple(map(_read_unexplained, document.get("unexplained", []))),
        unexplained_total=document.get("unexplained_total", 0),
        changes=read_document(document.get("changes")),
        coverage=tuple(map(_read_coverage, document.get("coverage", []))),
    )


def _read_finding(document: Mapping[str, Any]) -> Finding:
    return Finding(
        hypothesis=document["hypothesis"],
        title=document["title"],
        kind=EvidenceKind(document["kind"]),
        evidence=_read_evidence(document["evidence"]),
        rank=document["rank"],
        consequence_of=document["consequence_of"],
    )


def _read_evidence(document: Mapping[str, Any]) -> Evidence:
    return Evidence(
        verdict=Verdict(document["verdict"]),
        strength=document["strength"],
        summary=document["summary"],
        onset=datetime.fromisoformat(document["onset"]) if document["onset"] else None,
        numbers=document["numbers"],
        query=with_library(document["query"]),  # of older versions it is whole
        lacking=tuple(document.get("lacking", ())),
    )
