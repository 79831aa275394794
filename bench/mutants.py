"""Count how many changes of the modules that decide a test notices, and name each that none does. Run by `make mutants`."""

import shutil
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path

LEAST_SHARE = 0.85
_FOLDER = Path("mutants")  # where mutmut keeps the changed copy of the code, and its results
_SURVIVORS = {"survived", "no tests", "suspicious"}


def main() -> int:
    """Run every mutant, print a line for each module and each survivor; return 1 where too few were killed."""
    start = time.monotonic()
    if not _run():
        return 1
    outcomes = _outcomes()
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for mutant, outcome in outcomes.items():
        counts[_module(mutant)][outcome] += 1
    for module, count in sorted(counts.items()):
        print(
            f"{module:48} {_killed(count):4} of {count.total():4} killed ({_killed(count) / count.total():.1%})"
        )
    whole = Counter(outcomes.values())
    share = _killed(whole) / max(1, whole.total())
    print(
        f"{'all':48} {_killed(whole):4} of {whole.total():4} killed ({share:.1%}); expected at least {LEAST_SHARE:.0%}"
    )
    for mutant in sorted(mutant for mutant, outcome in outcomes.items() if outcome in _SURVIVORS):
        print(f"survived: {mutant}  (mutmut show {mutant})")
    print(f"took {(time.monotonic() - start) / 60:.0f} minutes")
    return 0 if share >= LEAST_SHARE else 1


def _run() -> bool:
    """Run the tests on each mutant, all of them afresh: mutmut keeps a result though the tests have changed since."""
    shutil.rmtree(_FOLDER, ignore_errors=True)
    process = subprocess.run(
        [sys.executable, "-m", "mutmut", "run"],
        check=False,
        capture_output=not sys.stdout.isatty(),
        text=True,
    )
    if process.returncode != 0 and process.stderr is not None:
        print(process.stdout, process.stderr, sep="\n", file=sys.stderr)
    return process.returncode == 0


def _outcomes() -> Mapping[str, str]:
    """Return what became of each mutant, by its name."""
    listing = subprocess.run(
        [sys.executable, "-m", "mutmut", "results", "--all", "true"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    pairs = (line.strip().rpartition(": ") for line in listing.splitlines() if ": " in line)
    return {mutant: outcome for mutant, _, outcome in pairs}


def _module(mutant: str) -> str:
    return mutant.rpartition(".")[0]


def _killed(count: Counter[str]) -> int:
    return count["killed"] + count["timeout"] + count["segfault"]


if __name__ == "__main__":
    sys.exit(main())
