"""Run a playbook on a resource and a window: its evidence, ranked, with one conclusion."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from shared.playbooks.conclude import conclude
from shared.playbooks.diagnosis import Conclusion, Diagnosis, Evidence, Finding, Verdict
from shared.playbooks.evidence import evidence_of
from shared.playbooks.playbook import Check, Engine, Playbook
from shared.playbooks.probes import Probes
from shared.playbooks.rank import mark_consequences, rank
from shared.queries.logs import LogAnswer
from shared.queries.run import Outcome, Run
from shared.queries.schema import tables


@dataclass(frozen=True, slots=True)
class Examined:
    """A playbook with the evidence of its checks, not yet concluded."""

    diagnosis: Diagnosis
    rows: int


def diagnose(playbook: Playbook, run: Run) -> Diagnosis:
    """Run one playbook."""
    return diagnose_together([playbook], run)[0]


def diagnose_together(playbooks: Sequence[Playbook], run: Run) -> tuple[Diagnosis, ...]:
    """Run playbooks of one resource in one budget, so that consequences are seen across them."""
    examined = examine(playbooks, run)
    pairs = {effect: causes for playbook in playbooks for effect, causes in playbook.consequences.items()}
    marked = mark_consequences([one.diagnosis for one in examined], pairs)
    return tuple(conclude(diagnosis, rows=one.rows) for diagnosis, one in zip(marked, examined, strict=True))


def look_for_symptoms(playbooks: Sequence[Playbook], run: Run) -> Mapping[str, Evidence]:
    """Run only the symptom checks, and answer each by its playbook's id."""
    outcomes = run.ask_all([playbook.symptom_check.text for playbook in playbooks])
    probes = Probes(run)
    return {playbook.id: _evidence(playbook.symptom_check, outcomes, probes) for playbook in playbooks}


def examine(playbooks: Sequence[Playbook], run: Run) -> tuple[Examined, ...]:
    """Run every check of the playbooks, none twice."""
    checks = [check for playbook in playbooks for check in _checks(playbook) if check.engine is Engine.LOGS]
    outcomes = run.ask_all(
        [*(counting_text(playbook) for playbook in playbooks), *(check.text for check in checks)]
    )
    probes = Probes(run)
    return tuple(_examined(playbook, outcomes, probes) for playbook in playbooks)


def _examined(playbook: Playbook, outcomes: Mapping[str, Outcome], probes: Probes) -> Examined:
    run = probes.run
    findings = tuple(
        Finding(one.id, one.title, one.kind, _evidence(one.check, outcomes, probes))
        for one in playbook.hypotheses
    )
    diagnosis = Diagnosis(
        playbook=playbook.id,
        title=playbook.title,
        resource=run.scope.resources[0],
        window=run.scope.window,
        conclusion=Conclusion.INCONCLUSIVE,
        cause=None,
        symptom=_evidence(playbook.symptom_check, outcomes, probes),
        findings=rank(findings),
        missing=tuple(sorted(run.missing)),
        next_step="",
        load=probes.load(),
    )
    return Examined(diagnosis, _rows(outcomes[counting_text(playbook)]) or _seen_by_probes(diagnosis))


def _evidence(check: Check, outcomes: Mapping[str, Outcome], probes: Probes) -> Evidence:
    if check.engine is Engine.PROBE:
        return probes.answer(check.text)
    if check.engine is Engine.GRAPH:
        return Evidence(
            Verdict.NO_DATA, 0.0, "Not examined: it needs Azure Resource Graph, which is not connected."
        )
    found = evidence_of(outcomes[check.text], probes.run.text_of(check.text))
    if found.verdict is not Verdict.NO_DATA or check.fallback is None:
        return found
    instead = _evidence(check.fallback, outcomes, probes)
    if instead.verdict is Verdict.FAILED:
        return replace(found, summary=f"{found.summary} {instead.summary}")
    return found if instead.verdict is Verdict.NO_DATA else instead


def _seen_by_probes(diagnosis: Diagnosis) -> int:
    """Events that probes counted: where no logs are collected they are what the service's own tables would hold."""
    every = (diagnosis.symptom, *(finding.evidence for finding in diagnosis.findings))
    decided = (one for one in every if not one.query and one.verdict not in (Verdict.NO_DATA, Verdict.FAILED))
    return max((int(str(one.numbers.get("Total", 0)).partition(".")[0]) for one in decided), default=0)


def _checks(playbook: Playbook) -> Iterable[Check]:
    return (playbook.symptom_check, *(hypothesis.check for hypothesis in playbook.hypotheses))


def counting_text(playbook: Playbook) -> str:
    """Write the query that counts the rows of the service's own tables in the window."""
    counts = (f"({_in_scope(name)} | summarize Rows = count())" for name in playbook.tables)
    return f"union {', '.join(counts)}\n| summarize Rows = sum(Rows)"


def _in_scope(name: str) -> str:
    """Narrow a table to resource and window; rows of the library are narrowed already."""
    if name not in tables():
        return name
    window = "TimeGenerated >= windowStart and TimeGenerated < windowEnd"
    return f"{name} | where {window} | where ofResource(_ResourceId)"


def _rows(outcome: Outcome) -> int:
    """Rows that were counted; a count that failed does not prove emptiness."""
    if isinstance(outcome, LogAnswer):
        return int(str(outcome.rows[0]["Rows"] or 0)) if outcome.rows else 0
    return 1
