"""How long an incident took to be seen, explained and ended."""

from dataclasses import dataclass
from datetime import timedelta

from shared.incidents.incident import Incident


@dataclass(frozen=True, slots=True)
class Durations:
    """Detection counts from the first bad bucket, the others from detection; None is what has not happened."""

    detect: timedelta
    diagnose: timedelta | None
    resolve: timedelta | None

    def rows(self) -> tuple[tuple[str, str], ...]:
        """Return the name of each and its length in words."""
        diagnosed = (
            f"{in_words(self.diagnose)} after detection" if self.diagnose is not None else "no cause found"
        )
        ended = f"{in_words(self.resolve)} after detection" if self.resolve is not None else "not yet"
        return (
            ("Detected", f"{in_words(self.detect)} after it began"),
            ("Diagnosed", diagnosed),
            ("Resolved", ended),
        )


def durations(incident: Incident) -> Durations:
    """Measure an incident; of several causes the first counts."""
    first_cause_at = incident.first_cause_at
    return Durations(
        detect=incident.opened_at - incident.onset,
        diagnose=first_cause_at - incident.opened_at if first_cause_at else None,
        resolve=incident.closed_at - incident.opened_at if incident.closed_at else None,
    )


def in_words(length: timedelta) -> str:
    """Write a length of time for a person, in its two largest units."""
    rest = max(0, round(length.total_seconds()))
    parts: list[tuple[int, str]] = []
    for name, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        count, rest = divmod(rest, size)
        if count or parts:
            parts.append((count, name))
    return " ".join(f"{count} {name}" for count, name in parts[:2] if count) or "0 s"
