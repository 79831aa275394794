"""Run a playbook on a resource and a window, rank its evidence and conclude."""

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
class Examination:
    """A diagnosis with the evidence of all checks, not yet concluded."""

    diagnosis: Diagnosis
    rows: int  # of the service's own tables in the window


def diagnose(playbook: Playbook, run: Run) -> Diagnosis:
    """Run one playbook and return its diagnosis."""
    return diagnose_together([playbook], run)[0]


def diagnose_together(playbooks: Sequence[Playbook], run: Run) -> tuple[Diagnosis, ...]:
    """Run playbooks of one resource in one budget, and mark consequences across them."""
    examinations = examine(playbooks, run)
    pairs = {effect: causes for playbook in playbooks for effect, causes in playbook.consequences.items()}
    marked = mark_consequences([examination.diagnosis for examination in examinations], pairs)
    return tuple(
        conclude(diagnosis, rows=examination.rows)
        for diagnosis, examination in zip(marked, examinations, strict=True)
    )


def check_symptoms(playbooks: Sequence[Playbook], run: Run) -> Mapping[str, Evidence]:
    """Run only the symptom checks and return their evidence by the playbook's id."""
    outcomes = run.ask_all([playbook.symptom_check.text for playbook in playbooks])
    probes = Probes(run)
    return {playbook.id: _evidence(playbook.symptom_check, outcomes, probes) for playbook in playbooks}


def examine(playbooks: Sequence[Playbook], run: Run) -> tuple[Examination, ...]:
    """Run every check of the playbooks, each text once."""
    checks = [check for playbook in playbooks for check in _checks(playbook) if check.engine is Engine.LOGS]
    outcomes = run.ask_all(
        [*(row_count_query(playbook) for playbook in playbooks), *(check.text for check in checks)]
    )
    probes = Probes(run)
    return tuple(_examined(playbook, outcomes, probes) for playbook in playbooks)


def _examined(playbook: Playbook, outcomes: Mapping[str, Outcome], probes: Probes) -> Examination:
    run = probes.run
    findings = tuple(
        Finding(
            hypothesis.id, hypothesis.title, hypothesis.kind, _evidence(hypothesis.check, outcomes, probes)
        )
        for hypothesis in playbook.hypotheses
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
    return Examination(diagnosis, _rows(outcomes[row_count_query(playbook)]) or _events_of_probes(diagnosis))


def _evidence(check: Check, outcomes: Mapping[str, Outcome], probes: Probes) -> Evidence:
    if check.engine is Engine.PROBE:
        return probes.answer(check.text)
    if check.engine is Engine.GRAPH:
        return Evidence(
            Verdict.NO_DATA, 0.0, "Not examined: it needs Azure Resource Graph, which is not connected."
        )
    evidence = evidence_of(outcomes[check.text], probes.run.text_of(check.text))
    if evidence.verdict is not Verdict.NO_DATA or check.fallback is None:
        return evidence
    fallback = _evidence(check.fallback, outcomes, probes)
    if fallback.verdict is Verdict.FAILED:
        return replace(evidence, summary=f"{evidence.summary} {fallback.summary}")
    return evidence if fallback.verdict is Verdict.NO_DATA else fallback


def _events_of_probes(diagnosis: Diagnosis) -> int:
    """Return the number of events that probes counted: it stands for the rows of the tables where no logs are collected."""
    answers = (diagnosis.symptom, *(finding.evidence for finding in diagnosis.findings))
    probed = (
        answer
        for answer in answers
        if not answer.query and answer.verdict not in (Verdict.NO_DATA, Verdict.FAILED)
    )
    return max((int(str(answer.numbers.get("Total", 0)).partition(".")[0]) for answer in probed), default=0)


def _checks(playbook: Playbook) -> Iterable[Check]:
    return (playbook.symptom_check, *(hypothesis.check for hypothesis in playbook.hypotheses))


def row_count_query(playbook: Playbook) -> str:
    """Write the query that counts the rows of the service's own tables in the window."""
    counts = (f"({_in_scope(name)} | summarize Rows = count())" for name in playbook.tables)
    return f"union {', '.join(counts)}\n| summarize Rows = sum(Rows)"


def _in_scope(name: str) -> str:
    """Narrow a table to resource and window; the library's row functions do so themselves."""
    if name not in tables():
        return name
    return f"{name} | where ofWindow(TimeGenerated) | where ofResource(_ResourceId)"


def _rows(outcome: Outcome) -> int:
    """Return the number of rows, or 1 where the count failed, since that does not prove emptiness."""
    if isinstance(outcome, LogAnswer):
        return int(str(outcome.rows[0]["Rows"] or 0)) if outcome.rows else 0
    return 1
