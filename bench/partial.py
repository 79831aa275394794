"""Diagnose every case on a part of its rows, and print both matrices: `python -m bench.partial [CASE ...]`.

Each table is left out in turn, by name and by auto, and each case is cut after each tenth of its rows by arrival, by
name. It fails where a cause is wrong, or an all-clear is given on rows of which the rest names a cause, or a cause that
was told is taken back on more rows.
"""

import argparse
import random
import sys

from rich.table import Table

from local.output.console import console_for
from local.replay.case import all_cases, find_case
from local.replay.partial import (
    Answer,
    Matrix,
    matrix_of,
    parts_of,
)
from local.workspace.memory import Memory

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
        matrix = matrix_of(case, parts_of(case), memory)
        faults += [f"{case.name}, {fault}" for fault in matrix.faults]
        console.print(table_of(case.name, matrix))
        for fault in matrix.faults:
            console.print(fault, style="red")
        console.print(f"{memory.asked} texts, {memory.answered} of them run\n", style="dim")
    console.print(f"{len(cases)} cases, {len(faults)} faults")
    return 1 if faults else 0


def table_of(name: str, matrix: Matrix) -> Table:
    """Return both matrices of a case as one table."""
    table = Table(title=name, title_justify="left", box=None)
    for column in ("rows", "by name", "by auto"):
        table.add_column(column)
    for label, answers in matrix.lines:
        table.add_row(label, _cell(answers.by_name), _cell(answers.by_auto))
    return table


def _cell(answer: Answer | None) -> str:
    if answer is None:
        return ""
    return answer.cause or _SHORT.get(answer.conclusion, answer.conclusion)


if __name__ == "__main__":
    sys.exit(main())
