"""Each milestone is one notice to each receiver, kept the same in memory and in tables."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from shared.cloud.storage.documents import BlobDocuments
from shared.cloud.storage.notices.lanes import TableLanes
from shared.cloud.storage.notices.outbox import TableOutbox
from shared.incidents.incident import Milestone
from shared.incidents.message import key_from_message
from shared.notices.cards.elements import message
from shared.notices.cards.milestone_card import draw_milestone
from shared.notices.cards.sources import CardSources
from shared.notices.notice import Fate, Notice, Outbox, lane_key
from shared.notices.notify import OutboxNotifier, Route, decide_by_default
from shared.notices.routing.decide import Decision, RoutingReason
from shared.playbooks.stored import encode_diagnosis
from tests.incidents.fake_incidents import FakeDocuments
from tests.notices.broken_lobby import OPENED_AT
from tests.notices.cards.judged import texts
from tests.notices.diagnoses import START, expired_tokens
from tests.notices.fake_outbox import FakeOutbox, StandingClock
from tests.notices.milestones import FAILURES, PLAYBOOK, explained, opened

if TYPE_CHECKING:
    from shared.cloud.storage.account import Storage


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
    clock = StandingClock(OPENED_AT)
    return OutboxNotifier(
        outbox, CardSources(documents or FakeDocuments(), {FAILURES: PLAYBOOK}), clock, route=route
    )


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
    receivers = notifier(outbox, route=lambda incident, notification: decided).notify(opened(), 1, "opened")

    assert ("on-call", "leads") == receivers
    assert {
        ("leads", Fate.SUPPRESSED, "One card for lobby."),
        ("on-call", Fate.PENDING, "Route 1 leads to it."),
        ("team", Fate.SUPPRESSED, "Silenced until noon."),
    } == {(notice.receiver, notice.fate, notice.reason) for notice in outbox.kept.values()}
    assert [lane_key(opened().id, "on-call")] == outbox.asked


def test_asks_for_delivery_again_where_nobody_has_and_nothing_was_delivered() -> None:
    outbox = FakeOutbox()
    notifier(outbox).notify(opened(), 1, "opened")
    notifier(outbox).notify(opened(), 1, "opened")
    assert [LANE] == outbox.asked  # its lane is open, and is asked for by itself

    del outbox.lanes.kept[LANE]  # as where we fell over before it was opened
    notifier(outbox).notify(opened(), 1, "opened")
    assert [LANE] * 2 == outbox.asked
    del outbox.lanes.kept[LANE]
    (notice,) = outbox.of(LANE)
    outbox.settle([replace(notice, fate=Fate.DELIVERED)])
    notifier(outbox).notify(opened(), 1, "opened")

    assert [LANE] * 2 == outbox.asked


def test_the_message_in_the_queue_names_the_lane_and_never_expires(storage: "Storage") -> None:
    notifier(outbox_in(storage)).notify(opened(), 1, "opened")

    queued = storage.queue("notices").receive_message()

    assert queued is not None
    assert LANE == key_from_message(queued.content, "notices", "stream")
    assert 9999 == queued.expires_on.year


def test_a_crash_between_document_and_row_loses_nothing(storage: "Storage") -> None:
    outbox = outbox_in(storage)
    BlobDocuments(storage.container("documents")).put("notices/feed/1.json", '{"drawn": "before the crash"}')

    notice = Notice("feed", "1", "default", "notices/feed/1.json", START)
    outbox.add(notice, '{"drawn": "after"}')

    assert ['{"drawn": "before the crash"}'] == [outbox.text(notice) for notice in outbox.of("feed")]


def test_a_cause_is_drawn_from_its_diagnosis() -> None:
    documents, outbox = FakeDocuments(), FakeOutbox()
    documents.put("diagnoses/1.json", encode_diagnosis(expired_tokens()))

    notifier(outbox, documents).notify(explained(), 2, "cause found")

    expected = draw_milestone(
        explained(), Milestone.CAUSE_FOUND, playbook=PLAYBOOK, diagnosis=expired_tokens()
    )
    assert "**Evidence**" in texts(expected)
    (notice,) = outbox.of(LANE)
    assert message(expected) == json.loads(outbox.text(notice) or "")


def fate_of_an_end(outbox: Outbox) -> tuple[Fate, str] | None:
    notice = outbox.get(Notice.about("an end", "default", "announcement", START).key)
    return None if notice is None else (notice.fate, notice.reason)


def test_a_notice_that_waits_is_withdrawn(outbox: Outbox) -> None:
    desk = notifier(outbox)
    desk.withdraw("an end", "it fired after all", START)
    desk.announce("an end", "Alert resolved", "alone", START, after=timedelta(minutes=2))
    before = fate_of_an_end(outbox)
    for _ in range(2):
        desk.withdraw("an end", "it fired after all", START)

    assert ((Fate.PENDING, ""), (Fate.SUPPRESSED, "it fired after all")) == (before, fate_of_an_end(outbox))


def test_a_notice_that_is_being_sent_is_not_withdrawn(storage: "Storage") -> None:
    outbox, lanes = outbox_in(storage), TableLanes(storage.table("streams"))
    notifier(outbox).announce("an end", "Alert resolved", "alone", START)
    (lane,) = lanes.due(START)
    lanes.save(lane.claimed_by("another instance", START))
    notifier(outbox).withdraw("an end", "it fired after all", START)

    assert (Fate.PENDING, "") == fate_of_an_end(outbox)
