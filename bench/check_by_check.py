"""The former way to diagnose, as a baseline: each check is a query of its own."""

from collections.abc import Mapping, Sequence
from itertools import chain

from shared.queries.run import Outcome, Run


class CheckByCheck(Run):
    """Runs every check singly, at most four at a time."""

    def ask_all(self, checks: Sequence[str], groups: Sequence[Sequence[str]] = ()) -> Mapping[str, Outcome]:
        """Run checks and return the outcome of each by its text."""
        return super().ask_all([*checks, *chain(*groups)])
