"""Each completed watch is one line that a rule outside the app can read."""

import json
import logging
from datetime import UTC, datetime, timedelta

import pytest

from shared.configuration.resources import WatchedResource
from shared.health.heartbeat import HEARTBEAT, TRACK_HEARTBEAT, log_heartbeat, log_track_heartbeat
from shared.health.sources import SourceState
from shared.incidents.watch import Watched
from shared.signals.poll import Polled

TEN = datetime(2026, 11, 21, 10, tzinfo=UTC)
LOBBY, PIT = (
    WatchedResource(f"/subscriptions/1/{name}", "floor", "floor", "floor") for name in ("lobby", "pit")
)


def facts(caplog: pytest.LogCaptureFixture, *states: SourceState) -> dict[str, object]:
    """Log a watch of two resources, and return what the line says."""
    with caplog.at_level(logging.INFO):
        log_heartbeat(Watched((LOBBY, PIT), Polled(queries=4), (), 7, ()), list(states), TEN)
    (line,) = caplog.messages
    assert line.startswith(f"{HEARTBEAT} ")
    read: dict[str, object] = json.loads(line.removeprefix(HEARTBEAT))
    return read


def test_says_what_a_watch_did_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    said = facts(caplog)

    assert (2, 4, 7, [], 0) == tuple(
        said[name] for name in ("resources", "queries", "counts", "incidents", "failures")
    )
    assert "2026-11-21T10:00:00Z" == said["at"]


def test_says_how_old_the_oldest_source_is(caplog: pytest.LogCaptureFixture) -> None:
    states = (SourceState(newest=TEN - timedelta(minutes=2)), SourceState(newest=TEN - timedelta(minutes=9)))

    assert 540 == facts(caplog, *states, SourceState())["oldest_source_s"]


def test_knows_no_age_before_the_first_row(caplog: pytest.LogCaptureFixture) -> None:
    assert facts(caplog, SourceState())["oldest_source_s"] is None


def test_a_completed_tracking_has_a_line_of_its_own(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        log_track_heartbeat((), TEN)

    assert [f'{TRACK_HEARTBEAT} {{"at": "2026-11-21T10:00:00Z", "changed": []}}'] == caplog.messages


def test_a_watch_of_nothing_is_no_heartbeat(caplog: pytest.LogCaptureFixture) -> None:
    """The rule outside the app counts lines that begin as a heartbeat does."""
    with caplog.at_level(logging.INFO):
        log_heartbeat(Watched((), Polled(), (), 0, ()), [], TEN)

    assert ["no resource is watched: expected a line for each in resources.yaml"] == caplog.messages
    assert not caplog.messages[0].startswith(HEARTBEAT)
