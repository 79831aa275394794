"""Judge the counts of a resource: which objectives are broken, since when and by how much."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from shared.configuration.objectives import ObjectiveSettings
from shared.objectives.breach import Breach
from shared.objectives.by_minute import NO_NORMALS, alarms_by_minute, rule_by_minute
from shared.objectives.episode import Episode, episode_of
from shared.objectives.history import History, histories
from shared.objectives.rules import Rule, rules_of
from shared.objectives.sequential.alarm import Alarm
from shared.objectives.sequential.normal import Normal
from shared.signals.counts import MAX_REASONS, Count, most_frequent
from shared.signals.signal import BUCKET, Shape, Signal, bucket_of

# Buckets that ended at most so long ago, plus their signal's delay, are judged even if no new rows touched them.
RECENT = timedelta(minutes=90)
_PEAK_MIN_BAD = 5  # bad events that a bucket must have to be the worst one: `weigh` of judge.kql


def breaches(
    signals: Sequence[Signal],
    objectives: Mapping[str, ObjectiveSettings],
    series: Sequence[Count],
    starts: Collection[datetime],
    now: datetime,
    *,
    normals: Mapping[str, Normal] = NO_NORMALS,
) -> list[Breach]:
    """Return the breaches of a resource, one per signal and episode, oldest first.

    `series` are the counts of one resource, as far back as `longest_window` reaches. Judged are the buckets that start
    at one of `starts` (those that a poll touched) and the recent ones, each with windows that end where it ends.
    `normals` are those of the minutes, by signal. What both the windows and the minutes show is one breach; what the
    minutes alone show is one, too.

    Raises:
        ValueError: the counts are of several resources.
    """
    history_by_signal, touched = histories(series), frozenset(starts)
    breaches_by_signal = [
        breach
        for signal in signals
        if signal.id in history_by_signal and (settings := objectives.get(signal.id)) and settings.enabled
        for breach in _of_signal(
            signal, settings, history_by_signal[signal.id], touched, now, normal=normals.get(signal.id)
        )
    ]
    return sorted(breaches_by_signal, key=lambda breach: (breach.onset, breach.signal))


def broken_rule(history: History, rules: Sequence[Rule], end: datetime) -> Rule | None:
    """Return the first rule that is broken by windows that end at `end`, the end of a bucket."""
    for rule in rules:
        short = history.window(end - rule.short, end)
        # The short window is cheap and good nearly always.
        if short.bad > 0 and rule.broken_by(history.window(end - rule.long, end), short):
            return rule
    return None


def _of_signal(
    signal: Signal,
    settings: ObjectiveSettings,
    history: History,
    starts: Collection[datetime],
    now: datetime,
    *,
    normal: Normal | None,
) -> list[Breach]:
    alarms = alarms_by_minute(signal, settings, history, normal, now)
    of_windows = [
        (_sharpened(episode, alarms), rule)
        for episode, rule in _episodes(signal, settings, history, starts, now)
    ]
    found = [_breach(signal, history, episode, rule.text) for episode, rule in of_windows]
    alone = [
        alarm
        for alarm in alarms
        if not any(_touch(alarm, episode) for episode, _ in of_windows)
        and _is_judged(alarm, signal, starts, now)
    ]
    if alone and normal:
        # The newest: an older one has opened an incident in its time.
        episode = Episode(alone[-1].onset, alone[-1].last_bad)
        breach = _breach(signal, history, episode, rule_by_minute(normal))
        found.append(replace(breach, by_minute=True))
    return found


def _episodes(
    signal: Signal, settings: ObjectiveSettings, history: History, starts: Collection[datetime], now: datetime
) -> list[tuple[Episode, Rule]]:
    """Return the episodes that windows show, each with the most urgent of its rules."""
    rules = rules_of(signal.shape, settings)
    episodes: list[tuple[Episode, Rule]] = []
    for count in history.counts:
        end = count.bucket + BUCKET
        if count.bucket not in starts and end < now - signal.delay - RECENT:
            continue
        rule = broken_rule(history, rules, end)
        if rule is not None:
            _join(episodes, episode_of(history, signal.shape, settings, rule, end), rule, rules)
    return episodes


def _join(episodes: list[tuple[Episode, Rule]], episode: Episode, rule: Rule, rules: Sequence[Rule]) -> None:
    """Add an episode; episodes that touch become one, with the most urgent of their rules."""
    while episodes and episode.onset <= episodes[-1][0].last_bad:
        earlier_episode, earlier_rule = episodes.pop()
        episode, rule = episode.union(earlier_episode), min(rule, earlier_rule, key=rules.index)
    episodes.append((episode, rule))


def _sharpened(episode: Episode, alarms: Sequence[Alarm]) -> Episode:
    """Let the minutes say when the first bad bucket began to be bad, or that it was bad before."""
    for alarm in alarms:
        if not _touch(alarm, episode):
            continue
        is_within = bucket_of(alarm.onset) == episode.onset
        onset = alarm.onset if is_within else min(alarm.onset, episode.onset)
        episode = Episode(onset, max(alarm.last_bad, episode.last_bad))
    return episode


def _touch(alarm: Alarm, episode: Episode) -> bool:
    return alarm.onset < episode.last_bad and episode.onset < alarm.last_bad


def _is_judged(alarm: Alarm, signal: Signal, starts: Collection[datetime], now: datetime) -> bool:
    is_recent = alarm.last_bad >= now - signal.delay - RECENT
    return is_recent or any(bucket_of(alarm.onset) <= start < alarm.last_bad for start in starts)


def _breach(signal: Signal, history: History, episode: Episode, rule: str) -> Breach:
    first = bucket_of(episode.onset)
    counts = history.between(first, episode.last_bad)
    bad, total = history.window(first, episode.last_bad)
    ratios = [count.bad / count.total for count in counts if count.bad >= _PEAK_MIN_BAD]
    return Breach(
        resource=counts[0].resource,
        signal=signal.id,
        symptom=signal.symptom,
        rule=rule,
        onset=episode.onset,
        last_bad=episode.last_bad,
        bad=bad,
        total=total,
        peak_ratio=1.0 if signal.shape is Shape.VALUE else max((bad / total, *ratios)),
        reasons=_reasons(counts),
        sample=next((count.sample for count in reversed(counts) if count.sample), ""),
    )


def _reasons(counts: Sequence[Count]) -> Mapping[str, float]:
    sums: dict[str, float] = {}
    for count in counts:
        for reason, events in count.reasons.items():
            sums[reason] = sums.get(reason, 0) + events
    return dict(most_frequent(sums)[:MAX_REASONS])
