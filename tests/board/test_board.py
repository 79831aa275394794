"""The board is made from what is stored: the worst first, and one part that cannot be read ends no other."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import pytest

from shared.board.board import MOST_DRAWN, MOST_INCIDENTS
from shared.board.watched import MOST_SIGNALS, LineState
from shared.errors import LinekeeperError
from shared.health.quarantine import SetAside
from shared.health.sources import Source, SourceState
from shared.incidents.incident import Incident
from shared.incidents.recent.direction import Direction
from shared.notices.routing.silence import card_silence
from shared.signals.catalogue import SIGNALS
from shared.signals.counts import Count
from tests.board.boards import (
    LOBBY,
    NOW,
    QUOTES,
    SIGNAGE,
    TRADERS,
    Desk,
    FakeQuarantine,
    line,
    not_ready,
    six_hours,
)
from tests.notices.answers.stories import KeptCounts, at, night
from tests.notices.broken_lobby import broken_lobby


def test_the_worst_comes_first() -> None:
    watched = Desk().board().watched

    assert [
        (TRADERS, LineState.RECOVERING),
        (LOBBY, LineState.BLIND),
        (SIGNAGE, LineState.QUIET),
        (QUOTES, LineState.WITHIN),
    ] == [(one.resource, one.state) for one in watched]


def test_open_incidents_come_by_severity_then_age() -> None:
    mild = replace(broken_lobby("-a"), severity=4, onset=at(-100))
    late, early = replace(broken_lobby("-b"), onset=at(20)), replace(broken_lobby("-c"), onset=at(10))
    board = Desk(incidents=[mild, late, early]).board()

    assert [early.id, late.id, mild.id] == [one.incident.id for one in board.open]
    assert "./respond?token=1.1" == board.open[0].link


def test_an_open_incident_says_where_it_goes() -> None:
    worse = six_hours(TRADERS, "refused-connects", bad=40)[:68]
    board = Desk(incidents=[replace(broken_lobby(), last_bad=NOW)], counts=KeptCounts(worse)).board()

    assert Direction.GROWING is board.open[0].direction


def test_each_signal_has_its_last_value_beside_its_goal() -> None:
    traders = Desk().board().watched[0]
    refused, handshakes = traders.signals

    assert ("refused connects", "40 %", "1 %", True) == (
        refused.title,
        refused.last,
        refused.goal,
        refused.is_over,
    )
    assert ("0 %", False) == (handshakes.last, handshakes.is_over)


def test_a_blind_signal_is_neither_good_nor_bad_and_one_that_others_show_is_not_blind() -> None:
    lobby = Desk().board().watched[1]
    by_title = {one.title: one for one in lobby.signals}

    assert ("blind", False, 30) == (
        by_title["refused connects"].last,
        by_title["refused connects"].is_over,
        by_title["refused connects"].quiet_from,
    )
    assert not by_title["refused handshakes"].is_blind


@pytest.mark.parametrize(
    ("source", "is_blind"),
    [
        (Source("w-1"), True),
        (Source("w-1", "the logs of Web PubSub"), True),
        (Source("w-1", "WebPubSubMessaging", QUOTES.id), True),
        (Source("w-1", "WebPubSubMessaging", LOBBY.id), False),
        (Source("w-1", "WebPubSubMessaging", f"{QUOTES.id}-eu"), False),
        (Source("w-1", "WebPubSubMessaging", f"{QUOTES.id}/hubs/ticker"), True),
        (Source("w-2"), False),
        (Source("metrics", "handshakes", QUOTES.id), False),  # it was counted minutes ago
    ],
)
def test_a_source_blinds_the_resources_and_signals_that_it_shows(source: Source, is_blind: bool) -> None:
    desk = Desk(resources=[QUOTES], incidents=[], blind={source: SourceState(blind_since=at(0))})
    (quotes,) = desk.board().watched

    assert is_blind is (quotes.state is LineState.BLIND)


def test_without_a_count_for_an_hour_a_resource_has_no_traffic() -> None:
    signage = Desk().board().watched[2]

    assert ("no events", 20) == (signage.signals[0].last, signage.signals[0].quiet_from)


def test_what_is_worse_than_its_goal_without_an_incident_stands_before_what_is_well() -> None:
    desk = Desk(incidents=[], blind={}, counts=KeptCounts(six_hours(QUOTES, "handshakes", bad=9)))

    assert (QUOTES, LineState.ABOVE) == (desk.board().watched[0].resource, desk.board().watched[0].state)


def test_what_cannot_be_seen_is_named_with_its_reason() -> None:
    broken = SetAside("1", "incidents", "lobby.1", "TypeError: severity is str")
    board = Desk(quarantine=FakeQuarantine([broken]), reports=not_ready("no answer within 10 s")).board()

    assert [Source("w-1", "WebPubSubHttpRequest", LOBBY.id)] == [one.source for one in board.blind]
    assert (broken,) == board.set_aside
    assert ["no answer within 10 s"] == [one.problem for one in board.not_ready]


def test_a_report_of_readiness_that_is_old_says_nothing() -> None:
    desk = Desk(reports=not_ready("no answer"))
    assert desk.reports.report is not None
    desk.reports.report = replace(desk.reports.report, at=at(-60))

    assert () == desk.board().not_ready


def test_what_comes_next_is_in_the_order_of_time() -> None:
    desk = Desk()
    desk.silences.add(card_silence(night().id, "Mia Night", at(24), reason="vendor is on the phone"))

    assert [(at(68), "look 3"), (at(75), "resolved, if it holds")] == [
        (one.at, one.what) for one in desk.board().coming
    ][:2]
    assert "its silence ends, with a digest" == desk.board().coming[-1].what


def test_a_closed_incident_is_not_open() -> None:
    assert () == Desk(incidents=[]).board().open


class BrokenCounts(KeptCounts):
    """Counts of which those of one resource cannot be read."""

    def read(self, resource: str, since: datetime, until: datetime) -> Sequence[Count]:
        if resource == LOBBY.id:
            raise ValueError("a row of another version")
        return super().read(resource, since, until)


def test_one_bad_row_is_said_and_ends_no_other() -> None:
    desk = Desk()
    desk.counts = BrokenCounts(desk.counts.kept)
    board = desk.board()

    assert {"counts of lobby": "ValueError: a row of another version"} == board.unread
    assert [(TRADERS, 2), (LOBBY, 0), (SIGNAGE, 1), (QUOTES, 1)] == [
        (one.resource, len(one.signals)) for one in board.watched
    ]
    assert LineState.UNKNOWN is board.watched[1].state


class NoSilences:
    def active(self, now: datetime) -> tuple[()]:
        raise TypeError("end is str")


def test_silences_that_cannot_be_read_are_said() -> None:
    desk = Desk()
    desk.silences = NoSilences()  # type: ignore[assignment]
    board = desk.board()

    assert {"silences": "TypeError: end is str"} == board.unread
    assert 4 == len(board.watched)


class NoAnswer:
    def open_ones(self) -> Sequence[Incident]:
        raise LinekeeperError("storage does not answer")


def test_without_storage_there_is_no_board() -> None:
    maker = Desk().maker()
    down = replace(maker, stores=replace(maker.stores, incidents=NoAnswer()))  # type: ignore[arg-type]

    with pytest.raises(LinekeeperError):
        down.make(NOW)


def test_however_much_is_watched_so_many_are_read_and_those_with_incidents_are_among_them() -> None:
    many = [line(f"lobby-{place:03}") for place in range(200)]
    desk = Desk(resources=[*many, TRADERS])
    board = desk.board()

    assert MOST_DRAWN == desk.counts.reads
    assert 201 == len(board.watched)
    assert (TRADERS, True) == (board.watched[0].resource, board.watched[0].is_drawn)


def test_of_many_incidents_the_others_are_counted() -> None:
    board = Desk(incidents=[broken_lobby(f"-{place}") for place in range(MOST_INCIDENTS + 5)]).board()

    assert (MOST_INCIDENTS, 5) == (len(board.open), board.left_out)


def test_a_resource_shows_its_worst_signals() -> None:
    own = [signal for signal in SIGNALS if signal.service == TRADERS.service]
    counts = [
        count for signal in own for count in six_hours(TRADERS, signal.id, bad=60 if signal == own[-1] else 0)
    ]
    desk = Desk(resources=[TRADERS], incidents=[], counts=KeptCounts(counts), blind={})
    (traders,) = desk.board().watched

    assert MOST_SIGNALS == len(traders.signals) < len(own)
    assert own[-1].title == traders.signals[0].title
    assert len(own) - MOST_SIGNALS == traders.more


def blind_traders() -> dict[Source, SourceState]:
    """Return that no log of `traders` arrives any more."""
    return {Source("w-1", "the logs of Web PubSub"): SourceState(blind_since=at(60))}


def test_what_an_open_incident_is_about_is_drawn_first_though_all_else_is_blind() -> None:
    (traders,) = (
        Desk(
            resources=[TRADERS],
            blind=blind_traders(),
            counts=KeptCounts(six_hours(TRADERS, "refused-connects", until=60)),
        )
        .board()
        .watched
    )

    assert ["refused connects"] == [one.title for one in traders.signals]
    assert (True, 0) == (traders.blind > 1, traders.more)


def test_the_signal_of_an_open_incident_stands_before_worse_ones_and_those_with_data_before_blind_ones() -> (
    None
):
    counts = [
        *six_hours(TRADERS, "refused-connects"),
        *six_hours(TRADERS, "handshakes", bad=20),
        *six_hours(TRADERS, "closes", bad=90),
    ]
    (traders,) = Desk(resources=[TRADERS], counts=KeptCounts(counts)).board().watched

    assert "refused connects" == traders.signals[0].title
    assert ["unwanted closes", "refused handshakes"] == [one.title for one in traders.signals[1:3]]


def test_one_blind_signal_alone_is_drawn() -> None:
    blind = {Source("metrics", "handshakes", QUOTES.id): SourceState(blind_since=at(0))}
    (quotes,) = Desk(resources=[QUOTES], incidents=[], counts=KeptCounts([]), blind=blind).board().watched

    assert ["refused handshakes"] == [one.title for one in quotes.signals]
    assert 0 == quotes.blind


def test_without_a_count_the_signal_of_an_open_incident_is_drawn_all_the_same() -> None:
    (traders,) = Desk(resources=[TRADERS], counts=KeptCounts([]), blind={}).board().watched

    assert ["refused connects"] == [one.title for one in traders.signals]
