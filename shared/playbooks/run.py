"""Run a playbook on a resource and a window, rank its evidence and conclude."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.playbooks.answers import Answers, ask
from shared.playbooks.conclude import conclude
from shared.playbooks.diagnosis import Conclusion, Diagnosis, Finding, Verdict
from shared.playbooks.playbook import Playbook
from shared.playbooks.rank import mark_consequences, rank
from shared.queries.run import Run


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


def examine(playbooks: Sequence[Playbook], run: Run) -> tuple[Examination, ...]:
    """Run every check of the playbooks, each text once."""
    answers = ask(playbooks, run)
    return tuple(_examined(playbook, answers) for playbook in playbooks)


def _examined(playbook: Playbook, answers: Answers) -> Examination:
    run = answers.probes.run
    findings = tuple(
        Finding(hypothesis.id, hypothesis.title, hypothesis.kind, answers.of(hypothesis, playbook))
        for hypothesis in playbook.hypotheses
    )
    unexplained, unexplained_total = answers.unexplained(playbook)
    diagnosis = Diagnosis(
        playbook=playbook.id,
        title=playbook.title,
        resource=run.scope.resources[0],
        window=run.scope.window,
        conclusion=Conclusion.INCONCLUSIVE,
        cause=None,
        symptom=answers.symptom(playbook),
        findings=rank(findings),
        missing=tuple(sorted(run.missing)),
        next_step="",
        load=answers.probes.load(),
        unexplained=unexplained,
        unexplained_total=unexplained_total,
        coverage=answers.covering(playbook),
    )
    rows = answers.rows(playbook)
    # A count that failed does not prove emptiness.
    return Examination(diagnosis, 1 if rows is None else rows or _events_of_probes(diagnosis))


def _events_of_probes(diagnosis: Diagnosis) -> int:
    """Return the number of events that probes counted: it stands for the rows of the tables where no logs are collected."""
    answers = (diagnosis.symptom, *(finding.evidence for finding in diagnosis.findings))
    probed = (
        answer
        for answer in answers
        if not answer.query and answer.verdict not in (Verdict.NO_DATA, Verdict.FAILED)
    )
    return max((int(str(answer.numbers.get("Total", 0)).partition(".")[0]) for answer in probed), default=0)
