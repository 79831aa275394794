"""A log store for tests: answers by what a text contains, and remembers what it was asked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from shared.queries.logs import LogAnswer, QueryError

NIGHT = datetime(2026, 11, 20, 3, tzinfo=UTC)


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


def covered(table: str, rows: int) -> Mapping[str, object]:
    """Return what the query for the coverage of a table answers, of rows from everywhere in an hour."""
    first, last = (NIGHT + timedelta(minutes=minute) for minute in (0, 59))
    held = {"First": first, "Last": last, "Oldest": first, "Newest": last} if rows else {}
    nothing = {"First": None, "Last": None, "Oldest": None, "Newest": None}
    counts = {"Held": rows, "Ours": rows, "Seen": rows, "Slots": "[]"}
    return {"Table": table, **counts, **nothing, **held}


@dataclass
class FakeLogs:
    """Answers the first entry whose key stands in the text; counts rows as `rows`."""

    answers: Mapping[str, Mapping[str, object] | QueryError]
    rows: int = 90
    queries: list[str] = field(default_factory=list)

    def query(self, text: str, within: timedelta) -> LogAnswer:
        if "| take 0 |" in text:
            return LogAnswer(())  # every table is there
        if "make_list(Row)" in text:
            return LogAnswer(({"Rows": "[]", "Held": 1},))  # nothing was changed
        self.queries.append(text)
        if "Slots = tostring(make_list(" in text:
            return LogAnswer(
                tuple(covered(table, self.rows) for table in re.findall(r'Table = "(\w+)"', text))
            )
        if text.endswith("Rows = sum(Rows)"):
            return LogAnswer(({"Rows": self.rows},))
        for key, answer in self.answers.items():
            if key in text:
                if isinstance(answer, QueryError):
                    raise answer
                return LogAnswer((answer,))
        raise AssertionError(f"nobody planned an answer for: {text[-300:]}")
