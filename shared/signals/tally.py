"""Turn the rows that a family's text returns into counts of watched resources."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import cast

from shared.signals.counts import BucketSum, Count

Row = Mapping[str, object]


def tally(rows: Iterable[Row], owners: Callable[[str], Sequence[str]], as_of: datetime) -> tuple[Count, ...]:
    """Sum the rows by watched resource, signal and bucket.

    `owners` returns the ids of the watched resources that a row's own `Resource` counts for.

    Raises:
        KeyError: a row lacks a column of a family (`shared.signals.family.LogFamily`).
    """
    sums: dict[tuple[str, str, datetime], BucketSum] = {}
    for row in rows:
        for owner in owners(str(row["Resource"])):
            key = (owner, str(row["Signal"]), cast(datetime, row["Bucket"]))
            _add(sums.setdefault(key, BucketSum()), row)
    return tuple(sums[key].count(*key, as_of) for key in sorted(sums))


def _add(sums: BucketSum, row: Row) -> None:
    sums.add(str(row["Reason"]) if row["IsBad"] else None, float(cast(float, row["Events"])))
    if row["IsBad"]:
        # The greatest of several, so that every poll keeps the same one.
        sums.sample = max(sums.sample, str(row["Sample"] or ""))
