"""Diagnose every case on a part of its rows, and print both matrices: `python -m bench.partial [CASE ...]`.

Each table is left out in turn, by name and by auto, and each case is cut after each tenth of its rows by arrival, by
name. It fails where a cause is wrong, or an all-clear is given on rows of which the rest names a cause, or a cause that
was told is taken back on more rows.
"""

import argparse
import random
import sys
from collections.abc import Iterator

from rich.table import Table

from local.output.console import console_for
from local.replay.case import Case, all_cases, find_case
from local.replay.partial import (
    PARTS,
    Answer,
    Answers,
    after_each_part,
    answers_on,
    contradictions,
    rows_of,
    without_each_table,
)
from local.workspace.memory import Memory, Rows

_SHORT = {"nothing-found": "clear", "inconclusive": "open", "no-data": "no data", "failed": "failed"}


def main() -> int:
    """Print the matrices; return 1 where an answer is wrong."""
    parser = argparse.ArgumentParser(prog="python -m bench.partial", description=__doc__)
    parser.add_argument("cases", nargs="*", metavar="CASE", help="these cases; all of them by default")
    parser.add_argument("--sample", type=int, metavar="N", help="so many cases, drawn")
    parser.add_argument("--seed", type=int, default=random.randrange(2**32), help="of the drawing")  # noqa: S311
    options = parser.parse_args()
    cases = [find_case(name) for name in options.cases] or all_cases()
    if options.sample:
        print(f"seed {options.seed}")
        cases = random.Random(options.seed).sample(cases, min(options.sample, len(cases)))  # noqa: S311
    console = console_for(sys.stdout)
    faults = []
    for case in cases:
        memory = Memory()
        table, found = matrices(case, memory)
        faults += [f"{case.name}, {fault}" for fault in found]
        console.print(table)
        for fault in found:
            console.print(fault, style="red")
        console.print(f"{memory.asked} texts, {memory.answered} of them run\n", style="dim")
    console.print(f"{len(cases)} cases, {len(faults)} faults")
    return 1 if faults else 0


def matrices(case: Case, memory: Memory) -> tuple[Table, list[str]]:
    """Return both matrices of a case as one table, and what is wrong in them."""
    rows = rows_of(case)
    full = answers_on(case, rows, memory)
    table = Table(title=case.name, title_justify="left", box=None)
    for column in ("rows", "by name", "by auto"):
        table.add_column(column)
    table.add_row("all", _cell(full.by_name), _cell(full.by_auto))
    faults, cuts = [], []
    for label, answers in _parts(case, rows, memory):
        table.add_row(label, _cell(answers.by_name), _cell(answers.by_auto))
        faults += [f"{label}: {fault}" for fault in answers.faults(case, full)]
        if answers.by_auto is None:
            cuts.append(answers.by_name)
    return table, [*faults, *contradictions(case, cuts)]


def _parts(case: Case, rows: Rows, memory: Memory) -> Iterator[tuple[str, Answers]]:
    for name, held in without_each_table(rows):
        yield f"without {name}", answers_on(case, held, memory)
    for part, held in after_each_part(rows):
        yield f"after {part}/{PARTS}", answers_on(case, held, memory, auto=False)


def _cell(answer: Answer | None) -> str:
    if answer is None:
        return ""
    return answer.cause or _SHORT.get(answer.conclusion, answer.conclusion)


if __name__ == "__main__":
    sys.exit(main())
