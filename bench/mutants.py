"""Print how many changes of the modules that decide were noticed by a test, and each that was not. Run by `make mutants`."""

import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping

LEAST_SHARE = 0.85
_SURVIVORS = {"survived", "no tests", "suspicious"}


def main() -> int:
    """Print a line for each module and each survivor; return 1 where too few were killed."""
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
    return 0 if share >= LEAST_SHARE else 1


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
