"""A log store for tests: answers by what a text contains, and remembers what it was asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.queries.logs import LogAnswer, QueryError


def row(
    verdict: str, strength: float = 0.9, onset: datetime | None = None, **numbers: object
) -> Mapping[str, object]:
    """Return what a check answers."""
    return {
        "Verdict": verdict,
        "Strength": strength,
        "Summary": f"It is {verdict}.",
        "Onset": onset,
        **numbers,
    }


@dataclass
class FakeLogs:
    """Answers the first entry whose key stands in the text; counts rows as `rows`."""

    answers: Mapping[str, Mapping[str, object] | QueryError]
    rows: int = 90
    queries: list[str] = field(default_factory=list)

    def query(self, text: str, within: timedelta) -> LogAnswer:
        if "| take 0 |" in text:
            return LogAnswer(())  # every table is there
        self.queries.append(text)
        if text.endswith("Rows = sum(Rows)"):
            return LogAnswer(({"Rows": self.rows},))
        for key, answer in self.answers.items():
            if key in text:
                if isinstance(answer, QueryError):
                    raise answer
                return LogAnswer((answer,))
        raise AssertionError(f"nobody planned an answer for: {text[-300:]}")
