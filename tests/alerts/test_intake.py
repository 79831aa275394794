"""An alert and our own watch tell one story; what fits none is told once; a storm costs little; a crash costs nothing."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.alerts.intake import IntakeOutcome
from shared.alerts.parse import alert_of
from shared.incidents.incident import Ending, Incident, State
from shared.incidents.lifecycle.timeline import MOST_ENTRIES
from shared.notices.cards.milestone_card import draw_announcement
from shared.races import LostRaceError
from shared.signals.signal import BUCKET, bucket_of
from tests.alerts.post import Post, moved, over, refused, told
from tests.alerts.sample import NAMES, body, fired, resolved
from tests.incidents.fake_incidents import FakeIncidents
from tests.incidents.fake_rooms import FAILURES, LOBBY, REFUSED, House, at, broken

FITTING = [
    "log-simple",
    "log-v2",
    "metric-availability",
    "metric-dynamic",
    "metric-static",
    "metric-static-resolved",
]
UNFIT = sorted(set(NAMES) - {*FITTING, "resource-health"})


@pytest.mark.parametrize("name", FITTING)
def test_fired_and_resolved_end_as_one_incident_and_one_card_of(name: str) -> None:
    post = Post(House())

    outcomes = [post.take(moved(variant_of(name), 5), 6) for variant_of in (fired, resolved)]

    assert [IntakeOutcome.JOINED, IntakeOutcome.NOTED] == outcomes
    assert ["opened"] == post.house.notifier.states()
    assert ["detected", "opened by alert", "told: opened", "alert resolved"] == told(post.house.only())
    assert {} == post.announcer.told


def test_a_health_event_ends_as_one_incident_and_one_card() -> None:
    post = Post(House())

    for minute, variant_of in ((5, fired), (50, resolved)):
        post.take(moved(variant_of("resource-health"), minute), minute + 1)

    assert "alert resolved" == told(post.house.only())[-1]
    assert ["opened"] == post.house.notifier.states()


@pytest.mark.parametrize("name", UNFIT)
def test_what_fits_none_is_one_card_and_its_end_a_second_of(name: str) -> None:
    post = Post(House())

    for _ in range(2):
        post.take(alert_of(body(fired(name))), 6)
    assert 1 == len(post.announcer.told)
    for _ in range(2):
        post.take(alert_of(body(resolved(name))), 50)

    assert 2 == len(post.announcer.told)
    assert {} == post.house.incidents.kept
    first, second = post.announcer.told.values()
    assert first[0].startswith("Alert: ")
    assert "Not diagnosed: " in first[1]
    assert second[0].startswith("Alert resolved: ")


def test_the_end_of_what_was_never_told_is_not_told() -> None:
    post = Post(House())

    assert IntakeOutcome.NOTED is post.take(alert_of(body(resolved("budget"))), 50)
    post.take(alert_of(body(fired("budget"))), 51)

    ((_, text),) = post.announcer.told.values()
    assert "Azure says that it is resolved already." in text


def test_says_what_to_add_to_the_rule_and_where_to_look() -> None:
    post = Post(House())
    post.take(alert_of(body(fired("smart-detection"))), 6)

    ((title, text),) = post.announcer.told.values()
    assert "Alert: lobby-api-latency" == title
    assert text.startswith(
        "Sev4 alert on lobby-api (microsoft.insights/components, group rt), fired 2026-03-02 12:05 UTC."
    )
    assert "Add the custom property linekeeperResource to the rule" in text
    assert str(post.announcer.links[0]).startswith("https://portal.azure.com/#@/resource/subscriptions/")


def test_no_markup_of_a_strangers_text_is_live_on_the_card() -> None:
    post = Post(House())
    payload = fired("log-simple")
    payload["data"]["alertContext"]["condition"]["allOf"][0]["event"][0].pop()
    payload["data"]["essentials"]["alertRule"] = "[free](https://evil.example) ada@contoso.com"
    post.take(alert_of(body(payload)), 6)

    ((title, text),) = post.announcer.told.values()
    card = json.dumps(draw_announcement(title, text, post.announcer.links[0]))
    assert "free" in card
    assert "](http" not in card
    assert "https://evil" not in card
    assert "ada@contoso" not in card


def test_a_fired_alert_asks_for_a_look_and_names_its_numbers() -> None:
    post = Post(House())
    post.take(refused(), 6)

    incident = post.house.only()
    assert [incident.id] == post.house.work.asked
    assert (FAILURES, LOBBY, at(6), at(5), 2) == (
        incident.symptom,
        incident.resource,
        incident.next_diagnosis_at,
        incident.onset,
        incident.severity,
    )
    sentence = "ClientRequestStatus (Total) was 412, the rule asks for GreaterThan 50 (Status: 401) over PT5M"
    assert {"alert: lobby-handshakes": sentence} == incident.signals


def test_an_alert_joins_the_incident_of_our_own_watch() -> None:
    house = broken()
    house.watch(at(12))
    post = Post(house)

    assert IntakeOutcome.JOINED is post.take(refused(5), 13)

    incident = house.only()
    assert {REFUSED, "alert: lobby-handshakes"} == set(incident.signals)
    assert "alert joined" == told(incident)[-1]
    assert 80 * 2 == incident.bad


def test_the_incident_of_an_alert_is_diagnosed_as_any_other() -> None:
    house = broken()
    house.floor.causes[FAILURES, "access-key-rotated"] = at(0)
    Post(house).take(refused(5), 6)
    look = house.diagnose(house.work.asked[0], at(6))

    assert look is not None
    assert ("access-key-rotated", ["opened", "cause found"]) == (look.incident.cause, house.notifier.states())


def test_our_own_watch_joins_the_incident_of_an_alert() -> None:
    house = broken()
    Post(house).take(refused(5), 6)
    house.watch(at(12))

    incident = house.only()
    assert {REFUSED, "alert: lobby-handshakes"} == set(incident.signals)
    assert (160, at(0)) == (incident.bad, incident.onset)
    assert ["opened"] == [state for state in house.notifier.states() if state == "opened"]


@pytest.mark.parametrize(
    ("given", "expected"), [("Sev0", 1), ("Sev1", 1), ("Sev3", 3), ("Sev4", 4), (None, 4)]
)
def test_the_severity_is_the_rules(given: str | None, expected: int) -> None:
    post = Post(House())
    post.take(refused(severity=given), 6)

    assert expected == post.house.only().severity


def test_a_graver_alert_raises_the_severity_and_a_milder_one_does_not_lower_it() -> None:
    post = Post(House())
    for n, severity in enumerate(("Sev3", "Sev1", "Sev4")):
        post.take(refused(5, n, severity=severity), 6)

    assert (1, ["opened", "severity raised"]) == (post.house.only().severity, post.house.notifier.states())


def test_is_validated_when_each_alert_is_resolved_and_closes_30_minutes_later() -> None:
    post = Post(House())
    post.take(refused(5, 1), 6)
    post.take(refused(7, 2, alertRule="lobby-refused-more"), 8)
    post.take(over(5, 1), 20)
    post.house.track(at(21))
    assert State.DETECTED is post.house.only().state

    post.take(over(7, 2, alertRule="lobby-refused-more"), 22)
    post.house.track(at(23))
    assert State.VALIDATING is post.house.only().state
    post.house.track(at(52))
    assert State.VALIDATING is post.house.only().state

    post.house.track(at(53))
    incident = post.house.only()
    assert (State.RESOLVED, Ending.ALERTS_OVER) == (incident.state, incident.ending)
    assert ["opened", "resolved"] == post.house.notifier.states()


def test_a_new_alert_during_validation_puts_it_back() -> None:
    post = Post(House())
    post.take(refused(5, 1), 6)
    post.take(over(5, 1), 20)
    post.house.track(at(21))
    post.take(refused(40, 2), 41)
    post.house.track(at(60))

    incident = post.house.only()
    assert State.DETECTED is incident.state
    assert ["alert joined", "bad again"] == told(incident)[-2:]


def test_where_our_own_counts_tell_they_decide() -> None:
    house = broken()
    post = Post(house)
    post.take(refused(5), 6)
    post.take(over(5), 11)
    house.watch(at(12))
    house.track(at(14))

    assert State.VALIDATING is not house.only().state


def test_an_alert_that_is_never_resolved_ends_as_unconfirmed_after_a_day() -> None:
    post = Post(House())
    post.take(refused(5), 6)
    post.house.track(at(10 + 24 * 60))

    assert Ending.UNCONFIRMED is post.house.only().ending


def test_the_end_may_come_before_the_beginning() -> None:
    post = Post(House())
    post.take(over(5), 6)
    post.take(refused(5), 7)

    assert "alert resolved" == told(post.house.only())[-1]
    post.house.track(at(8))
    assert State.VALIDATING is post.house.only().state


def test_comes_back_within_a_day_as_the_same_incident() -> None:
    post = Post(House())
    post.take(refused(5, 1), 6)
    post.take(over(5, 1), 7)
    for minute in (8, 60):
        post.house.track(at(minute))
    assert IntakeOutcome.LATE is post.take(refused(6, 2), 61)
    assert IntakeOutcome.JOINED is post.take(refused(90, 3), 91)

    incident = post.house.only()
    assert (State.REOPENED, 1) == (incident.state, incident.reopened)
    assert ["reopened", "opened by alert", "told: reopened"] == told(incident)[-3:]


def test_the_same_alert_again_changes_nothing() -> None:
    post = Post(House())
    post.take(refused(5), 6)
    before = post.house.only()

    assert IntakeOutcome.KNOWN is post.take(refused(5), 7)
    assert before == post.house.only()


def test_a_flapping_rule_stands_on_the_timeline_each_time() -> None:
    post = Post(House())
    for n in range(3):
        post.take(refused(5 + n, n), 6 + n)
        post.take(over(5 + n, n), 6.5 + n)

    expected = ["opened by alert", "told: opened", *["alert resolved", "alert joined"] * 2, "alert resolved"]
    assert expected == told(post.house.only())[1:]


def test_a_storm_of_alerts_is_one_incident_of_a_few_writes() -> None:
    """One storm: 500 occurrences of 50 rules in ten minutes, each with its own numbers, some resolved."""
    house = House()
    post = Post(house)
    payload = fired("metric-static")
    for n in range(500):
        payload["data"]["alertContext"]["condition"]["allOf"][0]["metricValue"] = 400 + n
        post.take(moved(payload, 5 + n / 50, n, alertRule=f"lobby-refused-{n % 50}"), 16)
    revision = house.only().revision
    for n in range(100):
        post.take(over(5 + n / 50, n, alertRule=f"lobby-refused-{n % 50}"), 17)

    incident = house.only()
    assert revision < 40
    assert len(incident.timeline) <= MOST_ENTRIES
    assert len(incident.signals) <= 20
    assert ["opened"] == house.notifier.states()
    assert 0 == house.alerts.asked


def test_a_rule_whose_occurrences_come_and_go_by_the_hundred_costs_a_few_writes_and_one_look() -> None:
    post = Post(House())
    for n in range(200):
        post.take(refused(5, n), 6)
        post.take(over(5, n), 6)
    incident = post.house.only()

    assert ["alert resolved", "alert joined"] * 2 == told(incident)[3:-1]
    assert incident.revision < 10
    assert [incident.id] == post.house.work.asked


def test_a_rule_that_comes_again_after_its_storm_is_noted_again() -> None:
    post = Post(House())
    for n in range(20):
        post.take(refused(5, n), 6)
        post.take(over(5, n), 6)
    post.take(refused(12, 20), 13)

    assert ["alert resolved", "alert joined"] == told(post.house.only())[-2:]


def test_an_instance_that_was_slower_decides_again() -> None:
    house = House()

    class Outrun(FakeIncidents):
        races = 3

        def create(self, incident: Incident, previous: Incident | None) -> Incident:
            if self.races:
                self.races -= 1
                raise LostRaceError("the current incident")
            return super().create(incident, previous)

    incidents = Outrun()
    Post(house, incidents).take(refused(), 6)

    assert 1 == len(incidents.kept)


def test_late_alerts_do_not_reach_beyond_now() -> None:
    post = Post(House())
    post.take(refused(600), 6)

    assert at(6) + timedelta(minutes=5) > post.house.only().last_bad > at(6)


def test_of_several_incidents_the_most_severe_is_looked_at_first() -> None:
    post = Post(House())
    post.take(refused(5, 1, severity="Sev3"), 6)
    post.take(refused(6, 2, severity="Sev1", alertRule="lobby-health"), 7)
    first, second = post.house.incidents.open_ones()
    post.house.work.asked.clear()
    post.house.track(at(20))

    assert (1, 3) == (first.severity, second.severity)
    assert [first.id, second.id] == post.house.work.asked


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - the zone stands beside them
    .filter(lambda moment: not at(6) - timedelta(days=7) <= moment <= at(6))
    .map(datetime.isoformat)
)
@example("2099-12-31T00:00:00Z")
@example("2000-01-01T00:00:00Z")
def test_a_date_that_no_alert_can_have_is_now(written: str) -> None:
    post = Post(House())

    assert IntakeOutcome.JOINED == post.take(refused(firedDateTime=written), 6)
    incident = post.house.only()
    assert bucket_of(at(6)) == incident.onset
    assert bucket_of(at(6)) + BUCKET == incident.last_bad


def test_an_alert_that_waited_for_a_day_keeps_its_time() -> None:
    post = Post(House())
    post.take(refused(6 - 24 * 60), 6)

    assert bucket_of(at(6 - 24 * 60)) == post.house.only().onset


def test_an_alert_of_another_time_is_known_again_and_ends_as_any_other() -> None:
    post = Post(House())
    post.take(refused(firedDateTime="2099-01-01T00:00:00Z"), 6)

    assert IntakeOutcome.KNOWN == post.take(refused(firedDateTime="2099-01-01T00:00:00Z"), 7)
    assert IntakeOutcome.NOTED == post.take(over(firedDateTime="2099-01-01T00:00:00Z"), 8)
    assert "alert resolved" in told(post.house.only())
