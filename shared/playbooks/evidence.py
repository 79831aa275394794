"""Turn the outcome of a query into evidence; a query that was not answered gives a verdict too, never `refuted`."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime

from shared.playbooks.diagnosis import Evidence, Number, Unexplained, Verdict
from shared.queries.logs import Failure, LogAnswer, QueryError
from shared.queries.run import Outcome
from shared.queries.together import RESULT_COLUMNS

PERMISSION = "permission to read the workspace"  # what a check lacks that the workspace refuses
MOST_UNEXPLAINED = 3  # groups that a diagnosis names


def evidence_of(outcome: Outcome, query: str) -> Evidence:
    """Return the evidence in the one row that every check returns; `query` is the complete text that was run."""
    if isinstance(outcome, QueryError):
        verdict = Verdict.NO_DATA if outcome.failure is Failure.MISSING_TABLE else Verdict.FAILED
        lacking = filter(None, (outcome.table, PERMISSION if outcome.failure is Failure.PERMISSION else None))
        summary = f"Not examined: {outcome.failure}. {outcome.message}"
        return Evidence(verdict, 0.0, summary, query=query, lacking=tuple(lacking))
    if not outcome.rows:
        return Evidence(Verdict.NO_DATA, 0.0, "The workspace answered without any row.", query=query)
    try:
        evidence = _read(outcome.rows[0], query)
    except (KeyError, ValueError, TypeError) as error:
        return Evidence(
            Verdict.FAILED, 0.0, f"The check answered a row that cannot be read: {error!r}.", query=query
        )
    return _distrust(evidence, outcome) if outcome.partial else evidence


def unexplained_of(outcome: Outcome | None) -> tuple[tuple[Unexplained, ...], int | None]:
    """Return the bad events that no hypothesis explains, in groups, and how many they are altogether.

    Their number is None where the query was not answered, or in another form; without a query it is zero.
    """
    if isinstance(outcome, QueryError):
        return (), None
    if outcome is None or not outcome.rows:
        return (), 0
    try:
        # In one query with others they come in any order.
        groups = sorted(map(_unexplained, outcome.rows), key=lambda group: (-group.events, group.text))
        total = max(_count(row["Total"]) or 0 for row in outcome.rows)
    except (KeyError, ValueError):
        return (), None
    # On a part of the rows others may be left out.
    return tuple(groups[:MOST_UNEXPLAINED]), None if outcome.partial else total


def _unexplained(row: Mapping[str, object]) -> Unexplained:
    return Unexplained(str(row["Text"]), _count(row["Events"]) or 0, _count(row["Callers"]))


def _count(value: object) -> int | None:
    return None if value is None else round(float(str(value)))


def _read(row: Mapping[str, object], query: str) -> Evidence:
    return Evidence(
        verdict=Verdict(str(row["Verdict"])),
        strength=_strength(row["Strength"]),
        summary=str(row["Summary"]),
        onset=_moment(row["Onset"]),
        numbers={name: _number(value) for name, value in row.items() if name not in RESULT_COLUMNS},
        query=query,
    )


def _distrust(evidence: Evidence, outcome: LogAnswer) -> Evidence:
    """Return evidence that was computed on only some of the rows as inconclusive."""
    summary = f"Only part of the rows could be read ({outcome.partial}); on those: {evidence.summary}"
    return Evidence(Verdict.INCONCLUSIVE, 0.0, summary, evidence.onset, evidence.numbers, evidence.query)


def _strength(value: object) -> float:
    strength = float(str(value)) if value is not None else 0.0
    return min(1.0, max(0.0, strength)) if math.isfinite(strength) else 0.0


def _moment(value: object) -> datetime | None:
    if value is None or isinstance(value, datetime):
        return value.astimezone(UTC) if value else None
    raise TypeError(f"Onset is {value!r}, not a datetime")


def _number(value: object) -> Number:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    return value if isinstance(value, str | int | bool) or value is None else str(value)
