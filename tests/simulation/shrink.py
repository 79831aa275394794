"""Make a failing seed small: drop decisions and parts of its story for as long as it still fails."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.simulation.stage import Outcome

_MOST_RUNS = 150

Play = Callable[[frozenset[str]], Outcome]  # with these decisions alone


@dataclass
class _Search:
    play: Play
    best: Outcome
    runs: int = 0

    def fails_without(self, dropped: Sequence[str]) -> bool:
        """Play without some decisions; where it still fails in the same way, that is the best so far."""
        self.runs += 1
        outcome = self.play(frozenset(self.best.made) - frozenset(dropped))
        if outcome.kind != self.best.kind:
            return False
        self.best = outcome
        return True


def shrunk(outcome: Outcome, play: Play, most_runs: int = _MOST_RUNS) -> Outcome:
    """Return an outcome that fails in the same way with fewer decisions."""
    search = _Search(play, outcome)
    size = max(1, len(outcome.made) // 2)
    while size and search.runs < most_runs:
        start, has_dropped = 0, False
        while start < len(search.best.made) and search.runs < most_runs:
            if search.fails_without(search.best.made[start : start + size]):
                has_dropped = True  # what follows stands at the same place now
            else:
                start += size
        size = size if has_dropped and size == 1 else size // 2
    return search.best


def told(outcome: Outcome) -> str:
    """Write a failing seed for people: what is wrong, what was decided, and a line for each request."""
    return "\n".join(
        [
            f"seed {outcome.seed}: {outcome.wrong}",
            "decisions:",
            *(f"  {decision}" for decision in outcome.made),
            f"{outcome.requests} requests:",
            *outcome.lines,
        ]
    )
