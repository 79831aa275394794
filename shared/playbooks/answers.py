"""Turn the answers of one run, from queries and from probes, into the evidence of each check."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from shared.context.ports import ContextSources
from shared.playbooks.coverage.absence import Proof
from shared.playbooks.coverage.ask import FAR, coverage_of, coverage_query
from shared.playbooks.diagnosis import Evidence, Finding, TableCoverage, Unexplained, Verdict
from shared.playbooks.evidence import evidence_of, unexplained_of
from shared.playbooks.live.graph_check import GraphChecks
from shared.playbooks.playbook import SYMPTOM, Check, Engine, Hypothesis, Playbook, TableGroup
from shared.playbooks.probes import SERVICE_HEALTH_PROBE, Probes
from shared.playbooks.rank import DIRECT
from shared.queries.categories import CATEGORIES
from shared.queries.logs import LogAnswer
from shared.queries.prelude import tables_of
from shared.queries.run import Outcome, Run
from shared.queries.schema import tables
from shared.queries.scope import Window

_MOST = 0.5  # of the bad events


@dataclass(frozen=True, slots=True)
class Answers:
    """What the queries and probes of one run answered, for one or more playbooks of a resource."""

    outcomes: Mapping[str, Outcome]  # by the text of the query, without its prelude
    probes: Probes
    coverage: tuple[TableCoverage, ...] | None  # None where it could not be asked
    graph: GraphChecks

    def symptom(self, playbook: Playbook) -> Evidence:
        """Return the evidence of a symptom."""
        needs = _needs(playbook, SYMPTOM, playbook.symptom_check)
        return self._proof().covered(self._evidence(playbook.symptom_check, needs), needs)

    def findings(self, playbook: Playbook) -> tuple[Finding, ...]:
        """Return what the check of each hypothesis found.

        Where one explains most of what is seen, the others are ruled out by these rows, though some are missing.
        """
        findings = [self._finding(hypothesis, playbook) for hypothesis in playbook.hypotheses]
        if any(map(_explains_most, findings)):
            return tuple(findings)
        return tuple(
            replace(
                finding,
                evidence=self._proof().covered(
                    finding.evidence, _needs(playbook, hypothesis.id, hypothesis.check)
                ),
            )
            for finding, hypothesis in zip(findings, playbook.hypotheses, strict=True)
        )

    def _finding(self, hypothesis: Hypothesis, playbook: Playbook) -> Finding:
        needs = _needs(playbook, hypothesis.id, hypothesis.check)
        evidence = self._evidence(hypothesis.check, needs, playbook.symptom_check)
        if hypothesis.check.witness is not None:
            began = (evidence.onset, self._evidence(playbook.symptom_check, ()).onset)
            # The onset of a change is when it was made; the failures that it explains came later.
            onset = max((moment for moment in began if moment is not None), default=None)
            evidence = self.probes.live.witnessed(evidence, hypothesis.check.witness.text.split()[1], onset)
        return Finding(hypothesis.id, hypothesis.title, hypothesis.kind, evidence)

    def _proof(self) -> Proof:
        return Proof({one.table: one for one in self.coverage or ()}, frozenset(self.probes.run.missing))

    def unexplained(self, playbook: Playbook) -> tuple[tuple[Unexplained, ...], int | None]:
        """Return the bad events that no hypothesis explains, in groups, and how many they are altogether, if that is known."""
        check = playbook.unexplained
        return unexplained_of(self.outcomes[check.text] if check else None)

    def covering(self, playbook: Playbook) -> tuple[TableCoverage, ...]:
        """Return how far the tables that a playbook reads cover the window."""
        names = service_tables_of([playbook])
        return tuple(coverage for coverage in self.coverage or () if coverage.table in names)

    def rows(self, playbook: Playbook) -> int | None:
        """Return the number of rows of the playbook's own tables in the window; None where it is not known."""
        if self.coverage is not None and _is_covered(playbook):
            return sum(coverage.rows for coverage in self.coverage if coverage.table in playbook.tables)
        outcome = self.outcomes.get(row_count_query(playbook))
        if not isinstance(outcome, LogAnswer):
            return None
        return int(str(outcome.rows[0]["Rows"] or 0)) if outcome.rows else 0

    def _evidence(self, check: Check, needs: Sequence[TableGroup], symptom: Check | None = None) -> Evidence:
        if check.engine is Engine.PROBE:
            beside = self._evidence(symptom, ()) if symptom and check.text == SERVICE_HEALTH_PROBE else None
            return self.probes.answer(check.text, beside)
        if check.engine is Engine.GRAPH:
            return self.graph.answer(check.text)
        run = self.probes.run
        answer = evidence_of(self.outcomes[check.text], run.text_of(check.text))
        evidence = self._proof().seen(answer, needs)
        if evidence.verdict is Verdict.NO_DATA and not evidence.lacking:
            evidence = replace(evidence, lacking=tuple(sorted(tables_of(check.text) & run.missing)))
        if check.fallback is None or not _asks_fallback(evidence, check.fallback):
            return evidence
        fallback = self._evidence(check.fallback, (), symptom)
        if evidence.verdict is Verdict.REFUTED:
            return fallback if fallback.verdict is Verdict.SUPPORTED else evidence
        if fallback.verdict is Verdict.FAILED:
            return replace(evidence, summary=f"{evidence.summary} {fallback.summary}")
        return evidence if fallback.verdict is Verdict.NO_DATA else fallback


def _asks_fallback(evidence: Evidence, fallback: Check) -> bool:
    """Tell whether the rows leave a question: an Activity Log may lack the category in which incidents are declared."""
    is_unsure = evidence.verdict is Verdict.REFUTED and fallback.text == SERVICE_HEALTH_PROBE
    return is_unsure or evidence.verdict is Verdict.NO_DATA


def _explains_most(finding: Finding) -> bool:
    evidence = finding.evidence
    is_direct = finding.kind in DIRECT and evidence.verdict is Verdict.SUPPORTED
    return is_direct and evidence.strength >= _MOST


def ask(playbooks: Sequence[Playbook], run: Run, sources: ContextSources | None = None) -> Answers:
    """Run every query of the playbooks, each text once, those of one playbook together where that answers."""
    names, window = service_tables_of(playbooks), run.scope.window
    outcomes = run.ask_all(queries_of(playbooks, window), groups_of(playbooks))
    answer = outcomes[coverage_query(names, window)] if names else None
    covered = coverage_of(answer, window, run.breach) if answer else None
    if covered and not any(one.rows for one in covered):
        covered = _farther(names, run) or covered
    return Answers(outcomes, Probes(run, sources), covered, GraphChecks(run, sources))


def _farther(names: Iterable[str], run: Run) -> tuple[TableCoverage, ...] | None:
    """Look for rows long before and after a window that has none: most often it was asked in another time zone."""
    text = coverage_query(names, run.scope.window, FAR)
    return coverage_of(run.ask_all([text])[text], run.scope.window)


def queries_of(playbooks: Sequence[Playbook], window: Window) -> list[str]:
    """Return the text of every query that playbooks run on a window, without their preludes."""
    names = service_tables_of(playbooks)
    coverage = [coverage_query(names, window)] if names else []
    return [*coverage, *_texts(playbooks)]


def groups_of(playbooks: Sequence[Playbook]) -> list[list[str]]:
    """Return the texts of each playbook that read the same rows, and that one query may therefore answer."""
    return [[check.text for check in _checks(one) if check.engine is Engine.LOGS] for one in playbooks]


def _texts(playbooks: Sequence[Playbook]) -> Iterable[str]:
    for playbook, checks in zip(playbooks, groups_of(playbooks), strict=True):
        if not _is_covered(playbook):
            yield row_count_query(playbook)
        yield from checks


def _checks(playbook: Playbook) -> Iterable[Check]:
    yield playbook.symptom_check
    yield from (hypothesis.check for hypothesis in playbook.hypotheses)
    if playbook.unexplained:
        yield playbook.unexplained


def service_tables_of(playbooks: Sequence[Playbook]) -> frozenset[str]:
    """Return the tables of diagnostic settings that playbooks read or need."""
    read = {
        name
        for playbook in playbooks
        for check in _checks(playbook)
        if check.engine is Engine.LOGS
        for name in tables_of(check.text)
    }
    needed = {
        name
        for playbook in playbooks
        for groups in playbook.needs.values()
        for group in groups
        for name in group
    }
    return frozenset(read | needed) & CATEGORIES.keys()


def _needs(playbook: Playbook, check_id: str, check: Check) -> Sequence[TableGroup]:
    """Return what a check needs: as its page says, or one at least of the tables that it reads."""
    if check_id in playbook.needs:
        return playbook.needs[check_id]
    read = sorted(tables_of(check.text)) if check.engine is Engine.LOGS else ()
    return (tuple(read),) if read else ()


def _is_covered(playbook: Playbook) -> bool:
    return all(name in CATEGORIES for name in playbook.tables)


def row_count_query(playbook: Playbook) -> str:
    """Write the query that counts the rows of the service's own tables in the window."""
    counts = (f"({_in_scope(name)} | summarize Rows = count())" for name in playbook.tables)
    return f"union {', '.join(counts)}\n| summarize Rows = sum(Rows)"


def _in_scope(name: str) -> str:
    """Narrow a table to resource and window; the library's row functions do so themselves."""
    if name not in tables():
        return name
    return f"{name} | where ofWindow(TimeGenerated) | where ofResource(_ResourceId)"
