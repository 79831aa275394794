"""The probes that a playbook may name: checks on live configuration and on platform metrics."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from shared.context.ports import ContextSources
from shared.playbooks.diagnosis import Evidence, Verdict
from shared.playbooks.live import declared_probe
from shared.playbooks.live.declared_probe import declared_evidence
from shared.playbooks.live.state_probe import NEEDS, STATES, LiveState
from shared.playbooks.rank import BENIGN
from shared.playbooks.weigh import Cell, Weighing, weigh
from shared.queries.logs import QueryError
from shared.queries.metrics import Aggregation, MetricQuery, Metrics, Series
from shared.queries.run import Run
from shared.queries.scope import resource_type
from shared.signals.metrics.families import CLOSES, HANDSHAKES, RELOAD, VANISHED, WANTED_CLOSES, MetricFamily
from shared.signals.metrics.numbers import numbers_of, whole_minutes
from shared.signals.signal import WEB_PUBSUB, bucket_of

CONFIGURATION, METRICS = "web-pubsub-configuration", "web-pubsub-metrics"
SERVICE_HEALTH_PROBE = "service-health"

# The source that each probe needs. A probe whose source is not connected answers `no-data` and names the source.
SOURCES: Mapping[str, str] = {
    CONFIGURATION: NEEDS,
    SERVICE_HEALTH_PROBE: declared_probe.NEEDS,
    METRICS: "the platform metrics of the resource (ConnectionCloseCount, ClientRequestStatus, ConnectionQuotaUtilization)",
}
FAMILIES: Mapping[str, MetricFamily] = {"closes": CLOSES, "handshakes": HANDSHAKES}
QUOTA = "quota"  # the last word of a probe that supports only while the connection quota was nearly used up
_QUOTA_FULL_PERCENT = 90.0
_WITHIN = timedelta(seconds=20)  # of one query

_EVENTS = {"closes": ("closes", "unwanted closes"), "handshakes": ("handshakes", "refused handshakes")}
# Everyday causes are judged against all unwanted ends, reloads included, and need a larger share of all closes and a
# higher peak: pubsubUnlessUsual of webpubsub_drops.kql.
_EVERYDAY = frozenset({RELOAD, VANISHED})
_USUAL_PERCENT, _USUAL_PEAK_RATIO = 3, 0.1
# Among so many closes a cause with less than one percent is ruled out: pubsubUnlessFew of webpubsub_drops.kql.
_FEW_PERCENT, _FEW_MIN_CLOSES = 1, 100


def probe_error(text: str) -> str | None:
    """Return what is wrong with the text of a probe, such as `web-pubsub-metrics closes SlowClient`, or None."""
    name, *words = text.split()
    if name not in SOURCES:
        return f"unknown probe {name!r}"
    if name == CONFIGURATION:
        return (
            None
            if len(words) == 1 and words[0] in STATES
            else f"the probe {name!r} takes one state ({', '.join(STATES)})"
        )
    if name == SERVICE_HEALTH_PROBE:
        return f"the probe {name!r} takes no words" if words else None
    if name == METRICS and (not words or words[0] not in FAMILIES):
        return f"the probe {name!r} names no signal ({', '.join(FAMILIES)})"
    return f"too many words for the probe {name!r}" if len(words) > 2 + (QUOTA in words[2:]) else None


@dataclass(slots=True)
class Probes:
    """The probes of one run; every metric is queried once."""

    run: Run
    sources: ContextSources | None = None  # None where Azure Resource Manager cannot be asked
    live: LiveState = field(init=False)
    _answers: dict[str, tuple[Series, ...] | QueryError] = field(default_factory=dict)
    _load: Mapping[str, float] | QueryError | None = None

    def __post_init__(self) -> None:
        """Begin with nothing read."""
        self.live = LiveState(self.run, self.sources)

    def answer(self, text: str, symptom: Evidence | None = None) -> Evidence:
        """Return the evidence of a registered probe; some look at what stands beside the `symptom`.

        Raises:
            KeyError: no probe of this name is registered.
        """
        name, *words = text.split()
        needs = SOURCES[name]
        if name == CONFIGURATION:
            return self.live.evidence(words[0])
        if name == SERVICE_HEALTH_PROBE:
            return declared_evidence(self.run, self.sources, symptom)
        if self.run.metrics is None:
            return _not_examined(f"it needs {needs}, which is not connected")
        if self.run.region is None:
            return _not_examined(f"it needs {needs}, and the region of the resource is unknown")
        try:
            return self._evidence(words, self.run.metrics, self.run.region)
        except QueryError as error:
            return Evidence(Verdict.FAILED, 0.0, f"Not examined: {error.failure}. {error.message}")

    def load(self) -> Mapping[str, float]:
        """Return load, quota and churn of a Web PubSub resource, by metric; an unknown number is left out.

        Metrics that are not answered, and resources of another type, give no numbers.
        """
        run = self.run
        if run.metrics is None or run.region is None or resource_type(run.scope.resources[0]) != WEB_PUBSUB:
            return {}
        numbers = self._numbers(run.metrics, run.region)
        return {} if isinstance(numbers, QueryError) else numbers

    def _evidence(self, words: Sequence[str], metrics: Metrics, region: str) -> Evidence:
        family, label = words[0], words[1] if len(words) > 1 else ""
        weighing = weigh_events(family, label, self._series(family, metrics, region))
        if weighing.total <= 0:
            return _not_examined(f"the metric {FAMILIES[family].metric} has no event in this window")
        evidence = _evidence(family, label, weighing)
        if QUOTA not in words[2:]:
            return evidence
        numbers = self._numbers(metrics, region)
        if isinstance(numbers, QueryError):
            raise numbers
        return _with_quota(evidence, numbers.get("ConnectionQuotaUtilization"))

    def _numbers(self, metrics: Metrics, region: str) -> Mapping[str, float] | QueryError:
        if self._load is None:
            scope = self.run.scope
            within = min(_WITHIN, self.run.remaining())
            try:
                self._load = numbers_of(scope.resources[0], region, scope.window, metrics, within)
            except QueryError as error:
                self._load = error
        return self._load

    def _series(self, family: str, metrics: Metrics, region: str) -> tuple[Series, ...]:
        if family not in self._answers:
            try:
                self._answers[family] = self._ask(FAMILIES[family], metrics, region)
            except QueryError as error:
                self._answers[family] = error
        answer = self._answers[family]
        if isinstance(answer, QueryError):
            raise answer
        return answer

    def _ask(self, family: MetricFamily, metrics: Metrics, region: str) -> tuple[Series, ...]:
        query = MetricQuery(
            region=region,
            namespace=family.namespace,
            metrics=(family.metric,),
            aggregation=Aggregation.TOTAL,
            resources=self.run.scope.resources,
            window=whole_minutes(self.run.scope.window),
            dimension=family.dimension,
        )
        return metrics.query(query, min(_WITHIN, self.run.remaining()))


def weigh_events(family: str, label: str, answer: Sequence[Series]) -> Weighing:
    """Weigh the events of a family: with a label, how far its events explain the bad ones; else whether there are many."""
    category = label.lower()
    buckets: dict[datetime, list[tuple[str, datetime, float]]] = {}
    for series in answer:
        for point in series.points:
            events = buckets.setdefault(bucket_of(point.at), [])
            events.append((series.label.lower(), point.at, point.value))
    weighing = weigh([_cell(family, category, start, buckets[start]) for start in sorted(buckets)])
    return replace(weighing, verdict=_unless_few(family, category, weighing))


def _cell(family: str, category: str, start: datetime, events: Sequence[tuple[str, datetime, float]]) -> Cell:
    bad = [event for event in events if event[2] > 0 and _is_bad(family, event[0], category)]
    hits = [event for event in bad if not category or event[0] == category]
    return Cell(
        start,
        total=sum(event[2] for event in events if event[0] != RELOAD or category in _EVERYDAY),
        bad=sum(event[2] for event in bad),
        hits=sum(event[2] for event in hits),
        hit_at=min((event[1] for event in hits), default=None),
    )


def _is_bad(family: str, label: str, category: str) -> bool:
    if family == "closes":
        # As in the logs: a vanished client counts as a drop, a reload only where an everyday cause is judged.
        return label not in WANTED_CLOSES and (label != RELOAD or category in _EVERYDAY)
    event_class = FAMILIES[family].classify(label)
    return event_class is not None and event_class.is_bad


def _unless_few(family: str, category: str, weighing: Weighing) -> Verdict:
    """Rule out a usual share of an everyday cause, and a rare cause among many closes with too few drops to judge."""
    if family != "closes":
        return weighing.verdict
    percent = _FEW_PERCENT if category and category not in _EVERYDAY else _USUAL_PERCENT
    is_few = weighing.hits * 100 < weighing.total * percent and weighing.peak < _USUAL_PEAK_RATIO
    thin = weighing.verdict is Verdict.INCONCLUSIVE and weighing.total >= _FEW_MIN_CLOSES
    usual = weighing.verdict is Verdict.SUPPORTED and category in _EVERYDAY
    return Verdict.REFUTED if is_few and (thin or usual) else weighing.verdict


def _evidence(family: str, label: str, weighing: Weighing) -> Evidence:
    events, bad_events = _EVENTS[family]
    metric = FAMILIES[family].metric
    if label:
        summary = f"{weighing.hits:g} of {weighing.bad:g} {bad_events} ({weighing.percent:g} %) were {label}, of {weighing.total:g} {events}, by the metric {metric}."
    else:
        summary = (
            f"{weighing.bad:g} of {weighing.total:g} {events} were {bad_events}, by the metric {metric}."
        )
    onset = weighing.onset if weighing.verdict is Verdict.SUPPORTED else None
    numbers = {
        "Total": weighing.total,
        "Bad": weighing.bad,
        "Hits": weighing.hits,
        "Peak": round(weighing.peak, 6),
    }
    # A metric does not show which other closes a reload caused.
    benign = {BENIGN: True} if label.lower() == RELOAD else {}
    return Evidence(weighing.verdict, weighing.strength, summary, onset, {**numbers, **benign})


def _with_quota(evidence: Evidence, used: float | None) -> Evidence:
    """Rule out a cause unless the connection quota was nearly used up: throttled traffic has the same category."""
    usage = "unknown" if used is None else f"at most {used:g} %"
    result = replace(
        evidence,
        summary=f"{evidence.summary.removesuffix('.')}; the connection quota in use was {usage}.",
        numbers={**evidence.numbers, "QuotaUtilization": used},
    )
    if result.verdict is not Verdict.SUPPORTED or (used is not None and used >= _QUOTA_FULL_PERCENT):
        return result
    return replace(result, verdict=Verdict.INCONCLUSIVE if used is None else Verdict.REFUTED, onset=None)


def _not_examined(why: str) -> Evidence:
    return Evidence(Verdict.NO_DATA, 0.0, f"Not examined: {why}.")
