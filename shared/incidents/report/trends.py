"""Add up what diagnoses lacked: which table or permission would have settled how many hypotheses."""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.playbooks.diagnosis import Diagnosis, Finding, Verdict

_UNSETTLED = {Verdict.INCONCLUSIVE, Verdict.NO_DATA, Verdict.FAILED}


@dataclass(frozen=True, slots=True)
class Lack:
    """Something that diagnoses lacked: a table, or a permission."""

    name: str
    incidents: int  # in which it was lacking
    hypotheses: int  # that it would have settled, of all these incidents together
    symptoms: int  # of these, that it would have shown or ruled out


def lacks_of(diagnoses: Iterable[Diagnosis]) -> tuple[Lack, ...]:
    """Return what the diagnoses of incidents lacked, one of each incident, most hypotheses first."""
    by_name: dict[str, list[tuple[int, bool]]] = {}
    for diagnosis in diagnoses:
        symptom = {*diagnosis.symptom.lacking}
        unsettled = [finding for finding in diagnosis.findings if finding.evidence.verdict in _UNSETTLED]
        for name in symptom.union(*(finding.evidence.lacking for finding in unsettled)):
            entry = (_lacking(name, unsettled), name in symptom)
            by_name.setdefault(name, []).append(entry)
    lacks = (
        Lack(
            name,
            len(entries),
            sum(count for count, _ in entries),
            sum(is_symptom for _, is_symptom in entries),
        )
        for name, entries in by_name.items()
    )
    return tuple(sorted(lacks, key=lambda lack: (-lack.hypotheses, -lack.incidents, lack.name)))


def _lacking(name: str, findings: Iterable[Finding]) -> int:
    return sum(name in finding.evidence.lacking for finding in findings)
