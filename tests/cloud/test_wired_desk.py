"""From the files of config/ to the outbox, through the wiring and real storage."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from shared import wiring
from shared.clock import PROCESS_CLOCK, SystemClock
from shared.notices.notice import lane_key
from shared.settings import Settings
from shared.stores import decisions, incidents, outbox
from tests.notices.fake_outbox import StandingClock
from tests.notices.test_decide import NOW, incident

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
def clock() -> Iterator[StandingClock]:
    clock = StandingClock(NOW)
    PROCESS_CLOCK.use(clock)
    yield clock
    PROCESS_CLOCK.use(SystemClock())


@pytest.fixture
def settings(
    storage_environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: StandingClock
) -> Settings:
    (tmp_path / "receivers.yaml").write_text(RECEIVERS, encoding="utf-8")
    monkeypatch.setenv("CONFIG_FOLDER", str(tmp_path))
    return Settings.from_environment()


def test_what_nobody_takes_on_goes_to_the_next_receiver_with_its_reasons_kept(
    settings: Settings, clock: StandingClock
) -> None:
    opened = incidents(settings).create(incident(2, next_diagnosis_at=None), None)
    for minutes in (0, 15, 30):
        clock.moment = NOW + timedelta(minutes=minutes)
        wiring.track_once()

    kept = [
        (one.milestone, one.decision.receiver, str(one.decision.reason))
        for one in decisions(settings).of(opened.id)
    ]
    assert [
        ("opened", "leads", "not addressed"),
        ("opened", "on-call", "routed"),
        ("escalated", "leads", "escalated"),
        ("escalated", "on-call", "not addressed"),
    ] == kept
    (card,) = [
        one for one in outbox(settings).of(lane_key(opened.id, "leads")) if one.milestone == "escalated"
    ]
    assert "told to on-call at 2026-11-12 02:16 UTC, and nobody acknowledged it" in str(
        outbox(settings).text(card)
    )


def test_a_silence_of_the_file_holds_back_until_it_is_taken_out(
    settings: Settings, clock: StandingClock, tmp_path: Path
) -> None:
    (tmp_path / "silences.yaml").write_text(ALWAYS, encoding="utf-8")
    opened = incidents(settings).create(incident(2, next_diagnosis_at=None), None)
    wiring.track_once()
    assert {"silenced", "not addressed"} == {
        str(one.decision.reason) for one in decisions(settings).of(opened.id)
    }

    (tmp_path / "silences.yaml").unlink()
    clock.goes_on(timedelta(minutes=1))
    wiring.track_once()
    (told,) = [one for one in decisions(settings).of(opened.id) if one.decision.notifies]
    assert ("on-call", "in a digest") == (told.decision.receiver, str(told.decision.reason))
    (digest,) = outbox(settings).of(lane_key(f"digest {told.decision.card}", "on-call"))
    shown = json.loads(outbox(settings).text(digest) or "")["attachments"][0]["content"]
    assert "Digest: 1 incident while it was silent" == shown["body"][0]["items"][0]["text"]


def test_announcements_go_where_the_file_says(settings: Settings) -> None:
    wiring.notifier(settings).announce("blind/lobby", "Blind on lobby", "No rows since 02:10 UTC.", NOW)

    assert ([], 1) == (
        list(outbox(settings).of(lane_key("blind/lobby", "on-call"))),
        len(outbox(settings).of(lane_key("blind/lobby", "leads"))),
    )
