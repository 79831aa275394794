from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fake_logs import FakeLogs, row
from pages import PAGE, lines_drop, write_page

from shared.errors import PlaybookError
from shared.playbooks.diagnosis import Conclusion, Diagnosis, Evidence, Verdict
from shared.playbooks.loading.load import load_library, load_playbook
from shared.playbooks.playbook import Check, Engine
from shared.playbooks.probes import SOURCES, Probes
from shared.playbooks.run import diagnose
from shared.queries.logs import Failure, QueryError
from shared.queries.metrics import Aggregation, MetricQuery, Point, Series
from shared.queries.run import Run
from shared.queries.scope import Scope, Window

THREE = datetime(2026, 11, 20, 3, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LOBBY = "/subscriptions/8f1e2d3c/resourcegroups/rt/providers/microsoft.signalrservice/webpubsub/lobby"
SCOPE = Scope((LOBBY,), Window(THREE, THREE + 60 * MINUTE))


@dataclass
class FakeMetrics:
    """Answers a count by its label, spread over 03:10 to 03:14 or put into given minutes; levels by their name."""

    counts: Mapping[str, float | Mapping[int, float]] = field(default_factory=dict)
    levels: Mapping[str, float] = field(default_factory=dict)
    error: QueryError | None = None
    queries: list[MetricQuery] = field(default_factory=list)

    def query(self, query: MetricQuery, within: timedelta) -> tuple[Series, ...]:
        self.queries.append(query)
        if self.error:
            raise self.error
        if query.aggregation is Aggregation.MAXIMUM:
            return tuple(Series(LOBBY, name, (Point(THREE, level),)) for name, level in self.levels.items())
        if query.dimension is None:
            return ()
        return tuple(Series(LOBBY, query.metrics[0], spread(n), label) for label, n in self.counts.items())


def spread(count: float | Mapping[int, float]) -> tuple[Point, ...]:
    minutes = count if isinstance(count, Mapping) else {10 + n: count / 5 for n in range(5)}
    return tuple(Point(THREE + minute * MINUTE, value) for minute, value in minutes.items())


def answered(probe: str, metrics: FakeMetrics | None, region: str | None = "westeurope") -> Evidence:
    return Probes(Run(FakeLogs({}), SCOPE, metrics=metrics, region=region)).answer(probe)


def closes(label: str = "", **counts: float) -> Evidence:
    return answered(f"web-pubsub-metrics closes {label}", FakeMetrics(counts))


@pytest.mark.parametrize("name", ["web-pubsub-configuration local-auth-off", "web-pubsub-metrics closes"])
def test_a_probe_without_a_source_says_what_it_needs(name: str) -> None:
    evidence = answered(name, None)

    assert (Verdict.NO_DATA, 0.0) == (evidence.verdict, evidence.strength)
    assert SOURCES[name.split(maxsplit=1)[0]] in evidence.summary


def test_a_probe_that_nobody_registered_does_not_run() -> None:
    with pytest.raises(KeyError):
        answered("crystal-ball", None)


def test_metrics_of_an_unknown_region_are_not_asked() -> None:
    metrics = FakeMetrics({"SlowClient": 90.0})

    evidence = answered("web-pubsub-metrics closes", metrics, region=None)

    assert (Verdict.NO_DATA, []) == (evidence.verdict, metrics.queries)
    assert "the region of the resource is unknown" in evidence.summary


def test_slow_clients_that_are_most_of_the_drops_are_the_cause() -> None:
    evidence = closes("SlowClient", Normal=100, SlowClient=90, SendEventFailed=10)

    assert evidence.verdict is Verdict.SUPPORTED
    assert evidence.summary == (
        "90 of 100 unwanted closes (90 %) were SlowClient, of 200 closes, by the metric ConnectionCloseCount."
    )
    assert evidence.onset == THREE + 10 * MINUTE
    assert 0.82 < evidence.strength < 0.84  # lower Wilson bound of 90 of 100


@pytest.mark.parametrize(
    ("counts", "verdict"),
    [
        ({"SlowClient": 90.0, "SendEventFailed": 810.0}, Verdict.MINOR),
        ({"SlowClient": 30.0, "SendEventFailed": 70.0}, Verdict.MINOR),
        ({"SlowClient": 19.0, "SendEventFailed": 181.0}, Verdict.REFUTED),
        ({"SlowClient": 19.0, "SendEventFailed": 40.0}, Verdict.INCONCLUSIVE),
        ({"SlowClient": 19.0}, Verdict.INCONCLUSIVE),
        ({"SlowClient": 19.0, "Normal": 41.0}, Verdict.INCONCLUSIVE),
        ({"SlowClient": 20.0}, Verdict.SUPPORTED),
        ({"SlowClient": 20.0, "Normal": 9980.0}, Verdict.REFUTED),
        ({"Normal": 500.0}, Verdict.REFUTED),
        ({}, Verdict.NO_DATA),
        ({"SlowClient": 0.0}, Verdict.NO_DATA),
    ],
)
def test_a_cause_is_judged_by_wilsons_bounds_and_enough_events(
    counts: Mapping[str, float], verdict: Verdict
) -> None:
    assert verdict is closes("SlowClient", **counts).verdict


def test_reloads_are_no_drops_but_explain_a_wave_of_closes() -> None:
    assert Verdict.NO_DATA is closes(ServiceReload=200).verdict
    assert Verdict.REFUTED is closes(ServiceReload=200, Normal=100).verdict
    assert Verdict.SUPPORTED is closes("ServiceReload", ServiceReload=200, Normal=100).verdict
    assert closes("ServiceReload", ServiceReload=200, Normal=100).numbers["Benign"] is True


def test_vanished_clients_are_usual_below_three_percent() -> None:
    assert Verdict.REFUTED is closes("PingTimeout", PingTimeout=25, Normal=1000).verdict
    assert Verdict.SUPPORTED is closes("PingTimeout", PingTimeout=50, Normal=1000).verdict


def test_a_category_nobody_knows_is_a_drop() -> None:
    evidence = closes(Normal=50, SolarFlare=50)

    assert (
        Verdict.SUPPORTED,
        "50 of 100 closes were unwanted closes, by the metric ConnectionCloseCount.",
    ) == (
        evidence.verdict,
        evidence.summary,
    )


def test_a_few_stray_hits_an_hour_earlier_do_not_move_the_onset() -> None:
    metrics = FakeMetrics({"SlowClient": {2: 1.0, 40: 64.0}})

    evidence = answered("web-pubsub-metrics closes SlowClient", metrics)

    assert evidence.onset == THREE + 40 * MINUTE


@pytest.mark.parametrize(
    ("levels", "verdict"),
    [
        ({"ConnectionQuotaUtilization": 99.5}, Verdict.SUPPORTED),
        ({"ConnectionQuotaUtilization": 40.0}, Verdict.REFUTED),
        ({}, Verdict.INCONCLUSIVE),
    ],
)
def test_throttling_is_the_quota_only_while_it_is_used_up(
    levels: Mapping[str, float], verdict: Verdict
) -> None:
    metrics = FakeMetrics({"Throttled": 60.0, "Normal": 40.0}, levels)

    assert verdict is answered("web-pubsub-metrics closes Throttled quota", metrics).verdict


def test_a_refused_handshake_is_a_status_of_400_and_more() -> None:
    metrics = FakeMetrics({"101": 100.0, "302": 10.0, "429": 60.0, "401": 10.0})

    evidence = answered("web-pubsub-metrics handshakes 429", metrics)

    assert (Verdict.SUPPORTED, 180.0, 70.0, 60.0) == (
        evidence.verdict,
        evidence.numbers["Total"],
        evidence.numbers["Bad"],
        evidence.numbers["Hits"],
    )


def test_metrics_that_refuse_us_are_failed_and_not_healthy() -> None:
    metrics = FakeMetrics(error=QueryError(Failure.PERMISSION, "403: no role"))

    evidence = answered("web-pubsub-metrics closes", metrics)

    assert (Verdict.FAILED, "Not examined: missing permission. 403: no role") == (
        evidence.verdict,
        evidence.summary,
    )


def with_fallback(folder: Path) -> str:
    return PAGE.replace(
        "```\n\nNumbers", "```\n\n```probe web-pubsub-metrics closes PingTimeout\n```\n\nNumbers"
    )


def diagnosed(folder: Path, verdict: str, rows: int, metrics: FakeMetrics | None) -> Diagnosis:
    playbook = load_playbook(write_page(folder, with_fallback(folder)))
    logs = FakeLogs({"ping timeout": row(verdict)}, rows=rows)
    return diagnose(playbook, Run(logs, SCOPE, metrics=metrics, region="westeurope"))


def test_a_check_of_the_logs_may_name_the_probe_that_stands_in_for_it(tmp_path: Path) -> None:
    check = load_playbook(write_page(tmp_path, with_fallback(tmp_path))).hypothesis("ping-timeout").check

    assert check.engine is Engine.LOGS
    assert isinstance(check.fallback, Check)
    assert (Engine.PROBE, "web-pubsub-metrics closes PingTimeout") == (
        check.fallback.engine,
        check.fallback.text,
    )


@pytest.mark.parametrize(
    ("probe", "message"),
    [
        ("web-pubsub-metrics", "names no signal"),
        ("web-pubsub-metrics moods", "names no signal"),
        ("web-pubsub-metrics closes SlowClient Throttled", "too many words"),
        ("web-pubsub-configuration hubs", "takes one state"),
        ("web-pubsub-configuration", "takes one state"),
    ],
)
def test_a_probe_that_could_not_answer_does_not_load(tmp_path: Path, probe: str, message: str) -> None:
    with pytest.raises(PlaybookError, match=message):
        load_playbook(write_page(tmp_path, PAGE.replace("web-pubsub-metrics closes SlowClient", probe)))


def test_a_probe_before_its_query_does_not_load(tmp_path: Path) -> None:
    text = PAGE.replace("It counts.\n", "```probe web-pubsub-metrics closes PingTimeout\n```\n")

    with pytest.raises(PlaybookError, match="has 2 fenced blocks"):
        load_playbook(write_page(tmp_path, text))


def test_metrics_answer_where_the_logs_hold_nothing(tmp_path: Path) -> None:
    metrics = FakeMetrics({"PingTimeout": 90.0})

    diagnosis = diagnosed(tmp_path, "no-data", 0, metrics)

    assert (Conclusion.SUPPORTED, "ping-timeout") == (diagnosis.conclusion, diagnosis.cause)
    # Every probe of a run shares one answer.
    assert ["ConnectionCloseCount"] == [query.metrics[0] for query in metrics.queries if query.dimension]


def test_the_load_of_the_resource_stands_beside_a_diagnosis(tmp_path: Path) -> None:
    levels = {"ServerLoad": 88.0, "ConnectionQuotaUtilization": 97.5}

    diagnosis = diagnosed(tmp_path, "supported", 90, FakeMetrics(levels=levels))

    assert levels == diagnosis.load  # churn is unknown here, and no zero


@pytest.mark.parametrize(
    "metrics", [None, FakeMetrics(), FakeMetrics(error=QueryError(Failure.PERMISSION, "403: no role"))]
)
def test_a_load_that_is_not_told_is_left_out(tmp_path: Path, metrics: FakeMetrics | None) -> None:
    assert {} == diagnosed(tmp_path, "supported", 90, metrics).load


def test_communication_services_have_no_load_to_ask_for() -> None:
    metrics = FakeMetrics(levels={"ServerLoad": 88.0})
    calls = "/subscriptions/8f1e2d3c/resourcegroups/rt/providers/microsoft.communication/communicationservices/calls"
    scope = Scope((calls,), SCOPE.window)

    assert {} == Probes(Run(FakeLogs({}), scope, metrics=metrics, region="global")).load()
    assert [] == metrics.queries


def test_metrics_are_not_asked_where_the_logs_decide(tmp_path: Path) -> None:
    diagnosis = diagnosed(tmp_path, "refuted", 90, FakeMetrics({"PingTimeout": 90.0}))

    assert Verdict.REFUTED is diagnosis.finding("ping-timeout").evidence.verdict


@pytest.mark.parametrize(
    "metrics", [None, FakeMetrics(), FakeMetrics(error=QueryError(Failure.THROTTLED, "429"))]
)
def test_without_logs_and_metrics_there_is_no_data(tmp_path: Path, metrics: FakeMetrics | None) -> None:
    evidence = diagnosed(tmp_path, "no-data", 0, metrics).finding("ping-timeout").evidence

    assert Verdict.NO_DATA is evidence.verdict
    assert evidence.query


def test_the_library_names_every_category_that_is_a_cause_of_drops() -> None:
    drops = load_library()["web-pubsub-connection-drops"]
    probes: Sequence[Check | None] = [
        drops.symptom_check.fallback,
        *(hypothesis.check.fallback for hypothesis in drops.hypotheses),
    ]

    assert [probe.text.removeprefix("web-pubsub-metrics closes").strip() for probe in probes if probe] == [
        "",
        "ServiceReload",
        "PingTimeout",
        "EventHandlerNotFound",
        "SendEventFailed",
        "SlowClient",
        "Throttled quota",
        "service-health",
    ]


def test_a_page_with_a_probe_alone_still_loads(tmp_path: Path) -> None:
    assert lines_drop(tmp_path).hypothesis("slow-client").check.engine is Engine.PROBE
