"""Let no check say that something is absent where the rows that would show it are missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from shared.playbooks.diagnosis import Evidence, TableCoverage, Verdict
from shared.playbooks.playbook import TableGroup
from shared.queries.categories import CATEGORIES, named


@dataclass(frozen=True, slots=True)
class Proof:
    """What the tables of a run can prove by their silence."""

    coverage: Mapping[str, TableCoverage]  # by table
    missing: frozenset[str]  # tables that the workspace never received

    def seen(self, evidence: Evidence, needs: Sequence[TableGroup]) -> Evidence:
        """Return the evidence of a check, which rules nothing out that no table could have shown."""
        lost = [group for group in needs if not any(map(self._is_collected, group))]
        is_unseen = lost and evidence.verdict is Verdict.REFUTED
        return self._unseen(evidence, lost) if is_unseen else evidence

    def covered(self, evidence: Evidence, needs: Sequence[TableGroup]) -> Evidence:
        """Return the evidence of a check, which rules nothing out that lies where its tables have no rows."""
        open_groups = [group for group in needs if self._hole(group)]
        is_open = open_groups and evidence.verdict is Verdict.REFUTED
        return self._unproven(evidence, open_groups) if is_open else evidence

    def _is_collected(self, table: str) -> bool:
        """Tell whether rows of the resource come into a table; only its own categories show that by their rows."""
        if table in self.missing:
            return False
        coverage = self.coverage.get(table)
        return table not in CATEGORIES or coverage is None or coverage.oldest is not None

    def _hole(self, group: TableGroup) -> str:
        """Say what a group leaves out of the window; "" where one of its tables covers it."""
        collected = [table for table in group if self._is_collected(table)]
        notes = {table: self._note(table) for table in collected}
        if not all(notes.values()):
            return ""
        return " and ".join(f"{table} holds {note}" for table, note in notes.items())

    def _note(self, table: str) -> str:
        coverage = self.coverage.get(table)
        return coverage.note if coverage else ""

    def _unseen(self, evidence: Evidence, groups: Sequence[TableGroup]) -> Evidence:
        tables = "; ".join(" or ".join(map(named, group)) for group in groups)
        summary = f"Not examined: no rows of this resource in {tables}, which would show it."
        return _undecided(evidence, Verdict.NO_DATA, summary, groups)

    def _unproven(self, evidence: Evidence, groups: Sequence[TableGroup]) -> Evidence:
        holes = "; ".join(map(self._hole, groups))
        summary = f"Not ruled out, {holes}. In these rows: {evidence.summary}"
        return _undecided(evidence, Verdict.INCONCLUSIVE, summary, groups)


def _undecided(evidence: Evidence, verdict: Verdict, summary: str, groups: Sequence[TableGroup]) -> Evidence:
    lacking = tuple(sorted({table for group in groups for table in group}))
    return replace(evidence, verdict=verdict, strength=0.0, summary=summary, onset=None, lacking=lacking)
