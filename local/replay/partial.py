"""Diagnose a case on a part of its rows: with a table left out, or cut after so many rows have arrived."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from local.exports import read_folder
from local.replay.case import Case
from local.workspace.arrival import with_arrival
from local.workspace.database import INGESTION_TIME, LogRow
from local.workspace.memory import Memory, RememberingLogs, Rows
from shared.playbooks.diagnosis import Conclusion, Diagnosis, Verdict
from shared.playbooks.loading.load import load_library
from shared.playbooks.playbook import Playbook
from shared.playbooks.run import diagnose
from shared.playbooks.survey import survey

PARTS = 10  # of a case that is cut again and again
_NEVER = datetime.max.replace(tzinfo=UTC)


# Cases of which the rows that come first show another cause than all of them, and why that cannot be known earlier.
CORRECTED: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Answer:
    """What one diagnosis says: its conclusion, its cause as `playbook/hypothesis`, and what it rules out."""

    conclusion: str
    cause: str | None
    ruled_out: frozenset[str] = frozenset()

    def contradicts(self, cause: str) -> bool:
        """Tell whether this later answer takes back a cause that was told."""
        if self.conclusion == Conclusion.NOTHING_FOUND or cause in self.ruled_out:
            return True
        return self.cause is not None and self.cause != cause


@dataclass(frozen=True, slots=True)
class Answers:
    """What the playbook of a case says by its name, and what `auto` says; None where that was not asked."""

    by_name: Answer
    by_auto: Answer | None

    def faults(self, case: Case, full: "Answers") -> list[str]:
        """Say which of the two names a wrong cause, or gives an all-clear where the full rows have a cause."""
        right = allowed_causes(case, full)
        named = (("by name", self.by_name, full.by_name), ("by auto", self.by_auto, full.by_auto))
        return [
            fault
            for way, answer, whole in named
            if answer is not None and whole is not None
            for fault in _faults(way, answer, whole, right)
        ]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the rows of a case; `auto` tells whether it is diagnosed by auto, too."""

    label: str
    rows: Rows
    auto: bool


@dataclass(frozen=True, slots=True)
class Matrix:
    """What a case says on all of its rows and on parts of them, and what is wrong with that."""

    lines: tuple[tuple[str, Answers], ...]
    faults: tuple[str, ...]


def matrix_of(case: Case, parts: Iterable[Part], memory: Memory) -> Matrix:
    """Diagnose a case on all of its rows and on these parts."""
    full = answers_on(case, rows_of(case), memory)
    lines = [(part.label, answers_on(case, part.rows, memory, auto=part.auto)) for part in parts]
    faults = [f"{label}: {fault}" for label, answers in lines for fault in answers.faults(case, full)]
    told = [answers.by_name for _, answers in lines if answers.by_auto is None]
    return Matrix((("all", full), *lines), (*faults, *contradictions(case, told)))


def parts_of(case: Case) -> list[Part]:
    """Return all rows but one table, for each table, and the rows that have arrived after each tenth of them."""
    rows = rows_of(case)
    tables = [Part(f"without {table}", rest, auto=True) for table, rest in without_each_table(rows)]
    tenths = [Part(f"after {tenth}/{PARTS}", first, auto=False) for tenth, first in after_each_part(rows)]
    return tables + tenths


def rows_of(case: Case) -> Rows:
    """Return the rows of a case, each with the time at which it arrived."""
    return with_arrival(read_folder(case.folder).tables)


def without_each_table(rows: Rows) -> Iterator[tuple[str, Rows]]:
    """Yield the rows without each table, with the name of the table."""
    for table in rows:
        yield table, {name: held for name, held in rows.items() if name != table}


def after_each_part(rows: Rows) -> Iterator[tuple[int, Rows]]:
    """Yield the rows that have arrived after each tenth of them, with the number of the tenth."""
    arrivals = sorted(_arrival(row) for held in rows.values() for row in held)
    for part in range(1, PARTS + 1):
        if arrivals:
            until = arrivals[max(0, len(arrivals) * part // PARTS - 1)]
            yield part, {name: [row for row in held if _arrival(row) <= until] for name, held in rows.items()}


def answers_on(case: Case, rows: Rows, memory: Memory | None = None, *, auto: bool = True) -> Answers:
    """Diagnose a case on these rows, by name and by auto; `memory` holds what other parts of it answered."""
    logs = RememberingLogs(rows, memory or Memory())
    by_name = _answer(diagnose(case.known_playbook(), logs.run_on(case.scope), load_library()))
    if not auto:
        return Answers(by_name, None)
    return Answers(by_name, _answer(survey(_of_service(case), logs.run_on(case.scope)).strongest))


def contradictions(case: Case, answers: Iterable[Answer]) -> Iterator[str]:
    """Say which causes that were told on the first rows are taken back on more of them, unless the case is known for it."""
    told: str | None = None
    for answer in answers:
        if told and answer.contradicts(told) and case.name not in CORRECTED:
            yield f"{told} is taken back: {answer.cause or answer.conclusion}"
        told = answer.cause or told


def _answer(diagnosis: Diagnosis) -> Answer:
    ruled_out = (
        f"{diagnosis.playbook}/{finding.hypothesis}"
        for finding in diagnosis.findings
        if finding.evidence.verdict is Verdict.REFUTED
    )
    cause = _qualified(diagnosis.playbook, diagnosis.cause)
    return Answer(str(diagnosis.conclusion), cause, frozenset(ruled_out))


def allowed_causes(case: Case, full: Answers) -> set[str]:
    """Return the causes that are right: what the case names, and what the full rows say."""
    named = {_qualified(case.playbook, name) for name in (case.cause, *case.also_supported) if name}
    answered = (answer.cause for answer in (full.by_name, full.by_auto) if answer)
    return {cause for cause in (*named, *answered) if cause}


def _faults(way: str, answer: Answer, full: Answer, right: set[str]) -> Iterator[str]:
    if answer.cause and answer.cause not in right:
        yield f"{way}: wrong cause {answer.cause}"
    if answer.conclusion == Conclusion.NOTHING_FOUND and full.cause:
        yield f"{way}: nothing-found, the full rows have {full.cause}"


def _of_service(case: Case) -> list[Playbook]:
    service = case.known_playbook().service
    return [playbook for playbook in load_library().values() if playbook.service == service]


def _qualified(playbook: str, cause: str | None) -> str | None:
    return cause if cause is None or "/" in cause else f"{playbook}/{cause}"


def _arrival(row: LogRow) -> datetime:
    arrival = row.get(INGESTION_TIME)
    return arrival if isinstance(arrival, datetime) else _NEVER
