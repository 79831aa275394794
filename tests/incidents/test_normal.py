"""What is usual stands beside what is promised, and that it is still learned is said."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from shared.configuration.objectives import default_objectives
from shared.incidents.lifecycle import states
from shared.incidents.report.normal import Normals
from shared.objectives.breach import Breach
from shared.signals.catalogue import SIGNALS
from shared.signals.counts import Count
from tests.incidents.fake_incidents import FakeIncidents
from tests.incidents.fake_rooms import LOBBY, FakeCounts

FRIDAY_NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)
WEEK = timedelta(days=7)
SYMPTOM = "web-pubsub-connection-failures"
BREACH = Breach(
    resource=LOBBY,
    signal="refused-connects",
    symptom=SYMPTOM,
    rule="at least 5 % within 5 min",
    onset=FRIDAY_NINE + timedelta(minutes=20),
    last_bad=FRIDAY_NINE + timedelta(minutes=30),
    bad=80,
    total=200,
    peak_ratio=0.5,
)
INCIDENT = states.opened(BREACH, 2, FRIDAY_NINE + timedelta(minutes=35), None)


def counted(start: datetime, bad: float, total: float) -> list[Count]:
    buckets = [start + timedelta(minutes=5 * place) for place in range(12)]
    return [Count(LOBBY, "refused-connects", bucket, bad, total, bucket) for bucket in buckets]


def normals(*hours: list[Count]) -> Normals:
    counts = FakeCounts()
    counts.replace([count for hour in hours for count in hour])
    return Normals(counts, FakeIncidents(), default_objectives())


def test_the_hour_of_the_week_is_said_beside_the_objective() -> None:
    two_weeks = normals(
        counted(FRIDAY_NINE - 2 * WEEK, 1, 200),
        counted(FRIDAY_NINE - WEEK, 1, 200),
        counted(FRIDAY_NINE - timedelta(hours=1), 150, 200),
        counted(FRIDAY_NINE, 150, 200),
    )

    assert {
        "refused-connects": "Usual on Fridays 09:00 to 10:00 UTC: 0.5 % bad of 200 in 5 minutes (half of 24 lie within "
        "0 points), 0.5 % in the mean; the objective allows 1 %."
    } == two_weeks.lines(INCIDENT)


def test_says_until_when_it_learns() -> None:
    lines = normals(counted(FRIDAY_NINE - WEEK, 1, 200)).lines(INCIDENT)

    assert (
        "What is usual is still being learned until 2026-11-27 09:00 UTC; the objective allows 1 %."
        == (lines["refused-connects"])
    )


def test_says_what_waits_until_it_is_learned() -> None:
    of_minutes = replace(INCIDENT, signals={"handshakes": "80 of 200 bad"})
    hour = [replace(count, signal="handshakes") for count in counted(FRIDAY_NINE - WEEK, 1, 200)]

    assert {
        "handshakes": "What is usual is still being learned until 2026-11-27 09:00 UTC, and its windows alone are judged; "
        "the objective allows 1 %."
    } == normals(hour).lines(of_minutes)


def test_says_that_an_hour_had_no_event() -> None:
    lines = normals(counted(FRIDAY_NINE - 3 * WEEK, 1, 200)).lines(INCIDENT)

    assert lines["refused-connects"].startswith(
        "Fridays 09:00 to 10:00 UTC had no event in the two weeks before"
    )


def test_an_earlier_incident_is_no_part_of_the_normal() -> None:
    known = normals(counted(FRIDAY_NINE - 2 * WEEK, 1, 200), counted(FRIDAY_NINE - WEEK, 190, 200))
    earlier = replace(
        INCIDENT, id="lobby.1", onset=FRIDAY_NINE - WEEK, last_bad=FRIDAY_NINE - WEEK + timedelta(hours=1)
    )
    incidents = FakeIncidents()
    incidents.create(earlier, None)
    known = replace(known, incidents=incidents)

    assert "0.5 % bad of 200 in 5 minutes (half of 12" in known.lines(INCIDENT)["refused-connects"]


def test_incidents_are_no_part_of_the_normal_of_now() -> None:
    known = normals(counted(FRIDAY_NINE - 2 * WEEK, 1, 200), counted(FRIDAY_NINE - WEEK, 190, 200))
    incidents = FakeIncidents()
    hour = timedelta(hours=1)
    incidents.create(replace(INCIDENT, onset=FRIDAY_NINE - WEEK, last_bad=FRIDAY_NINE - WEEK + hour), None)
    refused = [signal for signal in SIGNALS if signal.id == "refused-connects"]

    normal = replace(known, incidents=incidents).now(LOBBY, refused, FRIDAY_NINE)["refused-connects"]

    assert 12 == normal.buckets


def test_an_alert_has_no_normal() -> None:
    assert {} == normals().lines(replace(INCIDENT, signals={"alert: refusals": "fired"}))
