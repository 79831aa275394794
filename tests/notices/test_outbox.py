import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from shared.clock import ProcessClock
from shared.cloud.storage.documents import BlobDocuments
from shared.cloud.storage.notices.lanes import TableLanes
from shared.cloud.storage.notices.outbox import TableOutbox
from shared.incidents.incident import Ending, Incident, Milestone
from shared.incidents.lifecycle import states
from shared.incidents.message import key_from_message
from shared.incidents.report.durations import in_words
from shared.incidents.report.incident_report import write_closing_report
from shared.notices.cards.budget import fits
from shared.notices.cards.diagnosis_card import IncidentNews, draw_diagnosis
from shared.notices.cards.elements import message
from shared.notices.cards.milestone_card import draw_announcement, draw_milestone
from shared.notices.notice import Fate, Notice, Outbox, lane_key
from shared.notices.notify import OutboxNotifier, Route, decide_by_default
from shared.notices.routing.decide import Decision, RoutingReason
from shared.objectives.breach import Breach
from shared.playbooks.stored import encode_diagnosis
from tests.incidents.fake_incidents import FakeDocuments
from tests.notices.diagnoses import RESOURCE, START, expired_tokens, playbook
from tests.notices.fake_outbox import FakeOutbox
from tests.notices.official import VALIDATOR, parsed
from tests.secrets_by_shape import JWT

if TYPE_CHECKING:
    from shared.cloud.storage.account import Storage

FAILURES = "web-pubsub-connection-failures"
PLAYBOOK = playbook()


class At:
    """A clock that stands."""

    def now(self) -> datetime:
        return START + timedelta(minutes=6)


def opened(**changed: Any) -> Incident:
    given: dict[str, Any] = {
        "resource": RESOURCE,
        "signal": "refused-connects",
        "symptom": FAILURES,
        "rule": "burn 14.4 over 1 h and 5 min",
        "onset": START,
        "last_bad": START + timedelta(minutes=5),
        "bad": 143,
        "total": 2010,
        "peak_ratio": 0.31,
        "reasons": {"401": 143.0},
    }
    return states.opened(Breach(**{**given, **changed}), 2, START + timedelta(minutes=6), None)


def explained() -> Incident:
    return states.diagnosed(
        opened(),
        conclusion="supported",
        cause="token-expired",
        document="diagnoses/1.json",
        users=41,
        next_diagnosis_at=START + timedelta(minutes=15),
        is_last=False,
        now=START + timedelta(minutes=8),
    )


def ended(ending: Ending) -> Incident:
    trying = states.validating(explained(), START + timedelta(minutes=20))
    return states.resolved(trying, ending, START + timedelta(minutes=50))


def said(card: dict[str, Any]) -> str:
    return json.dumps(card, ensure_ascii=False)


@pytest.fixture(params=["in memory", "in a table"])
def outbox(request: pytest.FixtureRequest) -> Outbox:
    if request.param == "in memory":
        return FakeOutbox()
    return outbox_in(request.getfixturevalue("storage"))


def outbox_in(storage: "Storage") -> TableOutbox:
    documents = BlobDocuments(storage.container("documents"))
    lanes = TableLanes(storage.table("streams"))
    return TableOutbox(storage.table("notices"), lanes, storage.queue("notices"), documents)


def notifier(
    outbox: Outbox, documents: FakeDocuments | None = None, route: Route = decide_by_default
) -> OutboxNotifier:
    clock = ProcessClock()
    clock.use(At())
    return OutboxNotifier(outbox, documents or FakeDocuments(), {FAILURES: PLAYBOOK}, clock, route=route)


LANE = lane_key(opened().id, "default")


def test_a_state_told_twice_is_one_notice(outbox: Outbox) -> None:
    for _ in range(2):
        notifier(outbox).notify(opened(), 1, "opened")

    (notice,) = outbox.of(LANE)
    assert (Fate.PENDING, opened().id, 1, "opened") == (
        notice.fate,
        notice.incident,
        notice.revision,
        notice.milestone,
    )


def test_a_second_drawing_does_not_change_what_was_written(outbox: Outbox) -> None:
    notifier(outbox).notify(opened(), 1, "opened")
    (first,) = outbox.of(LANE)
    text = outbox.text(first)

    outbox.add(replace(first, at=START), '{"drawn": "later"}')

    assert text == outbox.text(first)
    assert [first] == list(outbox.of(LANE))


def test_the_states_of_an_incident_are_one_lane_in_the_order_of_its_revisions(outbox: Outbox) -> None:
    for revision, milestone in ((12, "cause found"), (3, "cause found"), (1, "opened")):
        notifier(outbox).notify(explained(), revision, milestone)

    assert [(1, "opened"), (3, "cause found"), (12, "cause found")] == [
        (notice.revision, notice.milestone) for notice in outbox.of(LANE)
    ]


def test_the_fate_of_several_notices_is_kept_at_once(outbox: Outbox) -> None:
    for revision in (1, 2):
        notifier(outbox).notify(opened(), revision, "opened")
    first, second = outbox.of(LANE)

    outbox.settle(
        [
            replace(first, fate=Fate.MERGED, reason="told later", settled_at=START),
            replace(second, fate=Fate.DELIVERED, settled_at=START),
        ]
    )

    assert [(Fate.MERGED, "told later", START), (Fate.DELIVERED, "Route 1 leads to it.", START)] == [
        (notice.fate, notice.reason, notice.settled_at) for notice in outbox.of(LANE)
    ]


def test_an_announcement_of_the_same_key_is_made_once(outbox: Outbox) -> None:
    key = "blind/contoso-rt/2026-11-12T02:10Z"
    for text in ("No rows since 02:10 UTC.", "No rows since 02:10 UTC, still."):
        notifier(outbox).announce(key, "Blind on contoso-rt", text, START)

    (notice,) = outbox.of(lane_key(key, "default"))
    assert ("", "announcement", START) == (notice.incident, notice.milestone, notice.at)
    assert "No rows since 02:10 UTC." in (outbox.text(notice) or "")


def test_each_receiver_of_the_route_has_a_lane_and_the_others_a_reason() -> None:
    outbox = FakeOutbox()
    decided = (
        Decision("on-call", RoutingReason.ROUTED, "Route 1 leads to it."),
        Decision("leads", RoutingReason.GROUPED, "One card for lobby."),
        Decision("team", RoutingReason.SILENCED, "Silenced until noon."),
    )
    heard = notifier(outbox, route=lambda incident, told: decided).notify(opened(), 1, "opened")

    assert ("on-call", "leads") == heard
    assert {
        ("leads", Fate.SUPPRESSED, "One card for lobby."),
        ("on-call", Fate.PENDING, "Route 1 leads to it."),
        ("team", Fate.SUPPRESSED, "Silenced until noon."),
    } == {(notice.receiver, notice.fate, notice.reason) for notice in outbox.kept.values()}
    assert [lane_key(opened().id, "on-call")] == outbox.asked


def test_asks_for_delivery_again_while_nothing_was_delivered() -> None:
    outbox = FakeOutbox()
    for _ in range(2):
        notifier(outbox).notify(opened(), 1, "opened")
    (notice,) = outbox.of(LANE)
    outbox.settle([replace(notice, fate=Fate.DELIVERED)])

    notifier(outbox).notify(opened(), 1, "opened")

    assert [LANE] * 2 == outbox.asked


def test_the_message_in_the_queue_names_the_lane_and_never_expires(storage: "Storage") -> None:
    notifier(outbox_in(storage)).notify(opened(), 1, "opened")

    waiting = storage.queue("notices").receive_message()

    assert waiting is not None
    assert LANE == key_from_message(waiting.content, "notices", "stream")
    assert 9999 == waiting.expires_on.year


def test_a_crash_between_document_and_row_loses_nothing(storage: "Storage") -> None:
    outbox = outbox_in(storage)
    BlobDocuments(storage.container("documents")).put("notices/feed/1.json", '{"drawn": "before the crash"}')

    notice = Notice("feed", "1", "default", "notices/feed/1.json", START)
    outbox.add(notice, '{"drawn": "after"}')

    assert ['{"drawn": "before the crash"}'] == [outbox.text(one) for one in outbox.of("feed")]


def test_the_first_card_says_what_is_wrong_and_when_the_next_look_is() -> None:
    text = said(draw_milestone(opened(), Milestone.OPENED, playbook=PLAYBOOK))

    assert f"Sev 2: {PLAYBOOK.title}" in text
    assert "143 of 2,010 (7.1%)" in text
    assert "Cause not yet known." in text
    assert "Next look: 2026-11-12 02:16 UTC" in text


def test_a_cause_is_drawn_from_its_diagnosis() -> None:
    documents, outbox = FakeDocuments(), FakeOutbox()
    documents.put("diagnoses/1.json", encode_diagnosis(expired_tokens()))

    notifier(outbox, documents).notify(explained(), 2, "cause found")

    expected = draw_diagnosis(
        expired_tokens(),
        PLAYBOOK,
        next_look=START + timedelta(minutes=15),
        news=IncidentNews(explained(), "The cause is found."),
    )
    (notice,) = outbox.of(LANE)
    assert message(expected) == json.loads(outbox.text(notice) or "")


def test_without_its_diagnosis_the_cause_is_named_all_the_same() -> None:
    text = said(draw_milestone(explained(), Milestone.CAUSE_FOUND, playbook=PLAYBOOK))

    assert "Cause: Clients present expired access tokens (code)" in text


@pytest.mark.parametrize(
    ("incident", "milestone", "words"),
    [
        pytest.param(
            states.seen_again(
                opened(), Breach(RESOURCE, "closes", FAILURES, "limit", START, START, 1, 1, 1), 1, START
            ),
            Milestone.WORSE,
            "Severity raised from 2 to 1",
            id="a raise says from what to what",
        ),
        pytest.param(ended(Ending.HELD), Milestone.RESOLVED, "30 minutes within objective", id="held"),
        pytest.param(ended(Ending.HELD), Milestone.RESOLVED, "2 min after detection", id="time to diagnose"),
        pytest.param(ended(Ending.HELD), Milestone.RESOLVED, "44 min after detection", id="time to resolve"),
        pytest.param(
            ended(Ending.UNCONFIRMED), Milestone.RESOLVED, 'not \\"healthy\\"', id="unconfirmed says so"
        ),
        pytest.param(opened(), Milestone.GIVEN_UP, "Cause not found.", id="given up"),
        pytest.param(opened(), Milestone.REOPENED, "came back", id="reopened"),
    ],
)
def test_each_state_says_what_changed(incident: Incident, milestone: Milestone, words: str) -> None:
    assert words in said(draw_milestone(incident, milestone, playbook=PLAYBOOK))


def wildest() -> Incident:
    return replace(
        opened(), signals={f"signal {one}": f"[a](b) {JWT} " + "\u5b57" * 290 for one in range(20)}
    )


def test_cards_of_states_are_valid_fit_and_let_nothing_through() -> None:
    cards = [
        draw_milestone(incident, milestone) for milestone in Milestone for incident in (opened(), wildest())
    ]
    cards += [
        draw_milestone(ended(Ending.HELD), Milestone.RESOLVED),
        draw_announcement(JWT, f"{JWT} <at>all</at>" * 900),
    ]

    assert [] == [error.message for card in cards for error in VALIDATOR.iter_errors(card)]
    assert all(fits(message(card)) for card in cards)
    assert not any(JWT in said(card) or "<at>" in said(card) for card in cards)
    assert [] == [event for answer in parsed(cards) for event in answer["events"]]


def test_the_closing_report_tells_times_cause_budget_and_queries() -> None:
    text = write_closing_report(
        ended(Ending.HELD),
        PLAYBOOK,
        diagnosis=expired_tokens(),
        budget_spent_ratio=0.083,
        expected=timedelta(minutes=30),
        audience="the engineer on call at once, then every 2 hours",
    )

    assert "- Root-cause bucket: code" in text
    assert "- Error budget spent: 8.3% of 30 days" in text
    assert "| Detected | 6 min after the first bad bucket began |" in text
    assert "- Told of severity 2: the engineer on call at once, then every 2 hours" in text
    assert "| Expected of severity 2 | resolved within 30 min: missed by 14 min |" in text
    assert 5 == text.count("\n### ") - text[text.index("## Timeline") :].count("\n### ")
    assert "### Appendix: the complete queries" in text
    assert expired_tokens().symptom.query.rstrip() in text
    assert 1 == sum(line.startswith("# ") for line in text.split("\n"))


def test_the_closing_report_without_a_cause_leaves_the_whys_to_people() -> None:
    incident = states.resolved(opened(), Ending.UNCONFIRMED, START + timedelta(days=1))

    text = write_closing_report(incident, PLAYBOOK)

    assert "No cause was found" in text
    assert 3 == text.count("for the people of the review")


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(0), "0 s"),
        (timedelta(seconds=75), "1 min 15 s"),
        (timedelta(hours=2), "2 h"),
        (timedelta(days=1, minutes=3), "1 d"),
    ],
)
def test_lengths_are_said_in_two_units(length: timedelta, words: str) -> None:
    assert words == in_words(length)
