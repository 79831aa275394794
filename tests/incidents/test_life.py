"""Whatever happens to incidents in whatever order, at most one is open, and each state is told once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from shared.incidents.incident import Ending, Incident, Milestone, Notification, State
from shared.incidents.lifecycle import respond, states, undo
from shared.incidents.lifecycle.alert_rules import alert_resolved
from shared.incidents.lifecycle.decide import LifecycleReason, decide_ending, on_breach
from shared.incidents.lifecycle.escalate import escalated
from shared.incidents.lifecycle.graph import GRAPH, IllegalTransitionError
from shared.incidents.lifecycle.standing import owed, with_news_of_answers
from shared.objectives.breach import ALERT
from shared.races import LostRaceError
from tests import drawn
from tests.incidents.fake_incidents import FakeIncidents
from tests.incidents.test_flapping import CAUSE, CAUSE_OVER, forgotten
from tests.incidents.test_states import BUCKET, DROPS, LOBBY, NOON, breach, diagnosed


def tried(act: Callable[[Incident], Incident], incident: Incident) -> Incident | None:
    """Return what a step makes of an incident; None where it may not be taken."""
    try:
        return act(incident)
    except IllegalTransitionError:
        return None


def is_reached(before: State, after: State) -> bool:
    """Tell whether a step leads from one state to another; what is opened again by hand goes on to where it was."""
    onward = GRAPH[State.REOPENED] if before is State.RESOLVED else frozenset()
    return after in GRAPH[before] | onward


class Life(RuleBasedStateMachine):
    """Two instances that act on what they read, in any order, and often on what is no longer true."""

    @initialize()
    def begin(self) -> None:
        self.store = FakeIncidents()
        self.now = NOON
        self.read: Incident | None = None
        self.must: set[tuple[str, Notification]] = set()
        self.was_told: set[tuple[str, Notification]] = set()

    def keep(self, act: Callable[[Incident], Incident]) -> None:
        if self.read is None:
            return
        before = self.read
        after = tried(act, before)
        # The timeline is folded: no step may depend on what still stands on it.
        other = tried(act, forgotten(before))
        assert (after and forgotten(after)) == (other and forgotten(other))
        if after is None:
            return
        assert after.state is before.state or is_reached(before.state, after.state)
        if after is before:
            return
        try:
            latest = self.store.save(after)
        except LostRaceError:
            return
        self.must |= {(latest.id, state) for state in set(latest.unnotified) - set(before.unnotified)}
        dropped = set(before.unnotified) - set(latest.unnotified)
        # An end by hand that was taken back before it was told.
        assert all(state.milestone is Milestone.RESOLVED and latest.is_open for state in dropped)
        self.must -= {(latest.id, state) for state in dropped}

    @rule(minutes=st.sampled_from([1, 5, 40, 800, 1500]))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule()
    def read_again(self) -> None:
        self.read = self.store.current(LOBBY, DROPS)

    @rule(ago=st.sampled_from([0, 5, 600]), severity=st.integers(1, 4))
    def break_the_objective(self, ago: int, severity: int) -> None:
        end = self.now - timedelta(minutes=ago)
        newest = replace(breach(), onset=end - BUCKET, last_bad=end)
        reason = on_breach(self.read, newest, self.now)
        if reason is LifecycleReason.JOIN:
            self.keep(lambda incident: states.seen_again(incident, newest, severity, self.now))
        elif reason is LifecycleReason.REOPEN:
            self.keep(lambda incident: states.reopened(incident, newest, severity, self.now))
        elif reason is not LifecycleReason.IGNORE:
            try:
                latest = self.store.create(states.opened(newest, severity, self.now, self.read), self.read)
            except LostRaceError:
                return
            self.must |= {(latest.id, state) for state in latest.unnotified}

    @rule(cause=st.sampled_from([None, "ping-timeout", "slow-client"]), last=st.booleans())
    def look(self, cause: str | None, last: bool) -> None:
        self.keep(lambda incident: diagnosed(incident, cause, last=last, now=self.now))

    @rule(good=st.integers(0, 7))
    def tick(self, good: int) -> None:
        def act(incident: Incident) -> Incident:
            reason = decide_ending(incident, good, 6, None, self.now)
            if reason is LifecycleReason.START_VALIDATING:
                return states.validating(incident, self.now)
            endings = {LifecycleReason.HELD: Ending.HELD, LifecycleReason.UNCONFIRMED: Ending.UNCONFIRMED}
            return states.resolved(incident, endings[reason], self.now) if reason in endings else incident

        self.keep(act)

    @rule(step=st.sampled_from([states.acknowledged, states.mitigating]))
    def a_person_acts(self, step: Callable[[Incident, str, datetime], Incident]) -> None:
        self.keep(lambda incident: step(incident, "alice", self.now))

    @rule(occurrence=st.integers(0, 2), hours=st.sampled_from([1, 4]), name=st.sampled_from(["ada", "grace"]))
    def a_person_answers(self, occurrence: int, hours: int, name: str) -> None:
        person, until = respond.Person(name), NOON + timedelta(hours=hours)
        self.keep(lambda incident: respond.acknowledge(incident, occurrence, person, self.now).incident)
        self.keep(lambda incident: respond.silenced(incident, occurrence, until, name, self.now).incident)

    @rule(occurrence=st.integers(0, 2), behind=st.integers(0, 2), name=st.sampled_from(["ada", "grace"]))
    def a_person_takes_it_over_or_back(self, occurrence: int, behind: int, name: str) -> None:
        who = respond.Person(name)
        for act in (respond.take_over, undo.give_back):
            self.keep(
                lambda one, act=act: act(one, occurrence, one.revision - behind, who, self.now).incident
            )
            self.read_again()
        self.keep(lambda one: undo.end_silence(one, occurrence, who, self.now).incident)

    @rule(occurrence=st.integers(0, 2), name=st.sampled_from(["ada", "grace"]))
    def a_person_ends_it_or_opens_it_again(self, occurrence: int, name: str) -> None:
        who = respond.Person(name)
        if self.read is not None and self.read.is_open:
            self.keep(lambda one: respond.resolve(one, occurrence, who, self.now).incident)
        else:
            self.keep(lambda one: undo.reopen(one, occurrence, who, self.now).incident)

    @rule()
    def it_settles_who_has_it(self) -> None:
        self.keep(lambda incident: with_news_of_answers(incident, self.now))

    @rule(name=st.sampled_from(["lobby-refused", "lobby: refused"]), is_over=st.booleans())
    def an_alert_comes(self, name: str, is_over: bool) -> None:
        fired = breach(0, signal=f"{ALERT}{name}", alert=f"{name}: 12 failures")

        def act(incident: Incident) -> Incident:
            return (
                alert_resolved(incident, name, self.now)
                if is_over
                else states.seen_again(incident, fired, 4, self.now)
            )

        for _ in range(4):
            self.keep(act)
            self.read_again()

    @rule()
    def nobody_answers(self) -> None:
        self.keep(lambda incident: escalated(incident, lambda _: 2, self.now))

    @rule(is_open=st.booleans())
    def its_cause_comes_or_goes(self, is_open: bool) -> None:
        cause = CAUSE if is_open else CAUSE_OVER
        self.keep(
            lambda incident: (
                states.joined(incident, CAUSE, self.now) if incident.is_open and is_open else incident
            )
        )
        self.keep(
            lambda incident: states.beside_cause(incident, cause, self.now) if incident.is_open else incident
        )

    @precondition(lambda self: self.store.open_ones())
    @rule(data=st.data())
    def notify(self, data: st.DataObject) -> None:
        incident = data.draw(st.sampled_from(list(self.store.open_ones())))
        for state in owed(incident, self.now)[:1]:
            self.store.save(states.notified(incident, state, self.now, ("on-call",)))
            self.was_told.add((incident.id, state))

    @invariant()
    def at_most_one_is_open_and_numbers_count(self) -> None:
        incidents = sorted(self.store.kept.values(), key=lambda incident: incident.number)

        assert all(not incident.is_open for incident in incidents[:-1])
        assert all((b.number, b.follows) == (a.number + 1, a.id) for a, b in pairwise(incidents))

    @invariant()
    def who_has_it_is_where_its_state_says(self) -> None:
        for incident in self.store.kept.values():
            assert incident.acknowledgement or incident.state is not State.ACKNOWLEDGED
            assert incident.is_open or incident.closed_at is not None

    @invariant()
    def what_must_be_told_is_told_or_waits(self) -> None:
        waiting = {
            (incident.id, state) for incident in self.store.kept.values() for state in incident.unnotified
        }

        assert self.must == waiting | self.was_told
        assert not waiting & self.was_told


TestLife = drawn.runs("lives of incidents", Life, 30, 500, steps=40)
