"""What is pushed is judged at once: counted as the watch counts it, beside the watch, and never twice."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.events.pushed import PushedAsk
from shared.incidents.incident import Incident, State
from shared.incidents.recent.pushed import look_at_pushed
from shared.signals.received import OUTCOMES, ReceivedEvent
from shared.signals.signal import bucket_of, minute_of
from shared.signals.tries import LineTry
from tests.incidents.fake_rooms import HANDLERS, LOBBY, House, at

STEPS = st.lists(
    st.tuples(st.integers(0, 40), st.sampled_from(["good", "bad", "look", "watch"])), max_size=40
)


def event(moment: datetime, failure: str = "chat: handler out of time") -> ReceivedEvent:
    return ReceivedEvent(LOBBY, bucket_of(moment), failure, "", False, minute_of(moment))


def failing(minutes: float, events: int = 60) -> House:
    """Return a house whose handler fails every second time, so many minutes after noon."""
    house = House()
    house.events.received = [event(at(minutes), "chat: no handler" if n % 2 else "") for n in range(events)]
    return house


def look(house: House, now: datetime, asked_at: datetime | None = None) -> tuple[Incident, ...]:
    ask = PushedAsk(LOBBY, asked_at or now)
    return look_at_pushed(house.sources(), house.policy(), house.casework(), ask, now)


def test_failed_answers_open_an_incident_without_a_watch() -> None:
    house = failing(10)
    (opened,) = look(house, at(10.5))

    assert (HANDLERS, State.DETECTED) == (opened.symptom, opened.state)
    assert (["opened"], [opened.id]) == (house.notifier.states(), house.work.asked)


def test_a_line_that_fails_twice_opens_an_incident_without_a_watch() -> None:
    house = House()
    first = at(10.0)
    for moment in (first, first + timedelta(seconds=30), first + timedelta(seconds=60)):
        house.tries.keep(
            LineTry(LOBBY, "canary", moment, failed_step="connect", failure="401", failing_since=first)
        )

    (opened,) = look(house, at(11.1))

    assert ("web-pubsub-connection-failures", ["canary"]) == (opened.symptom, list(opened.signals))


def test_what_failed_just_before_a_bucket_ended_is_seen_by_a_look_just_after() -> None:
    (opened,) = look(failing(14.9), at(15.2))

    assert at(10) == opened.onset


def test_the_watch_that_comes_next_finds_the_same_incident_and_tells_nothing_again() -> None:
    house = failing(10)
    look(house, at(10.5))
    house.watch(at(11))

    assert 1 == len(house.incidents.kept)
    assert ["opened"] == house.notifier.states()


def test_what_goes_on_is_left_to_the_watch_so_that_a_diagnosis_can_be_kept() -> None:
    house = failing(10)
    look(house, at(10.5))
    before = house.only()
    house.events.received += [event(at(10.6)) for _ in range(2)]
    look(house, at(10.7))

    assert before == house.only()


def test_a_breach_that_becomes_severe_is_not_left_to_the_watch() -> None:
    house = failing(10)
    look(house, at(10.5))
    before = house.only().severity
    house.events.received += [event(at(10.6)) for _ in range(5_000)]
    look(house, at(10.7))

    assert house.only().severity < before


def test_an_ask_that_an_earlier_look_has_answered_is_left_out() -> None:
    house = failing(10)
    look(house, at(10.5))
    house.counts.kept.clear()

    assert () == look(house, at(10.6), asked_at=at(10.4))
    assert {} == house.counts.kept


def test_while_a_look_is_under_way_no_other_begins_and_one_that_fell_over_holds_up_none() -> None:
    house = failing(10)
    look(house, at(10.5))
    house.watermarks.kept = {
        key: moment for key, moment in house.watermarks.kept.items() if not key.endswith("ended")
    }
    house.counts.kept.clear()
    look(house, at(10.7))
    assert {} == house.counts.kept

    look(house, at(11.1))
    assert {} != house.counts.kept


def test_a_look_by_a_clock_that_was_wrong_holds_up_none() -> None:
    house = failing(10)
    for name in ("begun", "ended"):
        look(house, at(10.5))
        house.watermarks.kept = {
            key: moment + timedelta(days=3) if key.endswith(name) else moment
            for key, moment in house.watermarks.kept.items()
        }
    house.counts.kept.clear()
    look(house, at(10.8))

    assert {} != house.counts.kept


def test_a_resource_that_is_watched_no_more_is_not_looked_at() -> None:
    house = failing(10)
    house.resources = tuple(replace(one, id="another") for one in house.resources)

    assert () == look(house, at(10.5))
    assert {} == house.incidents.kept


@settings(max_examples=60)
@given(STEPS)
def test_looks_beside_watches_leave_the_counts_that_watches_alone_leave(steps: list[tuple[int, str]]) -> None:
    both, alone, moment = House(), House(), at(10)
    for seconds, step in [*steps, (1, "watch")]:
        moment += timedelta(seconds=seconds)
        if step == "look":
            look(both, moment)
        for house in (both, alone):
            if step == "watch":
                house.watch(moment)
            elif step != "look":
                house.events.received.append(event(moment, "chat: no handler" if step == "bad" else ""))

    def counted(house: House) -> list[tuple[datetime, float, float]]:
        counts = house.counts.read(LOBBY, at(0), at(60))
        return [(count.bucket, count.bad, count.total) for count in counts if count.signal == OUTCOMES.id]

    assert counted(alone) == counted(both)
