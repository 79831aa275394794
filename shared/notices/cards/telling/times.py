"""Write moments on a card: in UTC, or for Teams to write in the reader's own zone."""

from dataclasses import dataclass
from datetime import UTC, date, datetime


@dataclass(frozen=True, slots=True)
class Times:
    """How one card writes moments; `today` is the UTC date on which it is read, whose moments stand without a date.

    With `is_local` Teams fills in the reader's own time, in a TextBlock of the body only: not in columns, facts or text
    runs (adaptive cards, "text features"). What the card says there and on a lock screen stays UTC.
    """

    today: date
    is_local: bool = False

    def write(self, moment: datetime) -> str:
        """Write a moment in a TextBlock of the body."""
        if not self.is_local:
            return self.utc(moment)
        second = f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        day = "" if self._is_today(moment) else f"{{{{DATE({second}, SHORT)}}}} "
        return f"{day}{{{{TIME({second})}}}}"

    def utc(self, moment: datetime) -> str:
        """Write a moment in UTC, which is right everywhere."""
        form = "%H:%M" if self._is_today(moment) else "%Y-%m-%d %H:%M"
        return f"{moment.astimezone(UTC):{form}} UTC"

    def _is_today(self, moment: datetime) -> bool:
        return moment.astimezone(UTC).date() == self.today
