"""The probes a playbook may name: what only live configuration and metrics can tell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from shared.playbooks.diagnosis import Evidence, Verdict
from shared.playbooks.rank import BENIGN
from shared.playbooks.weigh import Cell, Weighed, weigh
from shared.queries.logs import QueryError
from shared.queries.metrics import Aggregation, MetricQuery, Metrics, Series
from shared.queries.run import Run
from shared.queries.scope import resource_type
from shared.signals.metrics.families import CLOSES, HANDSHAKES, RELOAD, VANISHED, WANTED_CLOSES, MetricFamily
from shared.signals.metrics.numbers import numbers_of, whole_minutes
from shared.signals.signal import WEB_PUBSUB, bucket_of

CONFIGURATION, METRICS = "web-pubsub-configuration", "web-pubsub-metrics"

# What each probe needs. A probe whose source is not connected answers `no-data` and names it.
SOURCES: Mapping[str, str] = {
    CONFIGURATION: "the live configuration of the resource and its hubs (Azure Resource Manager)",
    METRICS: "the platform metrics of the resource (ConnectionCloseCount, ClientRequestStatus, ConnectionQuotaUtilization)",
}
FAMILIES: Mapping[str, MetricFamily] = {"closes": CLOSES, "handshakes": HANDSHAKES}
QUOTA = "quota"  # a probe's last word: only while the connection quota was nearly used up
_QUOTA_FULL = 90.0  # percent
_WITHIN = timedelta(seconds=20)

_EVENTS = {"closes": ("closes", "unwanted closes"), "handshakes": ("handshakes", "refused handshakes")}
# Judged against all unwanted ends, reloads included, and held to more: webpubsub_drops.kql, pubsubUnlessUsual.
_EVERYDAY = frozenset({RELOAD, VANISHED})
_USUAL_PERCENT, _USUAL_PEAK = 3, 0.1
_FEW_OF = 100  # closes, of which so few are a cause's that it can be ruled out: pubsubUnlessFew


def complaint(text: str) -> str | None:
    """Say what is wrong with a probe as a playbook names it, `web-pubsub-metrics closes SlowClient`; None if nothing is."""
    name, *words = text.split()
    if name not in SOURCES:
        return f"unknown probe {name!r}"
    if name == CONFIGURATION and words:
        return f"the probe {name!r} takes no words"
    if name == METRICS and (not words or words[0] not in FAMILIES):
        return f"the probe {name!r} names no signal ({', '.join(FAMILIES)})"
    return f"too many words for the probe {name!r}" if len(words) > 2 + (QUOTA in words[2:]) else None


@dataclass(slots=True)
class Probes:
    """The probes of one run; every metric is asked once."""

    run: Run
    _asked: dict[str, tuple[Series, ...] | QueryError] = field(default_factory=dict)
    _load: Mapping[str, float] | QueryError | None = None

    def answer(self, text: str) -> Evidence:
        """Answer a registered probe.

        Raises:
            KeyError: no probe of this name is registered.
        """
        name, *words = text.split()
        needs = SOURCES[name]
        if name != METRICS or self.run.metrics is None:
            return _not_examined(f"it needs {needs}, which is not connected")
        if self.run.region is None:
            return _not_examined(f"it needs {needs}, and the region of the resource is unknown")
        try:
            return self._judged(words, self.run.metrics, self.run.region)
        except QueryError as error:
            return Evidence(Verdict.FAILED, 0.0, f"Not examined: {error.failure}. {error.message}")

    def load(self) -> Mapping[str, float]:
        """Return load, quota and churn of a Web PubSub resource; what its metrics do not tell is left out."""
        run = self.run
        if run.metrics is None or run.region is None or resource_type(run.scope.resources[0]) != WEB_PUBSUB:
            return {}
        numbers = self._numbers(run.metrics, run.region)
        return {} if isinstance(numbers, QueryError) else numbers

    def _judged(self, words: Sequence[str], metrics: Metrics, region: str) -> Evidence:
        family, label = words[0], words[1] if len(words) > 1 else ""
        found = judge(family, label, self._series(family, metrics, region))
        if found.total <= 0:
            return _not_examined(f"the metric {FAMILIES[family].metric} has no event in this window")
        evidence = _evidence(family, label, found)
        if QUOTA not in words[2:]:
            return evidence
        numbers = self._numbers(metrics, region)
        if isinstance(numbers, QueryError):
            raise numbers
        return _beside_quota(evidence, numbers.get("ConnectionQuotaUtilization"))

    def _numbers(self, metrics: Metrics, region: str) -> Mapping[str, float] | QueryError:
        if self._load is None:
            scope = self.run.scope
            within = min(_WITHIN, self.run.left())
            try:
                self._load = numbers_of(scope.resources[0], region, scope.window, metrics, within)
            except QueryError as error:
                self._load = error
        return self._load

    def _series(self, family: str, metrics: Metrics, region: str) -> tuple[Series, ...]:
        if family not in self._asked:
            try:
                self._asked[family] = self._ask(FAMILIES[family], metrics, region)
            except QueryError as error:
                self._asked[family] = error
        answer = self._asked[family]
        if isinstance(answer, QueryError):
            raise answer
        return answer

    def _ask(self, family: MetricFamily, metrics: Metrics, region: str) -> tuple[Series, ...]:
        asked = MetricQuery(
            region=region,
            namespace=family.namespace,
            metrics=(family.metric,),
            aggregation=Aggregation.TOTAL,
            resources=self.run.scope.resources,
            window=whole_minutes(self.run.scope.window),
            dimension=family.dimension,
        )
        return metrics.query(asked, min(_WITHIN, self.run.left()))


def judge(family: str, label: str, answer: Sequence[Series]) -> Weighed:
    """Weigh the events of a family; with a label, how far events of this label explain the bad ones."""
    wanted = label.lower()
    buckets: dict[datetime, list[tuple[str, datetime, float]]] = {}
    for series in answer:
        for point in series.points:
            events = buckets.setdefault(bucket_of(point.at), [])
            events.append((series.label.lower(), point.at, point.value))
    found = weigh([_cell(family, wanted, buckets[start]) for start in sorted(buckets)])
    return replace(found, verdict=_unless_few(family, wanted, found))


def _cell(family: str, wanted: str, events: Sequence[tuple[str, datetime, float]]) -> Cell:
    bad = [event for event in events if event[2] > 0 and _is_bad(family, event[0], wanted)]
    hits = [event for event in bad if not wanted or event[0] == wanted]
    return Cell(
        total=sum(event[2] for event in events if event[0] != RELOAD or wanted in _EVERYDAY),
        bad=sum(event[2] for event in bad),
        hits=sum(event[2] for event in hits),
        hit_at=min((event[1] for event in hits), default=None),
    )


def _is_bad(family: str, label: str, wanted: str) -> bool:
    if family == "closes":
        # As the logs are judged: a vanished client is a drop too; a reload is one only beside everyday causes.
        return label not in WANTED_CLOSES and (label != RELOAD or wanted in _EVERYDAY)
    meaning = FAMILIES[family].classify(label)
    return meaning is not None and meaning.is_bad


def _unless_few(family: str, wanted: str, found: Weighed) -> Verdict:
    """Rule out what is usual, and what is rare among many closes though there are too few drops to judge."""
    if family != "closes":
        return found.verdict
    percent = 1 if wanted and wanted not in _EVERYDAY else _USUAL_PERCENT
    is_few = found.hits * 100 < found.total * percent and found.peak < _USUAL_PEAK
    thin = found.verdict is Verdict.INCONCLUSIVE and found.total >= _FEW_OF
    usual = found.verdict is Verdict.SUPPORTED and wanted in _EVERYDAY
    return Verdict.REFUTED if is_few and (thin or usual) else found.verdict


def _evidence(family: str, label: str, found: Weighed) -> Evidence:
    every, bad = _EVENTS[family]
    metric = FAMILIES[family].metric
    if label:
        told = f"{found.hits:g} of {found.bad:g} {bad} ({found.percent:g} %) were {label}, of {found.total:g} {every}, by the metric {metric}."
    else:
        told = f"{found.bad:g} of {found.total:g} {every} were {bad}, by the metric {metric}."
    onset = found.onset if found.verdict is Verdict.SUPPORTED else None
    numbers = {"Total": found.total, "Bad": found.bad, "Hits": found.hits, "Peak": round(found.peak, 6)}
    # A metric does not tell which other closes a reload took along.
    benign = {BENIGN: True} if label.lower() == RELOAD else {}
    return Evidence(found.verdict, found.strength, told, onset, {**numbers, **benign})


def _beside_quota(evidence: Evidence, used: float | None) -> Evidence:
    """Keep a cause only where the connection quota was nearly used up: traffic is throttled with the same category."""
    said = "unknown" if used is None else f"at most {used:g} %"
    told = replace(
        evidence,
        summary=f"{evidence.summary.removesuffix('.')}; the connection quota in use was {said}.",
        numbers={**evidence.numbers, "QuotaUtilization": used},
    )
    if told.verdict is not Verdict.SUPPORTED or (used is not None and used >= _QUOTA_FULL):
        return told
    return replace(told, verdict=Verdict.INCONCLUSIVE if used is None else Verdict.REFUTED, onset=None)


def _not_examined(why: str) -> Evidence:
    return Evidence(Verdict.NO_DATA, 0.0, f"Not examined: {why}.")
