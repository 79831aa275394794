"""Run a playbook on a resource and a window, rank its evidence and conclude."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from shared.context.ports import ContextSources
from shared.playbooks.answers import Answers, ask
from shared.playbooks.causes.changed import reading_for, unblamed, with_changes
from shared.playbooks.causes.order import settled
from shared.playbooks.conclude import conclude
from shared.playbooks.diagnosis import Conclusion, Diagnosis, Verdict
from shared.playbooks.playbook import Playbook
from shared.playbooks.rank import Pairs, mark_consequences, rank
from shared.queries.run import Run

_NO_LIBRARY: Mapping[str, Playbook] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Examination:
    """A diagnosis with the evidence of all checks, not yet concluded."""

    diagnosis: Diagnosis
    rows: int  # of the service's own tables in the window


def diagnose(
    playbook: Playbook,
    run: Run,
    library: Mapping[str, Playbook] = _NO_LIBRARY,
    sources: ContextSources | None = None,
) -> Diagnosis:
    """Run one playbook and return its diagnosis; see `diagnose_together` for the library and the sources."""
    return diagnose_together([playbook], run, library, sources)[0]


def diagnose_together(
    playbooks: Sequence[Playbook],
    run: Run,
    library: Mapping[str, Playbook] = _NO_LIBRARY,
    sources: ContextSources | None = None,
) -> tuple[Diagnosis, ...]:
    """Run playbooks of one resource in one budget, and mark consequences across them.

    What is supported may follow from a hypothesis of a playbook that was not asked for: its check is run too, where
    the library has it. Without `sources` nothing of Azure Resource Manager is asked.
    """
    examinations = examine(playbooks, run, sources)
    pairs = {effect: causes for playbook in playbooks for effect, causes in playbook.consequences.items()}
    origins = examine(_origins(examinations, pairs, library), run, sources)
    marked = mark_consequences([one.diagnosis for one in (*examinations, *origins)], pairs)
    reading = reading_for([one.diagnosis for one in examinations], run, sources)
    start = run.breach.start if run.breach else run.scope.window.start
    return tuple(
        with_changes(
            conclude(settled(unblamed(diagnosis, reading)), rows=examination.rows), playbook, reading, start
        )
        for diagnosis, examination, playbook in zip(marked, examinations, playbooks, strict=False)
    )


def _origins(
    examinations: Sequence[Examination], pairs: Pairs, library: Mapping[str, Playbook]
) -> list[Playbook]:
    """Return the playbooks, narrowed to these hypotheses, that may explain what other playbooks found."""
    asked = {examination.diagnosis.playbook for examination in examinations}
    supported = {
        f"{examination.diagnosis.playbook}/{finding.hypothesis}"
        for examination in examinations
        for finding in examination.diagnosis.findings
        if finding.evidence.verdict is Verdict.SUPPORTED
    }
    causes = {cause for effect in supported for cause in pairs.get(effect, ())}
    others = (
        library[name]
        for name in sorted({cause.partition("/")[0] for cause in causes} - asked)
        if name in library
    )
    return [
        replace(
            other,
            hypotheses=tuple(one for one in other.hypotheses if f"{other.id}/{one.id}" in causes),
            unexplained=None,
        )
        for other in others
    ]


def examine(
    playbooks: Sequence[Playbook], run: Run, sources: ContextSources | None = None
) -> tuple[Examination, ...]:
    """Run every check of the playbooks, each text once."""
    answers = ask(playbooks, run, sources)
    return tuple(_examined(playbook, answers) for playbook in playbooks)


def _examined(playbook: Playbook, answers: Answers) -> Examination:
    run = answers.probes.run
    unexplained, unexplained_total = answers.unexplained(playbook)
    diagnosis = Diagnosis(
        playbook=playbook.id,
        title=playbook.title,
        resource=run.scope.resources[0],
        window=run.scope.window,
        conclusion=Conclusion.INCONCLUSIVE,
        cause=None,
        symptom=answers.symptom(playbook),
        findings=rank(answers.findings(playbook)),
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
