"""What an incident decides depends on its fields, never on the timeline, which loses lines when it grows long."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from shared.incidents.incident import Incident, Milestone, State
from shared.incidents.lifecycle import states
from shared.incidents.lifecycle.escalate import escalated
from shared.incidents.lifecycle.respond import Person, ResponseOutcome, acknowledge
from shared.objectives.breach import Breach

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
    assert [Milestone.CAUSE_FOUND] == [one.milestone for one in other.unnotified]


def test_the_lines_of_nine_hours_are_counted_one_by_one() -> None:
    lasting = flapped(acknowledged(), 20, 20 + 9 * 60)
    (left_out,) = [entry.text for entry in lasting.timeline if entry.what == "folded"]
    lines = len(acknowledged().timeline) + 2 * len(range(20, 560, 7))

    assert f"{lines - len(lasting.timeline) + 1} entries since " in left_out


def test_a_timeline_without_any_line_changes_no_step() -> None:
    incident = replace(states.validating(acknowledged(), at(20)), timeline=())

    assert State.ACKNOWLEDGED is states.seen_again(incident, breach(25), 2, at(26)).state
    assert incident is escalated(incident, lambda _: 1, at(60))
