"""What importing and indexing the app costs, against a bare import of azure.functions."""

import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from rich.table import Table

ROOT = Path(__file__).parents[1]
BARE = "import azure.functions"
INDEXED = "import function_app; function_app.app.get_functions()"


def measure(starts: int) -> Table:
    """Start fresh interpreters of both kinds in turn, so that a busy moment hits both."""
    seconds: dict[str, list[float]] = {BARE: [], INDEXED: []}
    for _ in range(starts + 1):  # the first of each compiles bytecode, and does not count
        for code, measured in seconds.items():
            measured.append(_start(code))
    bare, indexed = (median(seconds[code][1:]) for code in (BARE, INDEXED))
    table = Table(title=f"Cold start, median of {starts}", box=None, title_justify="left")
    for column in ("", "ms", "ratio"):
        table.add_column(column, justify="right" if column else "left")
    table.add_row(BARE, f"{bare * 1000:.0f}", "1.00")
    table.add_row("import and index of function_app", f"{indexed * 1000:.0f}", f"{indexed / bare:.2f}")
    return table


def _start(code: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)  # noqa: S603  our own interpreter
    return time.perf_counter() - began
