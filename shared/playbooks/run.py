"""Run a playbook on a resource and a window: its evidence, ranked, with one conclusion."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from shared.playbooks.conclude import conclude
from shared.playbooks.diagnosis import Conclusion, Diagnosis, Evidence, Finding, Verdict
from shared.playbooks.evidence import evidence_of
from shared.playbooks.playbook import Check, Engine, Playbook
from shared.playbooks.probes import run_probe
from shared.playbooks.rank import mark_consequences, rank
from shared.queries.logs import Answer
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
    return {playbook.id: _evidence(playbook.symptom_check, outcomes, run) for playbook in playbooks}


def examine(playbooks: Sequence[Playbook], run: Run) -> tuple[Examined, ...]:
    """Run every check of the playbooks, none twice."""
    checks = [check for playbook in playbooks for check in _checks(playbook) if check.engine is Engine.LOGS]
    outcomes = run.ask_all(
        [*(counting_text(playbook) for playbook in playbooks), *(check.text for check in checks)]
    )
    return tuple(_examined(playbook, outcomes, run) for playbook in playbooks)


def _examined(playbook: Playbook, outcomes: Mapping[str, Outcome], run: Run) -> Examined:
    findings = (
        Finding(one.id, one.title, one.kind, _evidence(one.check, outcomes, run))
        for one in playbook.hypotheses
    )
    diagnosis = Diagnosis(
        playbook=playbook.id,
        title=playbook.title,
        resource=run.scope.resources[0],
        window=run.scope.window,
        conclusion=Conclusion.INCONCLUSIVE,
        cause=None,
        symptom=_evidence(playbook.symptom_check, outcomes, run),
        findings=rank(findings),
        missing=tuple(sorted(run.missing)),
        next_step="",
    )
    return Examined(diagnosis, _rows(outcomes[counting_text(playbook)]))


def _evidence(check: Check, outcomes: Mapping[str, Outcome], run: Run) -> Evidence:
    if check.engine is Engine.PROBE:
        return run_probe(check.text)
    if check.engine is Engine.GRAPH:
        return Evidence(
            Verdict.NO_DATA, 0.0, "Not examined: it needs Azure Resource Graph, which is not connected."
        )
    return evidence_of(outcomes[check.text], run.text_of(check.text))


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
    """Rows that were counted; a count that failed is no proof of emptiness."""
    if isinstance(outcome, Answer):
        return int(str(outcome.rows[0]["Rows"] or 0)) if outcome.rows else 0
    return 1
