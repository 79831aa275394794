"""Rows that were written before rows had a version are read whole.

`rows_of_version_1.json` holds rows exactly as that code wrote them: an incident that was reopened, one that was closed
by hand, the slot of the first, a notice and a decision.
"""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from shared.cloud.storage.account import Storage
from shared.cloud.storage.incidents.incidents import TableIncidents
from shared.cloud.storage.incidents.rows import incident_of, incident_row
from shared.cloud.storage.incidents.upgrade import upgraded
from shared.cloud.storage.notices.decisions import TableDecisions
from shared.cloud.storage.notices.lanes import TableLanes
from shared.cloud.storage.notices.outbox import TableOutbox
from shared.incidents.incident import (
    Acknowledgement,
    Call,
    CardSilence,
    Ending,
    Entry,
    Fold,
    Incident,
    RuleState,
    State,
)
from shared.incidents.lifecycle.timeline import noted
from shared.notices.notice import Fate, Notice
from shared.notices.routing.decide import Decision, RoutingReason
from shared.notices.routing.decisions import RecordedDecision
from tests.incidents.fake_incidents import FakeDocuments

ROWS: dict[str, dict[str, Any]] = json.loads(
    Path(__file__).with_name("rows_of_version_1.json").read_text(encoding="utf-8")
)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LOBBY = "4a918bff6009c71f.web-pubsub-connection-failures.1"


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


@pytest.fixture
def reopened() -> Incident:
    return incident_of(ROWS["reopened"], "etag")


def test_what_people_did_is_read_from_the_timeline(reopened: Incident) -> None:
    assert Acknowledgement("ada@contoso.com", at(125)) == reopened.acknowledgement
    assert CardSilence(at(185), "ada@contoso.com") == reopened.silence
    assert (State.VALIDATING, State.ACKNOWLEDGED) == (reopened.state, reopened.state_before_validation)


def test_when_it_began_again_and_what_was_found_since_are_read_from_the_timeline(reopened: Incident) -> None:
    assert (at(96), at(40), at(7)) == (
        reopened.reopened_at,
        reopened.previous_closed_at,
        reopened.first_cause_at,
    )
    assert (("access-key-rotated",), True) == (reopened.notified_causes, reopened.has_given_up)


def test_who_was_told_and_who_did_not_answer_are_read_from_the_timeline(reopened: Incident) -> None:
    assert ("on-call", "trading", "duty-manager") == reopened.notified_receivers
    assert Call(at(106), ("on-call", "trading")) == reopened.unanswered
    assert (3, 2) == (reopened.severity_before, reopened.severity)


def test_which_alert_fires_is_read_from_the_timeline(reopened: Incident) -> None:
    assert {"lobby-refused": RuleState(True, (at(98), at(100), at(104)))} == reopened.alert_rules


def test_who_closed_it_by_hand_is_read_from_the_timeline() -> None:
    closed = incident_of(ROWS["closed"], "etag")

    assert (Ending.BY_HAND, "ada (unverified)", at(30)) == (closed.ending, closed.ended_by, closed.closed_at)
    assert (None, None, None) == (closed.reopened_at, closed.previous_closed_at, closed.acknowledgement)


def test_a_row_is_upgraded_once(reopened: Incident) -> None:
    forgetful = replace(reopened, timeline=())

    assert forgetful == incident_of(incident_row(forgetful), "etag")


def test_how_many_lines_were_left_out_is_counted_on() -> None:
    empty = incident_of({**ROWS["closed"], "timeline": "[]"}, "etag")
    lines = [Entry(at(minute), "detected" if minute == 0 else f"look {minute}") for minute in range(150)]
    lines[10] = Entry(at(40), "folded", "31 entries since 2026-03-02T12:10:00+00:00 are left out here")
    old = upgraded(replace(empty, timeline=tuple(lines)))

    assert Fold(31, at(10), at(40)) == old.fold
    longer = noted(old, at(200), "look 150")
    assert "32 entries since 2026-03-02T12:10:00+00:00 are left out here" == longer.timeline[10].text
    assert 150 == len(longer.timeline)


def lasting(*lines: Entry, **changed: Any) -> Incident:
    """Return an open incident whose timeline lost the lines after the first two."""
    first = (Entry(at(6), "detected"), Entry(at(6), "told: opened", "to on-call"))
    fold = Entry(at(90), "folded", "31 entries since 2026-03-02T12:10:00+00:00 are left out here")
    row = {**ROWS["reopened"], "timeline": "[]", "version": 2}
    return replace(incident_of(row, "etag"), timeline=(*first, fold, *lines), **changed)


def test_what_was_acknowledged_stays_so_where_the_timeline_lost_by_whom() -> None:
    trying = Entry(at(130), "validating", "within objective again, was acknowledged")

    assert Acknowledgement("a colleague", at(130)) == upgraded(lasting(trying)).acknowledgement


def test_a_cause_that_is_known_was_told_where_the_timeline_lost_it() -> None:
    assert ("access-key-rotated",) == upgraded(lasting(reopened=0)).notified_causes


def test_what_was_done_before_it_was_reopened_is_not_taken_for_later() -> None:
    before = (Entry(at(7), "acknowledged", "by grace@contoso.com"), Entry(at(8), "given up"))
    old = lasting(state=State.REOPENED, cause=None)
    first, opening, *later = old.timeline

    latest = upgraded(replace(old, timeline=(first, opening, *before, *later)))

    assert (None, False) == (latest.acknowledgement, latest.has_given_up)


def test_every_line_may_be_missing_or_cut() -> None:
    texts = ("", "until", "from", "told", "by", "x" * 299 + "…")
    whats = ("silenced", "severity raised", "escalated", "told: opened", "resolved", "alert joined", "folded")
    for what in whats:
        for text in texts:
            assert LOBBY == upgraded(lasting(Entry(at(120), what, text))).id


# ---- as they are read from their tables ----


def test_an_incident_a_notice_and_a_decision_are_read_from_their_tables(storage: Storage) -> None:
    tables = {name: storage.table(name) for name in ("incidents", "notices", "decisions", "streams")}
    for name, table in (
        ("reopened", "incidents"),
        ("slot", "incidents"),
        ("notice", "notices"),
        ("decision", "decisions"),
    ):
        tables[table].create_entity(ROWS[name])
    incidents = TableIncidents(tables["incidents"])
    lanes = TableLanes(tables["streams"])
    outbox = TableOutbox(tables["notices"], lanes, storage.queue("notices"), FakeDocuments())

    incident = cast(Incident, incidents.get(LOBBY))
    assert (17, "ada@contoso.com") == (incident.revision, cast(Acknowledgement, incident.acknowledgement).by)
    saved = incidents.save(replace(incident, timeline=()))
    assert saved == incidents.get(LOBBY)

    notice = cast(Notice, outbox.get("c9a27dfae5f6fc84~on-call/000014~cause-found"))
    assert (LOBBY, "cause found", Fate.DELIVERED, at(122), at(123)) == (
        notice.incident,
        notice.milestone,
        notice.fate,
        notice.at,
        notice.settled_at,
    )

    expected = Decision("on-call", RoutingReason.ALREADY_NOTIFIED, "It was told of this incident before.")
    assert [RecordedDecision(at(122), 14, "cause found", expected)] == TableDecisions(tables["decisions"]).of(
        LOBBY
    )
