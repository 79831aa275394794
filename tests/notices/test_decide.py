from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.configuration.match import Match, Subject
from shared.configuration.receivers import Receiver, Route, Routing
from shared.configuration.resources import WatchedResource
from shared.configuration.silences import Silence
from shared.incidents import states
from shared.incidents.incident import Ending, Entry, Incident, Speaks, State
from shared.notices.decide import (
    Circumstances,
    Decision,
    Reason,
    decide,
    decide_announcement,
    subject_of,
)
from shared.notices.group import Group, Scope
from shared.notices.silence import Occurrence, holding, of_incident
from shared.objectives.breach import Breach
from tests.notices.diagnoses import RESOURCE, START

NAMES = ("on-call", "leads", "chat-team")
ROUTING = Routing(
    receivers=tuple(Receiver(name, f"TEAMS_{place}_URL") for place, name in enumerate(NAMES)),
    routes=(
        Route(Match(severity=(1, 2)), ("on-call",), ("leads", "chat-team")),
        Route(Match(severity=(3,)), ("chat-team",)),
    ),
    announcements=("leads",),
)
NOW = START + timedelta(minutes=6)


def incident(severity: int = 2, **changed: object) -> Incident:
    breach = Breach(
        resource=RESOURCE,
        signal="refused-connects",
        symptom="web-pubsub-connection-failures",
        rule="burn 14.4 over 1 h and 5 min",
        onset=START,
        last_bad=START + timedelta(minutes=5),
        bad=143,
        total=2010,
        peak_ratio=0.31,
        reasons={"401": 143.0},
    )
    return replace(states.opened(breach, severity, NOW, None), **changed)  # type: ignore[arg-type]


def night(hours: int = 3, reason: str = "people sleep") -> Occurrence:
    silence = Silence("night", reason, Match(severity=(1, 2, 3, 4)), NOW, NOW + timedelta(hours=hours))
    return Occurrence(silence, NOW, NOW + timedelta(hours=hours))


def decided(
    one: Incident,
    speaks: Speaks = Speaks.OPENED,
    *silences: Occurrence,
    heard: tuple[str, ...] = (),
    group: Group | None = None,
) -> dict[str, Decision]:
    given_ = Circumstances(subject_of(one, None), ROUTING, silences, heard, group)
    return {decision.receiver: decision for decision in decide(one, speaks, given_)}


def reasons(found: dict[str, Decision]) -> tuple[Reason, ...]:
    return tuple(found[name].reason for name in NAMES)


def test_a_severe_incident_goes_where_the_first_route_leads() -> None:
    found = decided(incident(2))

    assert (Reason.ROUTED, Reason.NOT_ADDRESSED, Reason.NOT_ADDRESSED) == reasons(found)
    assert ("Route 1 leads to it.", "It goes to on-call.") == (found["on-call"].text, found["leads"].text)


def test_what_no_route_fits_is_told_to_the_first_receiver() -> None:
    found = decided(incident(4))

    assert (Reason.NO_ROUTE, Reason.NOT_ADDRESSED, Reason.NOT_ADDRESSED) == reasons(found)
    assert found["on-call"].has_own_card


def test_whoever_heard_of_it_hears_how_it_goes_on() -> None:
    found = decided(incident(2), Speaks.WORSE, heard=("chat-team",))

    assert (Reason.ROUTED, Reason.NOT_ADDRESSED, Reason.HEARD) == reasons(found)


def test_a_silence_holds_back_what_is_most_severe_and_says_until_when_and_why() -> None:
    found = decided(incident(1), Speaks.OPENED, night())

    assert (Reason.SILENCED, Reason.NOT_ADDRESSED, Reason.NOT_ADDRESSED) == reasons(found)
    assert "Silenced until 2026-11-12 05:16 UTC: people sleep" == found["on-call"].text
    assert night().key == found["on-call"].card


@pytest.mark.parametrize("speaks", [Speaks.REOPENED, Speaks.WORSE, Speaks.CAUSE_FOUND, Speaks.GIVEN_UP])
def test_a_silence_holds_back_what_happens_to_something_told(speaks: Speaks) -> None:
    assert Reason.SILENCED is decided(incident(2), speaks, night(), heard=("on-call",))["on-call"].reason


def test_whoever_was_told_hears_of_the_end_even_in_a_silence() -> None:
    found = decided(ended(), Speaks.RESOLVED, night(), heard=("leads",))

    assert (Reason.SILENCED, Reason.HEARD, Reason.NOT_ADDRESSED) == reasons(found)


def ended() -> Incident:
    return states.resolved(incident(2), Ending.BY_HAND, NOW + timedelta(minutes=30))


def test_a_silence_from_a_card_ends_with_its_incident() -> None:
    (silence,) = holding([of_incident(incident().id, "alice", NOW, reason="known")], NOW)

    assert Reason.SILENCED is decided(incident(2), Speaks.WORSE, silence)["on-call"].reason
    assert Reason.ROUTED is decided(ended(), Speaks.RESOLVED, silence)["on-call"].reason
    again = replace(ended(), state=State.REOPENED, closed_at=None)
    assert Reason.ROUTED is decided(again, Speaks.REOPENED, silence)["on-call"].reason


def test_a_consequence_is_silent_for_everybody() -> None:
    found = decided(incident(1, joined_to="lobby.drops.1"), Speaks.RESOLVED, heard=NAMES)

    assert {Reason.CONSEQUENCE} == set(reasons(found))
    assert "It is a consequence of lobby.drops.1, which speaks for it." == found["leads"].text


def test_each_escalation_goes_to_the_next_receiver_alone() -> None:
    first = decided(incident(2, escalations=1), Speaks.ESCALATED, heard=("on-call",))
    second = decided(incident(2, escalations=2), Speaks.ESCALATED, heard=("on-call", "leads"))
    third = decided(incident(2, escalations=3), Speaks.ESCALATED, heard=NAMES)

    assert (Reason.NOT_ADDRESSED, Reason.ESCALATED, Reason.NOT_ADDRESSED) == reasons(first)
    assert (Reason.NOT_ADDRESSED, Reason.NOT_ADDRESSED, Reason.ESCALATED) == reasons(second)
    assert {Reason.NOT_ADDRESSED} == set(reasons(third))


def test_an_opening_of_a_group_stands_on_its_card_and_later_states_on_their_own() -> None:
    three = Group("storm", Scope("region", "westeurope"), NOW, ("a", "b", incident().id))

    opened = decided(incident(2), Speaks.OPENED, group=three)["on-call"]
    assert (Reason.GROUPED, "storm") == (opened.reason, opened.card)
    assert "One card for region westeurope, with 2 other incidents." == opened.text
    assert Reason.ROUTED is decided(incident(2), Speaks.CAUSE_FOUND, group=three)["on-call"].reason


def test_announcements_go_where_the_file_says() -> None:
    found = {one.receiver: one.reason for one in decide_announcement(ROUTING)}

    assert {
        "on-call": Reason.NOT_ADDRESSED,
        "leads": Reason.ROUTED,
        "chat-team": Reason.NOT_ADDRESSED,
    } == found


def test_an_incident_of_a_watched_resource_has_its_environment_and_owner() -> None:
    lobby = WatchedResource(RESOURCE, "w", "w", "w", environment="staging", owner="realtime team")

    assert Subject(2, RESOURCE, "staging", "realtime team", incident().symptom) == subject_of(
        incident(2), lobby
    )
    assert Subject(2, RESOURCE, "production", "", incident().symptom) == subject_of(incident(2), None)


# ---- every state, every receiver ----

matches = st.builds(
    Match,
    severity=st.lists(st.integers(1, 4), max_size=2).map(tuple),
    environment=st.sampled_from([(), ("production",), ("staging",)]),
)
some = st.lists(st.sampled_from(NAMES), unique=True, max_size=3).map(tuple)
routings = st.builds(
    Routing,
    st.just(ROUTING.receivers),
    st.lists(st.builds(Route, matches, some.filter(bool), some), max_size=3).map(tuple),
)
moments = st.integers(-200, 200).map(lambda minutes: NOW + timedelta(minutes=minutes))
occurrences = st.builds(
    lambda match, start, hours: Occurrence(
        Silence("s", "load test", match, start, start + timedelta(hours=hours)),
        start,
        start + timedelta(hours=hours),
    ),
    matches,
    moments,
    st.integers(1, 9),
)
incidents = st.builds(
    lambda severity, step, cause, is_over: replace(
        ended() if is_over else incident(), severity=severity, escalations=step, joined_to=cause
    ),
    st.integers(1, 4),
    st.integers(0, 4),
    st.none() | st.just("lobby.drops.1"),
    st.booleans(),
)
groups = st.none() | st.just(Group("storm", Scope("resource", RESOURCE), NOW, ("a", incident().id)))


surroundings = st.builds(
    Circumstances, st.just(Subject()), routings, st.lists(occurrences, max_size=2).map(tuple), some, groups
)


@settings(max_examples=300, deadline=None)
@given(incidents, st.sampled_from(Speaks), surroundings)
def test_every_state_has_just_one_decision_for_each_receiver_and_is_never_lost(
    one: Incident, speaks: Speaks, around: Circumstances
) -> None:
    made = decide(one, speaks, replace(around, subject=subject_of(one, None)))

    assert Counter(NAMES) == Counter(decision.receiver for decision in made)
    assert all(decision.text for decision in made)
    kept = {decision.reason for decision in made}
    if Reason.CONSEQUENCE in kept:
        assert (one.joined_to is not None, {Reason.CONSEQUENCE}) == (True, kept)
    elif speaks is not Speaks.ESCALATED:
        assert any(decision.tells or decision.card for decision in made)  # told, or on a card to come
    for decision in made:
        shared = decision.reason in {Reason.SILENCED, Reason.GROUPED, Reason.DIGEST}
        assert shared is bool(decision.card)
        if speaks is Speaks.RESOLVED and decision.receiver in around.heard and one.joined_to is None:
            assert decision.tells


@settings(max_examples=100, deadline=None)
@given(incidents, st.sampled_from(Speaks), routings, occurrences)
def test_a_silence_that_does_not_fit_changes_nothing(
    one: Incident, speaks: Speaks, routing: Routing, silence: Occurrence
) -> None:
    subject = subject_of(one, None)
    if silence.silence.match.fits(subject):
        return

    assert decide(one, speaks, Circumstances(subject, routing, (silence,))) == decide(
        one, speaks, Circumstances(subject, routing)
    )


def test_the_end_of_a_reopened_incident_is_found_in_its_timeline() -> None:
    (silence,) = holding([of_incident(incident().id, "alice", NOW, reason="known")], NOW)
    before = Entry(datetime(2026, 11, 12, 1, tzinfo=UTC), "resolved", "held")
    older = replace(incident(2), timeline=(before, *incident().timeline))

    assert Reason.SILENCED is decided(older, Speaks.WORSE, silence)["on-call"].reason
