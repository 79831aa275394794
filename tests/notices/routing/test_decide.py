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
from shared.incidents.incident import Incident, Milestone, State
from shared.notices.routing.decide import (
    Circumstances,
    Decision,
    RoutingReason,
    decide_receivers,
    next_receiver,
    subject_of,
)
from shared.notices.routing.group import Group, GroupScope
from shared.notices.routing.silence import Occurrence, card_silence, current_occurrences
from tests.notices.broken_lobby import OPENED_AT as NOW
from tests.notices.broken_lobby import ended, incident
from tests.notices.diagnoses import RESOURCE

NAMES = ("on-call", "leads", "chat-team")
ROUTING = Routing(
    receivers=tuple(Receiver(name, f"TEAMS_{place}_URL") for place, name in enumerate(NAMES)),
    routes=(
        Route(Match(severity=(1, 2)), ("on-call",), ("leads", "chat-team")),
        Route(Match(severity=(3,)), ("chat-team",)),
    ),
    announcements=("leads",),
)


def night(hours: int = 3, reason: str = "people sleep") -> Occurrence:
    silence = Silence("night", reason, Match(severity=(1, 2, 3, 4)), NOW, NOW + timedelta(hours=hours))
    return Occurrence(silence, NOW, NOW + timedelta(hours=hours))


def decided(
    subject: Incident,
    milestone: Milestone = Milestone.OPENED,
    *silences: Occurrence,
    already_notified: tuple[str, ...] = (),
    group: Group | None = None,
) -> dict[str, Decision]:
    circumstances = Circumstances(subject_of(subject, None), ROUTING, silences, already_notified, group)
    return {decision.receiver: decision for decision in decide_receivers(subject, milestone, circumstances)}


def reasons(decisions: dict[str, Decision]) -> tuple[RoutingReason, ...]:
    return tuple(decisions[name].reason for name in NAMES)


def test_a_severe_incident_goes_where_the_first_route_leads() -> None:
    decisions = decided(incident(2))

    assert (RoutingReason.ROUTED, RoutingReason.NOT_ADDRESSED, RoutingReason.NOT_ADDRESSED) == reasons(
        decisions
    )
    assert ("Route 1 leads to it.", "It goes to on-call.") == (
        decisions["on-call"].text,
        decisions["leads"].text,
    )


def test_what_no_route_fits_is_told_to_the_first_receiver() -> None:
    decisions = decided(incident(4))

    assert (RoutingReason.NO_ROUTE, RoutingReason.NOT_ADDRESSED, RoutingReason.NOT_ADDRESSED) == reasons(
        decisions
    )
    assert decisions["on-call"].has_own_card


def test_whoever_heard_of_it_hears_how_it_goes_on() -> None:
    decisions = decided(incident(2), Milestone.WORSE, already_notified=("chat-team",))

    assert (RoutingReason.ROUTED, RoutingReason.NOT_ADDRESSED, RoutingReason.ALREADY_NOTIFIED) == reasons(
        decisions
    )


def test_a_silence_holds_back_what_is_most_severe_and_says_until_when_and_why() -> None:
    decisions = decided(incident(1), Milestone.OPENED, night())

    assert (RoutingReason.SILENCED, RoutingReason.NOT_ADDRESSED, RoutingReason.NOT_ADDRESSED) == reasons(
        decisions
    )
    assert "Silenced until 2026-11-12 05:16 UTC: people sleep" == decisions["on-call"].text
    assert night().key == decisions["on-call"].card


@pytest.mark.parametrize(
    "milestone", [Milestone.REOPENED, Milestone.WORSE, Milestone.CAUSE_FOUND, Milestone.GIVEN_UP]
)
def test_a_silence_holds_back_what_happens_to_something_told(milestone: Milestone) -> None:
    assert (
        RoutingReason.SILENCED
        is decided(incident(2), milestone, night(), already_notified=("on-call",))["on-call"].reason
    )


def test_whoever_was_told_hears_of_the_end_even_in_a_silence() -> None:
    decisions = decided(ended(), Milestone.RESOLVED, night(), already_notified=("leads",))

    assert (RoutingReason.SILENCED, RoutingReason.ALREADY_NOTIFIED, RoutingReason.NOT_ADDRESSED) == reasons(
        decisions
    )


def test_a_silence_from_a_card_ends_with_its_incident() -> None:
    (silence,) = current_occurrences([card_silence(incident().id, "alice", NOW, reason="known")], NOW)

    assert RoutingReason.SILENCED is decided(incident(2), Milestone.WORSE, silence)["on-call"].reason
    assert RoutingReason.ROUTED is decided(ended(), Milestone.RESOLVED, silence)["on-call"].reason
    over = ended()
    again = replace(over, state=State.REOPENED, closed_at=None, previous_closed_at=over.closed_at)
    assert RoutingReason.ROUTED is decided(again, Milestone.REOPENED, silence)["on-call"].reason


def test_a_consequence_is_silent_for_everybody() -> None:
    decisions = decided(incident(1, joined_to="lobby.drops.1"), Milestone.RESOLVED, already_notified=NAMES)

    assert {RoutingReason.CONSEQUENCE} == set(reasons(decisions))
    assert "It is a consequence of lobby.drops.1, which speaks for it." == decisions["leads"].text


def test_each_escalation_goes_to_the_next_receiver_alone() -> None:
    first = decided(incident(2, escalations=1), Milestone.ESCALATED, already_notified=("on-call",))
    second = decided(incident(2, escalations=2), Milestone.ESCALATED, already_notified=("on-call", "leads"))
    third = decided(incident(2, escalations=3), Milestone.ESCALATED, already_notified=NAMES)

    assert (RoutingReason.NOT_ADDRESSED, RoutingReason.ESCALATED, RoutingReason.NOT_ADDRESSED) == reasons(
        first
    )
    assert (RoutingReason.NOT_ADDRESSED, RoutingReason.NOT_ADDRESSED, RoutingReason.ESCALATED) == reasons(
        second
    )
    assert {RoutingReason.NOT_ADDRESSED} == set(reasons(third))


def test_an_opening_of_a_group_stands_on_its_card_and_later_states_on_their_own() -> None:
    three = Group("storm", GroupScope("region", "westeurope"), NOW, ("a", "b", incident().id))

    opened = decided(incident(2), Milestone.OPENED, group=three)["on-call"]
    assert (RoutingReason.GROUPED, "storm") == (opened.reason, opened.card)
    assert "One card for region westeurope, with 2 other incidents." == opened.text
    assert RoutingReason.ROUTED is decided(incident(2), Milestone.CAUSE_FOUND, group=three)["on-call"].reason


def test_an_incident_of_a_watched_resource_has_its_environment_and_owner() -> None:
    lobby = WatchedResource(RESOURCE, "w", "w", "w", environment="staging", owner="realtime team")

    assert Subject(2, RESOURCE, "staging", "realtime team", incident().symptom) == subject_of(
        incident(2), lobby
    )
    assert Subject(2, RESOURCE, "production", "", incident().symptom) == subject_of(incident(2), None)


def test_each_decision_says_why_in_a_sentence() -> None:
    def text(decisions: dict[str, Decision], receiver: str) -> str:
        return decisions[receiver].text

    escalations = [
        decided(incident(2, escalations=count), Milestone.ESCALATED, already_notified=("on-call",))
        for count in (1, 2, 3)
    ]

    assert "Route 2 leads to it." == text(decided(incident(3)), "chat-team")
    assert "No route fits, so the first receiver is told." == text(decided(incident(4)), "on-call")
    assert "It goes to on-call." == text(decided(incident(4)), "leads")
    assert "It was told of this incident before." == text(
        decided(incident(2), Milestone.WORSE, already_notified=("leads",)), "leads"
    )
    assert "Nobody acknowledged it; it is receiver 1 to be next." == text(escalations[0], "leads")
    assert "Nobody acknowledged it; it is receiver 2 to be next." == text(escalations[1], "chat-team")
    assert "Nobody acknowledged it; it goes to leads." == text(escalations[0], "on-call")
    assert "Its route names nobody next." == text(escalations[2], "on-call")


def test_where_a_route_leads_to_several_all_of_them_are_named() -> None:
    both = Routing(ROUTING.receivers, (Route(Match(), ("on-call", "leads")),))
    circumstances = Circumstances(subject_of(incident(), None), both)

    assert (
        "It goes to on-call, leads." == decide_receivers(incident(), Milestone.OPENED, circumstances)[-1].text
    )


def test_an_escalation_where_no_route_fits_goes_to_nobody() -> None:
    decisions = decided(incident(4, escalations=1), Milestone.ESCALATED)

    assert {RoutingReason.NOT_ADDRESSED} == set(reasons(decisions))
    assert "Its route names nobody next." == decisions["on-call"].text


@pytest.mark.parametrize(("escalations", "expected"), [(-1, None), (0, "leads"), (1, "chat-team"), (2, None)])
def test_receivers_are_next_in_the_order_of_their_route(escalations: int, expected: str | None) -> None:
    assert expected == next_receiver(ROUTING.routes[0], escalations)
    assert next_receiver(None, escalations) is None


def test_a_silence_holds_back_no_one_whom_nothing_is_addressed_to() -> None:
    held = decided(incident(1), Milestone.OPENED, night())

    assert ("It goes to on-call.", "") == (held["leads"].text, held["leads"].card)
    assert not held["on-call"].notifies


def test_a_silence_goes_before_the_card_of_a_group_and_the_longest_silence_is_named() -> None:
    group = Group("storm", GroupScope("region", "westeurope"), NOW, ("a", "b", incident().id))
    decisions = decided(incident(2), Milestone.OPENED, night(), night(5, "load test"), group=group)

    assert "Silenced until 2026-11-12 07:16 UTC: load test" == decisions["on-call"].text


def test_a_group_of_two_has_one_other() -> None:
    two = Group("pair", GroupScope("region", "westeurope"), NOW, ("a", incident().id))
    decisions = decided(incident(2), Milestone.OPENED, group=two)

    assert "One card for region westeurope, with 1 other incident." == decisions["on-call"].text
    assert (True, False) == (decisions["on-call"].notifies, decisions["on-call"].has_own_card)


def test_the_end_of_what_nobody_was_told_of_stays_silent() -> None:
    decisions = decided(ended(), Milestone.RESOLVED, night())

    assert RoutingReason.SILENCED is decisions["on-call"].reason


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
groups = st.none() | st.just(Group("storm", GroupScope("resource", RESOURCE), NOW, ("a", incident().id)))


surroundings = st.builds(
    Circumstances, st.just(Subject()), routings, st.lists(occurrences, max_size=2).map(tuple), some, groups
)


@settings(max_examples=300)
@given(incidents, st.sampled_from(Milestone), surroundings)
def test_every_state_has_just_one_decision_for_each_receiver_and_is_never_lost(
    subject: Incident, milestone: Milestone, around: Circumstances
) -> None:
    decisions = decide_receivers(subject, milestone, replace(around, subject=subject_of(subject, None)))

    assert Counter(NAMES) == Counter(decision.receiver for decision in decisions)
    assert all(decision.text for decision in decisions)
    reasons_given = {decision.reason for decision in decisions}
    if RoutingReason.CONSEQUENCE in reasons_given:
        assert (subject.joined_to is not None, {RoutingReason.CONSEQUENCE}) == (True, reasons_given)
    elif milestone is not Milestone.ESCALATED:
        assert any(decision.notifies or decision.card for decision in decisions)  # told, or on a card to come
    for decision in decisions:
        shared = decision.reason in {RoutingReason.SILENCED, RoutingReason.GROUPED, RoutingReason.DIGEST}
        assert shared is bool(decision.card)
        if (
            milestone is Milestone.RESOLVED
            and decision.receiver in around.already_notified
            and subject.joined_to is None
        ):
            assert decision.notifies


@settings(max_examples=100)
@given(incidents, st.sampled_from(Milestone), routings, occurrences)
def test_a_silence_that_does_not_fit_changes_nothing(
    other: Incident, milestone: Milestone, routing: Routing, silence: Occurrence
) -> None:
    subject = subject_of(other, None)
    if silence.silence.match.fits(subject):
        return

    assert decide_receivers(
        other, milestone, Circumstances(subject, routing, (silence,))
    ) == decide_receivers(other, milestone, Circumstances(subject, routing))


def test_a_silence_made_after_the_last_end_holds_over_a_reopened_incident() -> None:
    (silence,) = current_occurrences([card_silence(incident().id, "alice", NOW, reason="known")], NOW)
    older = replace(incident(2), previous_closed_at=datetime(2026, 11, 12, 1, tzinfo=UTC))

    assert RoutingReason.SILENCED is decided(older, Milestone.WORSE, silence)["on-call"].reason
