"""Write the last hour as twelve blocks of text, which every phone shows: one block for 5 minutes, oldest first."""

import math
from collections.abc import Sequence

BLOCKS = "▁▂▃▄▅▆▇█"
NOTHING = "·"  # 5 minutes without events
# The share that a full block stands for: one of few, so that two cards of one large incident compare.
TOPS = (0.05, 0.10, 0.25, 1.0)


def top_of(shares: Sequence[float | None]) -> float:
    """Return the share, 0 to 1, that a full block stands for: the smallest of `TOPS` that holds the peak."""
    peak = max((share for share in shares if share is not None), default=0.0)
    return next((top for top in TOPS if peak <= top), TOPS[-1])


def strip(shares: Sequence[float | None]) -> str:
    """Write a block for each share, 0 to 1; None, where nothing happened, is a dot and never a low block."""
    top = top_of(shares)
    return "".join(NOTHING if share is None else _block(share / top) for share in shares)


def _block(height: float) -> str:
    # Rounded, so that 0.15 of 0.25 is not a hair above its block.
    place = math.ceil(round(height * len(BLOCKS), 9))
    return BLOCKS[min(max(place, 1), len(BLOCKS)) - 1]
