"""The timeline tells an incident's story: when each step was taken, what it was, and what was known then."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from shared.incidents.incident import (
    Ending,
    EntryKind,
    Incident,
    Milestone,
    Notification,
    State,
)
from shared.incidents.lifecycle import states
from shared.incidents.lifecycle.graph import IllegalTransitionError
from shared.incidents.lifecycle.respond import silenced
from shared.objectives.breach import ALERT
from tests.incidents.test_states import DROPS, LOBBY, NOON, at, breach, milestone, opened

NUMBERS = (
    "143 of 2,010 (7.1%) bad, worst 5 minutes 31.0%; burn 14.4 over 1 h and 5 min; most: ping timeout 120"
)
ALERT_TEXT = "lobby-aborts: 12 aborts in 5 min"


def told(incident: Incident, minute: float, *receivers: str) -> Incident:
    """Return an incident whose states were all told."""
    for state in incident.unnotified:
        incident = states.notified(incident, state, at(minute), receivers)
    return replace(incident, revision=incident.revision + 1)


def looked_at(incident: Incident, minute: float, cause: str | None, *, last: bool = False) -> Incident:
    """Return an incident with one more diagnosis, which is kept under its minute."""
    return states.diagnosed(
        incident,
        conclusion="supported" if cause else "inconclusive",
        cause=cause,
        document=f"diagnosis/{minute}.json",
        users=None,
        next_diagnosis_at=None if last else at(minute + 10),
        is_last=last,
        now=at(minute),
    )


def story(incident: Incident) -> list[tuple[float, str, str]]:
    """Return the lines of the timeline, each with its minute after noon."""
    return [((entry.at - NOON).total_seconds() / 60, entry.what, entry.text) for entry in incident.timeline]


def test_it_tells_of_a_cause_that_was_mended_and_held() -> None:
    incident = told(opened(), 6, "on-call", "leads")
    incident = states.seen_again(incident, breach(10, signal="closes"), 2, at(11))
    incident = told(looked_at(incident, 12, "ping-timeout"), 12, "on-call")
    incident = states.acknowledged(incident, "alice", at(14))
    incident = states.mitigating(incident, "keep-alive raised to 30 s", at(15))
    incident = states.validating(incident, at(20))
    incident = states.resolved(incident, Ending.HELD, at(50))

    assert [
        (6, "detected", NUMBERS),
        (6, "told: opened", "to on-call, leads"),
        (11, "joined: closes", NUMBERS),
        (11, "severity raised", "from 3 to 2"),
        (12, "look 1", "supported"),
        (12, "cause found", "ping-timeout"),
        (12, "told: severity raised", "to on-call"),
        (12, "told: cause found", "to on-call"),
        (14, "acknowledged", "by alice"),
        (15, "mitigating", "keep-alive raised to 30 s"),
        (20, "validating", "within its goal again, was mitigating"),
        (50, "resolved", "held"),
    ] == story(incident)


def test_its_lines_say_which_are_looks_notices_and_what_people_did() -> None:
    incident = looked_at(told(opened(), 6, "on-call"), 12, "ping-timeout")
    incident = silenced(incident, 0, at(60), "alice", at(14)).incident

    assert [
        ("told: opened", EntryKind.NOTICE),
        ("look 1", EntryKind.LOOK),
        ("silenced", EntryKind.PERSON),
    ] == [(entry.what, entry.kind) for entry in incident.timeline if entry.kind is not EntryKind.OTHER]


def test_it_tells_of_a_recovery_that_did_not_hold_and_of_a_return() -> None:
    incident = states.validating(opened(), at(20), "alerts are resolved")
    incident = states.seen_again(incident, breach(25), 3, at(26))
    incident = looked_at(incident, 28, None, last=True)
    incident = told(states.resolved(incident, Ending.BY_HAND, at(40), "bob"), 41)
    incident = states.reopened(incident, breach(50), 3, at(51))

    assert [
        (20, "validating", "alerts are resolved, was detected"),
        (26, "bad again", "did not hold, detected again"),
        (28, "look 1", "inconclusive"),
        (28, "given up", "the last planned look found no cause"),
        (40, "resolved", "by hand, by bob"),
        (41, "told: opened", ""),
        (41, "told: given up", ""),
        (41, "told: resolved", ""),
        (51, "reopened", NUMBERS),
    ] == story(incident)[1:]


def test_it_tells_which_alert_opened_it_and_which_joined() -> None:
    alert = breach(signal=f"{ALERT}lobby-aborts", alert=ALERT_TEXT)
    other = breach(signal=f"{ALERT}lobby-closes", alert="lobby-closes: 9 closes in 5 min")
    incident = states.seen_again(states.opened(alert, 3, at(6), None), other, 3, at(8))
    ended = states.resolved(incident, Ending.BY_HAND, at(20))
    back = states.reopened(ended, replace(alert, last_bad=at(30)), 3, at(31))

    assert [
        (6, "detected", ALERT_TEXT),
        (6, "opened by alert", "lobby-aborts"),
        (8, "alert joined", "lobby-closes: lobby-closes: 9 closes in 5 min"),
    ] == story(incident)
    assert [(31, "reopened", ALERT_TEXT), (31, "opened by alert", "lobby-aborts")] == story(back)[-2:]
    assert ["lobby-aborts", "lobby-closes"] == list(incident.alert_rules)


def test_it_tells_whose_consequence_an_incident_is_and_that_it_goes_on_alone() -> None:
    cause = replace(opened(), id="lobby.handlers.1")
    over = states.resolved(cause, Ending.BY_HAND, at(30))
    effect = states.joined(told(opened(), 6), cause, at(9))
    alone = states.beside_cause(effect, over, at(31))

    assert [
        (9, "joined to its cause", "a consequence of lobby.handlers.1"),
        (31, "on its own again", "lobby.handlers.1 is closed, and this goes on"),
    ] == story(alone)[2:]
    assert (None, "lobby.handlers.1", [Milestone.OPENED]) == (
        alone.joined_to,
        alone.released_from,
        milestone(alone),
    )


# ---- what is kept besides ----


def test_a_new_incident_holds_all_that_its_breach_showed() -> None:
    incident = states.opened(breach(10, onset=at(-5)), 3, at(11), None)

    assert (
        Incident(
            id=f"{states.resource_key(LOBBY)}.{DROPS}.1",
            resource=LOBBY,
            symptom=DROPS,
            number=1,
            state=State.DETECTED,
            opened_at=at(11),
            state_since=at(11),
            onset=at(-5),
            last_bad=at(10),
            severity=3,
            signals={"aborts": NUMBERS},
            bad=143,
            total=2010,
            peak_ratio=0.31,
            next_diagnosis_at=at(11),
            unnotified=(Notification(1, Milestone.OPENED),),
            timeline=incident.timeline,
        )
        == incident
    )


def test_a_resource_has_a_short_key_without_slashes_that_never_changes() -> None:
    assert "4a918bff6009c71f" == states.resource_key(LOBBY)


def test_a_return_begins_as_a_new_incident_does_but_for_what_went_before() -> None:
    cause = replace(opened(), id="lobby.handlers.1")
    worn = told(states.opened(breach(10), 3, at(11), replace(opened(), number=4)), 12, "on-call")
    worn = states.seen_again(worn, breach(12, signal="closes", onset=at(-5), bad=900.0), 2, at(13))
    worn = states.joined(looked_at(worn, 14, "ping-timeout"), cause, at(14))
    worn = states.beside_cause(worn, None, at(15))
    worn = states.joined(told(worn, 15, "on-call"), cause, at(15))
    worn = replace(worn, users=40, has_given_up=True, escalations=2, silence=object(), unanswered=object())
    worn = states.acknowledged(worn, "alice", at(16))
    ended = told(states.resolved(worn, Ending.BY_HAND, at(60), "alice"), 61, "on-call")
    back = breach(100, bad=30.0, total=500.0, peak_ratio=0.2)
    again = states.reopened(ended, back, 4, at(101))
    new = states.opened(back, 2, at(101), None)

    assert (
        replace(
            new,
            id=worn.id,
            number=5,
            follows=opened().id,
            state=State.REOPENED,
            opened_at=at(11),
            onset=at(-5),
            previous_closed_at=at(60),
            reopened=1,
            reopened_at=at(101),
            returns=(at(101),),
            users=40,
            first_cause_at=at(14),
            document="diagnosis/14.json",
            notified_receivers=("on-call",),
            unnotified=(Notification(again.revision + 1, Milestone.REOPENED),),
            revision=ended.revision,
            timeline=again.timeline,
        )
        == again
    )


def test_a_return_keeps_the_later_of_two_last_bad_buckets_and_the_higher_severity() -> None:
    ended = states.resolved(opened(3), Ending.BY_HAND, at(60))

    assert (at(5), 3) == ((back := states.reopened(ended, breach(4), 4, at(61))).last_bad, back.severity)
    assert (at(70), 1) == ((back := states.reopened(ended, breach(70), 1, at(71))).last_bad, back.severity)


def test_a_return_just_24_hours_later_still_reopens() -> None:
    ended = states.resolved(opened(), Ending.BY_HAND, at(60))

    assert State.REOPENED is states.reopened(ended, breach(1500), 3, at(60 + 24 * 60)).state


def test_an_open_incident_cannot_reopen_and_says_so_by_its_name() -> None:
    with pytest.raises(IllegalTransitionError) as caught:
        states.reopened(opened(), breach(10), 3, at(11))

    assert f"incident {opened().id} is detected and cannot become reopened" == str(caught.value)


@pytest.mark.parametrize(
    ("step", "becomes"),
    [
        pytest.param(lambda ended: states.seen_again(ended, breach(70), 1, at(71)), "seen again", id="seen"),
        pytest.param(lambda ended: looked_at(ended, 71, None), "diagnosed", id="diagnosed"),
        pytest.param(lambda ended: states.mitigating(ended, "x", at(71)), "mitigating", id="mitigating"),
        pytest.param(lambda ended: states.resolved(ended, Ending.HELD, at(71)), "resolved: held", id="held"),
    ],
)
def test_a_step_that_may_not_be_taken_is_named(step: Callable[[Incident], Incident], becomes: str) -> None:
    ended = states.resolved(opened(), Ending.BY_HAND, at(60))

    with pytest.raises(IllegalTransitionError) as caught:
        step(ended)

    assert f"incident {ended.id} is resolved and cannot become {becomes}" == str(caught.value)
