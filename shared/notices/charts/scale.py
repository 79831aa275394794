"""Where a moment lies from left to right, and which moments are written below."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.notices.charts.series import TimeSpan

# Pixels of a letter of 12 pixels, about those of Segoe UI and of Open Sans, which is the wider one.
_LETTER, _NARROW, _CAPITAL, _WIDE = 6.6, 4.0, 8.4, 11.0
_WIDTHS = dict.fromkeys(" fijlrtI.,:;'|!()[]/-", _NARROW) | dict.fromkeys("mwMW%@…", _WIDE)
_MINUTES = (5, 10, 15, 20, 30, 60, 120, 180, 360, 720, 1_440, 2_880, 7_200, 14_400, 43_200)


@dataclass(frozen=True, slots=True)
class TimeScale:
    """A span of time between two places on the paper, in pixels."""

    span: TimeSpan
    left: float
    right: float

    @property
    def step(self) -> float:
        """The width of a step of the span."""
        return (self.right - self.left) / self.span.steps

    def x(self, moment: datetime) -> float:
        """Return the place of a moment; one outside of the span lies at its edge."""
        part = (moment - self.span.since) / (self.span.until - self.span.since)
        return self.left + max(0.0, min(part, 1.0)) * (self.right - self.left)

    def holds(self, moment: datetime) -> bool:
        """Tell whether a moment lies within the span."""
        return self.span.since <= moment <= self.span.until

    def ticks(self, apart: float) -> Iterator[datetime]:
        """Yield round moments that lie at least so many pixels apart."""
        for minutes in _MINUTES:
            distance = timedelta(minutes=minutes)
            if (self.right - self.left) * (distance / (self.span.until - self.span.since)) >= apart:
                break
        seconds = int(distance.total_seconds())
        first = -(-int(self.span.since.timestamp()) // seconds) * seconds
        for at in range(first, int(self.span.until.timestamp()) + 1, seconds):
            yield datetime.fromtimestamp(at, UTC)


def width_of(text: str) -> float:
    """Estimate the width of a text of 12 pixels; a wide letter of Chinese or Japanese counts double."""
    return sum(map(_width_of_letter, text))


def fitted(text: str, width: float) -> str:
    """Return a text that is about so wide at most, cut where it must be."""
    if width_of(text) <= width:
        return text
    kept, room = 0, width - width_of("…")
    for letter in text:
        room -= _width_of_letter(letter)
        if room < 0:
            break
        kept += 1
    return f"{text[:kept].rstrip()}…" if kept else ""


def _width_of_letter(letter: str) -> float:
    other = _CAPITAL if letter.isupper() else _LETTER if ord(letter) < 0x2E80 else 2 * _LETTER
    return _WIDTHS.get(letter, other)
