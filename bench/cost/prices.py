"""Prices, which stand in a file with where and when each was read."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

FILE = Path(__file__).with_name("prices.yaml")


@dataclass(frozen=True, slots=True)
class Price:
    """A price of so many of something.

    Attributes:
        usd: None where nobody could be found who says it.
        free: how many of them are free each month.
        price: where Microsoft publishes it.
        source: where ours was read.
        dated: of when that text is.
    """

    usd: float | None
    per: float
    free: float
    price: str
    source: str
    dated: str

    def of(self, amount: float) -> float | None:
        """Return what so many cost in a month."""
        return None if self.usd is None else max(0.0, amount - self.free) * self.usd / self.per

    def of_more(self, amount: float, others: float) -> float | None:
        """Return what so many cost beside others, which have used up what is free first."""
        both, alone = self.of(amount + others), self.of(others)
        return None if both is None or alone is None else both - alone


def read_prices(file: Path = FILE) -> Mapping[str, Price]:
    """Read the file."""
    entries = yaml.safe_load(file.read_text(encoding="utf-8"))
    return {name: Price(**{**fields, "dated": str(fields["dated"])}) for name, fields in entries.items()}
