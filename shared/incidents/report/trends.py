"""Add up incidents over time: where their causes stood, and what their diagnoses lacked."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, timedelta

from shared.incidents.incident import Incident
from shared.playbooks.diagnosis import Diagnosis, Finding, Verdict
from shared.playbooks.playbook import Playbook, RootCause

_UNSETTLED = {Verdict.INCONCLUSIVE, Verdict.NO_DATA, Verdict.FAILED}


@dataclass(frozen=True, slots=True)
class Lack:
    """Something that diagnoses lacked: a table, or a permission."""

    name: str
    incidents: int  # in which it was lacking
    hypotheses: int  # that it would have settled, of all these incidents together
    symptoms: int  # of these, that it would have shown or ruled out


@dataclass(frozen=True, slots=True)
class Week:
    """The incidents that opened in one week, by the bucket of their root cause."""

    monday: date
    incidents: int
    by_bucket: Mapping[RootCause, int]


def weeks_of(incidents: Iterable[Incident], playbooks: Mapping[str, Playbook]) -> tuple[Week, ...]:
    """Count incidents by the week in which they opened, newest first; a week without one between two is there too.

    An incident without a cause, or whose page has it no longer, counts as unknown. A consequence does not count: the
    incident of its cause does.
    """
    counts: dict[date, Counter[RootCause]] = {}
    for incident in incidents:
        if incident.joined_to is not None:
            continue
        day = incident.opened_at.astimezone(UTC).date()
        playbook = playbooks.get(incident.symptom)
        bucket = playbook.root_cause_of(incident.cause) if playbook else RootCause.UNKNOWN
        counts.setdefault(day - timedelta(days=day.weekday()), Counter())[bucket] += 1
    if not counts:
        return ()
    first, last = min(counts), max(counts)
    mondays = [last - timedelta(weeks=number) for number in range((last - first).days // 7 + 1)]
    return tuple(
        Week(monday, counts.get(monday, Counter()).total(), counts.get(monday, Counter()))
        for monday in mondays
    )


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
