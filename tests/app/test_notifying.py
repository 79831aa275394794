"""From the files of config/ to the outbox, through the app and real storage."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from shared.app import notifying, tracking
from shared.app.runtime import Runtime
from shared.app.stores import decisions, incidents, outbox
from shared.notices.notice import Fate, lane_key
from shared.settings import Settings
from tests.notices.broken_lobby import OPENED_AT as NOW
from tests.notices.broken_lobby import incident
from tests.notices.fake_outbox import StandingClock

RECEIVERS = """
receivers:
- {name: on-call, webhook: TEAMS_ON_CALL_URL}
- {name: leads, webhook: TEAMS_LEADS_URL}
routes:
- {match: {severity: [1, 2]}, to: [on-call], then: [leads]}
announcements: [leads]
"""
ALWAYS = """
silences:
- reason: load test
  match: {severity: [2]}
  weekly: {days: [mon, tue, wed, thu, fri, sat, sun], from: 00:00, to: 24:00, zone: Europe/Berlin}
"""


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock(NOW)


@pytest.fixture
def runtime(storage_environment: dict[str, str], tmp_path: Path, clock: StandingClock) -> Runtime:
    (tmp_path / "receivers.yaml").write_text(RECEIVERS, encoding="utf-8")
    environment = {**storage_environment, "CONFIG_FOLDER": str(tmp_path)}
    return Runtime(Settings.from_environment(environment), clock)


def test_what_nobody_takes_on_goes_to_the_next_receiver_with_its_reasons_kept(
    runtime: Runtime, clock: StandingClock
) -> None:
    opened = incidents(runtime.storage).create(incident(2, next_diagnosis_at=None), None)
    for minutes in (0, 15, 30):
        clock.moment = NOW + timedelta(minutes=minutes)
        tracking.track_once(runtime)

    kept = [
        (one.milestone, one.decision.receiver, str(one.decision.reason))
        for one in decisions(runtime.storage).of(opened.id)
    ]
    assert [
        ("opened", "leads", "not addressed"),
        ("opened", "on-call", "routed"),
        ("escalated", "leads", "escalated"),
        ("escalated", "on-call", "not addressed"),
    ] == kept
    (card,) = [
        one
        for one in outbox(runtime.storage).of(lane_key(opened.id, "leads"))
        if one.milestone == "escalated"
    ]
    assert "told to on-call at 2026-11-12 02:16 UTC, and nobody acknowledged it" in str(
        outbox(runtime.storage).text(card)
    )


def test_a_silence_of_the_file_holds_back_until_it_is_taken_out(
    runtime: Runtime, clock: StandingClock, tmp_path: Path
) -> None:
    (tmp_path / "silences.yaml").write_text(ALWAYS, encoding="utf-8")
    opened = incidents(runtime.storage).create(incident(2, next_diagnosis_at=None), None)
    tracking.track_once(runtime)
    assert {"silenced", "not addressed"} == {
        str(one.decision.reason) for one in decisions(runtime.storage).of(opened.id)
    }

    (tmp_path / "silences.yaml").write_text("# none by now\n", encoding="utf-8")
    clock.goes_on(timedelta(minutes=1))
    tracking.track_once(runtime)
    (told,) = [one for one in decisions(runtime.storage).of(opened.id) if one.decision.notifies]
    assert ("on-call", "in a digest") == (told.decision.receiver, str(told.decision.reason))
    (digest,) = outbox(runtime.storage).of(lane_key(f"digest {told.decision.card}", "on-call"))
    shown = json.loads(outbox(runtime.storage).text(digest) or "")["attachments"][0]["content"]
    assert "Digest: 1 incident while it was silent" == shown["body"][0]["items"][0]["text"]


def test_a_tab_for_ten_minutes_leaves_nobody_untold(
    runtime: Runtime, clock: StandingClock, tmp_path: Path, storage_environment: dict[str, str]
) -> None:
    """No version was good before: the default receiver was decided on, which the mended file does not have."""
    (tmp_path / "receivers.yaml").write_text(RECEIVERS.replace("- {", "\t- {"), encoding="utf-8")
    opened = incidents(runtime.storage).create(incident(1, next_diagnosis_at=None), None)
    tracking.track_once(runtime)
    lane = lane_key(opened.id, "default")
    notifying.deliver_once(json.dumps({"stream": lane}), runtime)

    clock.goes_on(timedelta(minutes=10))
    (tmp_path / "receivers.yaml").write_text(RECEIVERS, encoding="utf-8")
    again = Runtime(Settings.from_environment({**storage_environment, "CONFIG_FOLDER": str(tmp_path)}), clock)
    notifying.deliver_once(json.dumps({"stream": lane}), again)

    (card,) = outbox(runtime.storage).of(lane_key(opened.id, "on-call"))
    assert (Fate.PENDING, "opened") == (card.fate, card.milestone)
    assert [Fate.SUPPRESSED] == [notice.fate for notice in outbox(runtime.storage).of(lane)]


def test_announcements_go_where_the_file_says(runtime: Runtime) -> None:
    notifying.notifier(runtime, runtime.configuration()).announce(
        "blind/lobby", "Blind on lobby", "No rows since 02:10 UTC.", NOW
    )

    assert ([], 1) == (
        list(outbox(runtime.storage).of(lane_key("blind/lobby", "on-call"))),
        len(outbox(runtime.storage).of(lane_key("blind/lobby", "leads"))),
    )
