"""What an incident decides depends on its fields, never on the timeline, which loses lines when it grows long."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.incidents.incident import Ending, Incident, Milestone, State
from shared.incidents.lifecycle import states
from shared.incidents.lifecycle.alert_rules import alert_resolved
from shared.incidents.lifecycle.escalate import escalated
from shared.incidents.lifecycle.respond import Person, ResponseOutcome, acknowledge, resolve, silenced
from shared.objectives.breach import ALERT, Breach
from tests import drawn

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ADA = Person("ada@contoso.com", verified=True)
CAUSES = ("ping-timeout", "slow-client", "fixed-lifetime", "mass-close", "service-reload")


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def breach(last_bad: float) -> Breach:
    return Breach(
        resource="/subscriptions/5f/resourcegroups/trading/providers/microsoft.signalrservice/webpubsub/lobby",
        signal="aborts",
        symptom="web-pubsub-connection-drops",
        rule="burn 14.4 over 1 h and 5 min",
        onset=at(last_bad - 5),
        last_bad=at(last_bad),
        bad=143,
        total=2010,
        peak_ratio=0.31,
        reasons={"ping timeout": 120.0},
    )


def alert(rule: str, last_bad: float) -> Breach:
    return replace(breach(last_bad), signal=f"{ALERT}{rule}", alert=f"{rule}: 12 aborts in 5 min")


def heard(incident: Incident, now: float) -> Incident:
    for state in incident.unnotified:
        incident = states.notified(incident, state, at(now), ("on-call",))
    return incident


def diagnosed(incident: Incident, cause: str, now: float) -> Incident:
    return states.diagnosed(
        incident,
        conclusion="supported",
        cause=cause,
        document=None,
        users=None,
        next_diagnosis_at=None,
        is_last=False,
        now=at(now),
    )


def acknowledged() -> Incident:
    """Return an incident of severity 2 that ada has, after each of its causes was found and told."""
    incident = heard(states.opened(breach(5), 2, at(6), None), 6)
    for minute, cause in enumerate(CAUSES, start=7):
        incident = heard(diagnosed(incident, cause, minute), minute)
    return acknowledge(incident, 0, ADA, at(12)).incident


def without_cause(incident: Incident, now: float) -> Incident:
    return states.diagnosed(
        incident,
        conclusion="inconclusive",
        cause=None,
        document=None,
        users=None,
        next_diagnosis_at=None,
        is_last=True,
        now=at(now),
    )


def flapped(incident: Incident, since: int, until: int) -> Incident:
    """Let validation begin and fail every seven minutes."""
    for minute in range(since, until, 7):
        incident = states.validating(incident, at(minute))
        incident = states.seen_again(incident, breach(minute + 5), 2, at(minute + 6))
    return incident


def test_nine_hours_of_failing_validations_leave_it_with_who_has_it() -> None:
    lasting = flapped(acknowledged(), 20, 20 + 9 * 60)
    trying = states.validating(lasting, at(570))

    assert State.ACKNOWLEDGED is lasting.state
    assert trying is escalated(trying, lambda _: 1, at(571))
    assert ResponseOutcome.ALREADY is acknowledge(trying, 0, Person("grace"), at(571)).outcome


def test_nine_hours_of_failing_validations_tell_no_cause_again() -> None:
    lasting = flapped(acknowledged(), 20, 20 + 9 * 60)

    assert dict.fromkeys(CAUSES, ()) == {cause: diagnosed(lasting, cause, 571).unnotified for cause in CAUSES}
    other = diagnosed(lasting, "event-handler-missing", 571)
    assert [Milestone.CORRECTED] == [state.milestone for state in other.unnotified]


def test_the_lines_of_nine_hours_are_counted_one_by_one() -> None:
    lasting = flapped(acknowledged(), 20, 20 + 9 * 60)
    (left_out,) = [entry.text for entry in lasting.timeline if entry.what == "folded"]
    lines = len(acknowledged().timeline) + 2 * len(range(20, 560, 7))

    assert f"{lines - len(lasting.timeline) + 1} entries since " in left_out


def test_a_timeline_without_any_line_changes_no_step() -> None:
    incident = replace(states.validating(acknowledged(), at(20)), timeline=())

    assert State.ACKNOWLEDGED is states.seen_again(incident, breach(25), 2, at(26)).state
    assert incident is escalated(incident, lambda _: 1, at(60))


CAUSE = replace(states.opened(breach(5), 2, at(6), None), id="lobby.web-pubsub-event-handler-errors.1")
CAUSE_OVER = states.resolved(CAUSE, Ending.BY_HAND, at(6))
Step = Callable[[Incident, float], Incident]
STEPS: Mapping[str, Step] = {
    "is bad again": lambda incident, now: states.seen_again(incident, breach(now), 2, at(now)),
    "is worse": lambda incident, now: states.seen_again(incident, breach(now), 1, at(now)),
    "an alert fires": lambda incident, now: states.seen_again(
        incident, alert("lobby-aborts", now), 2, at(now)
    ),
    "another fires": lambda incident, now: states.seen_again(
        incident, alert("lobby: aborts", now), 2, at(now)
    ),
    "an alert is resolved": lambda incident, now: alert_resolved(incident, "lobby-aborts", at(now)),
    "a cause is found": lambda incident, now: diagnosed(incident, "ping-timeout", now),
    "another is found": lambda incident, now: diagnosed(incident, "slow-client", now),
    "none is found": without_cause,
    "is notified": heard,
    "ada has it": lambda incident, now: acknowledge(incident, incident.reopened, ADA, at(now)).incident,
    "ada silences it": lambda incident, now: (
        silenced(incident, incident.reopened, at(600), "ada", at(now)).incident
    ),
    "ada resolves it": lambda incident, now: resolve(incident, incident.reopened, ADA, at(now)).incident,
    "is mitigated": lambda incident, now: states.mitigating(incident, "restart", at(now)),
    "is good": lambda incident, now: states.validating(incident, at(now)),
    "has held": lambda incident, now: states.resolved(incident, Ending.HELD, at(now)),
    "comes back": lambda incident, now: states.reopened(incident, breach(now), 2, at(now)),
    "nobody answers": lambda incident, now: escalated(incident, lambda _: 3, at(now)),
    "is a consequence": lambda incident, now: states.joined(incident, CAUSE, at(now)),
    "its cause is over": lambda incident, now: states.beside_cause(incident, CAUSE_OVER, at(now)),
    "its cause is back": lambda incident, now: states.beside_cause(incident, CAUSE, at(now)),
}


def stepped(incident: Incident, step: Step, now: float) -> Incident:
    """Take a step that may be taken, as it is stored."""
    try:
        return replace(step(incident, now), revision=incident.revision + 1)
    except states.IllegalTransitionError:
        return incident


def forgotten(incident: Incident) -> Incident:
    """Return an incident whose timeline lost all that a long one may lose."""
    return replace(incident, timeline=(), fold=None)


@drawn.examples("lives whose timeline is lost", 100, 3000)
@given(st.lists(st.sampled_from(list(STEPS)), min_size=12, max_size=30), st.booleans())
def test_what_the_timeline_loses_changes_no_step_that_follows(names: list[str], hears_at_once: bool) -> None:
    whole = heard(states.opened(breach(5), 2, at(6), None), 6)
    lossy = forgotten(whole)
    for place, name in enumerate(names, start=1):
        now = 6 + 20 * place
        whole, lossy = stepped(whole, STEPS[name], now), stepped(lossy, STEPS[name], now)
        assert forgotten(whole) == forgotten(lossy)
        if hears_at_once:
            whole, lossy = heard(whole, now), heard(lossy, now)
        lossy = forgotten(lossy)
