"""What a broken objective is: which signal, since when, and the numbers that prove it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

ALERT = "alert: "  # before the name of a rule of Azure Monitor, where it stands for a signal


@dataclass(frozen=True, slots=True)
class Breach:
    """One signal of one resource that breaks its objective.

    `onset` is the start of the first bad bucket of this episode, `last_bad` the end of the last one.
    """

    resource: str
    signal: str
    symptom: str
    rule: str  # the window or the limit that was broken, in words: "burn 14.4 over 1 h and 5 min"
    onset: datetime
    last_bad: datetime
    bad: float  # events from onset to last_bad
    total: float
    peak_ratio: float  # the worst bucket's share of bad events, 0..1; 1 for a signal without a total
    reasons: Mapping[str, float] = field(default_factory=dict)
    sample: str = ""
    alert: str = ""  # the sentence of an alert, where it and no count of ours says so
