"""A breach: which signal broke its objective, since when, and the numbers that prove it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

ALERT = "alert: "  # prefix of `Breach.signal` where that is not a signal but the name of an Azure Monitor alert rule


@dataclass(frozen=True, slots=True)
class Breach:
    """One episode in which a signal of a resource breaks its objective.

    `onset` is the start of the first bad bucket of the episode, `last_bad` the end of the last one; where the minutes
    show it, both are those of minutes.
    """

    resource: str
    signal: str
    symptom: str
    rule: str  # the broken window or limit, as text: "burn 14.4 over 1 h and 5 min"
    onset: datetime
    last_bad: datetime
    bad: float  # events from onset to last_bad
    total: float
    peak_ratio: float  # the worst bucket's share of bad events, 0..1; 1 for a signal without a total
    reasons: Mapping[str, float] = field(default_factory=dict)  # bad events by reason, most frequent first
    sample: str = ""  # a raw text of an event without a known reason, redacted
    alert: str = ""  # the sentence of an alert, where the breach comes from an alert and not from our counts
    azure_alert: str = ""  # the ARM id of that alert, where it has one
    by_minute: bool = False  # seen in the minutes alone: no window is broken
