"""Judge the counts of a resource: which objectives are broken, since when and by how much."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from shared.configuration.objectives import ObjectiveSettings
from shared.objectives.breach import Breach
from shared.objectives.episode import Span, span_of
from shared.objectives.history import History, histories
from shared.objectives.rules import Rule, rules_of
from shared.signals.counts import Count
from shared.signals.signal import BUCKET, Shape, Signal

RECENT = timedelta(minutes=90)  # beyond its signal's delay, a bucket that nothing touched is judged once more
_REASONS = 12
_PEAK = 5  # bad events that a bucket must have to be the worst one: `weigh` of judge.kql


def breaches(
    signals: Sequence[Signal],
    objectives: Mapping[str, ObjectiveSettings],
    series: Sequence[Count],
    ends: Collection[datetime],
    now: datetime,
) -> list[Breach]:
    """Return what breaks its objective, one per signal and episode, oldest first.

    `series` are the counts of one resource, as far back as `longest_window` reaches. Judged are the buckets that start
    at one of `ends` (those that a look touched) and the recent ones, each with windows that end where it ends.

    Raises:
        ValueError: the counts are of several resources.
    """
    by_signal, touched = histories(series), frozenset(ends)
    found = [
        breach
        for signal in signals
        if signal.id in by_signal and (settings := objectives.get(signal.id)) and settings.enabled
        for breach in _of_signal(signal, settings, by_signal[signal.id], touched, now)
    ]
    return sorted(found, key=lambda breach: (breach.onset, breach.signal))


def broken_rule(history: History, rules: Sequence[Rule], end: datetime) -> Rule | None:
    """Return the first rule that is broken where a bucket ends."""
    for rule in rules:
        short = history.window(end - rule.short, end)
        # The short window is cheap and good nearly always.
        if short.bad > 0 and rule.broken_by(history.window(end - rule.long, end), short):
            return rule
    return None


def _of_signal(
    signal: Signal, settings: ObjectiveSettings, history: History, ends: Collection[datetime], now: datetime
) -> list[Breach]:
    rules = rules_of(signal.shape, settings)
    episodes: list[tuple[Span, Rule]] = []
    for count in history.counts:
        end = count.bucket + BUCKET
        if count.bucket not in ends and end < now - signal.delay - RECENT:
            continue
        rule = broken_rule(history, rules, end)
        if rule is not None:
            _join(episodes, span_of(history, signal.shape, settings, rule, end), rule, rules)
    return [_breach(signal, history, span, rule) for span, rule in episodes]


def _join(episodes: list[tuple[Span, Rule]], span: Span, rule: Rule, rules: Sequence[Rule]) -> None:
    """Add an episode; what touches it is one with it, named by its most urgent rule."""
    while episodes and span.onset <= episodes[-1][0].last_bad:
        before, earlier = episodes.pop()
        span, rule = span.joined(before), min(rule, earlier, key=rules.index)
    episodes.append((span, rule))


def _breach(signal: Signal, history: History, span: Span, rule: Rule) -> Breach:
    counts = history.between(span.onset, span.last_bad)
    bad, total = history.window(span.onset, span.last_bad)
    dense = [count.bad / count.total for count in counts if count.bad >= _PEAK]
    return Breach(
        resource=counts[0].resource,
        signal=signal.id,
        symptom=signal.symptom,
        rule=rule.words,
        onset=span.onset,
        last_bad=span.last_bad,
        bad=bad,
        total=total,
        peak_ratio=1.0 if signal.shape is Shape.VALUE else max((bad / total, *dense)),
        reasons=_reasons(counts),
        sample=next((count.sample for count in reversed(counts) if count.sample), ""),
    )


def _reasons(counts: Sequence[Count]) -> Mapping[str, float]:
    merged: dict[str, float] = {}
    for count in counts:
        for reason, events in count.reasons.items():
            merged[reason] = merged.get(reason, 0) + events
    return dict(sorted(merged.items(), key=lambda item: (-item[1], item[0]))[:_REASONS])
