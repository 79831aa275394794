"""What people answer by a card is seen in the channel: one short card some minutes later, and none where they undid it."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from shared.app import stores, tracking
from shared.app.pages import answering
from shared.app.runtime import Runtime
from shared.incidents.incident import Incident
from shared.notices.answers.signed_links import Action, link_to, sign
from shared.notices.notice import Fate, lane_key
from shared.settings import Settings
from tests.notices.broken_lobby import OPENED_AT as NOW
from tests.notices.broken_lobby import incident
from tests.notices.fake_outbox import StandingClock

RECEIVERS = """
receivers: [{name: on-call, webhook: TEAMS_ON_CALL_URL}, {name: leads, webhook: TEAMS_LEADS_URL}]
routes: [{match: {severity: [1, 2]}, to: [on-call], then: [leads]}]
"""


class Channel:
    """An incident that its channel was told of, people who answer, and the clock between them."""

    def __init__(self, runtime: Runtime, clock: StandingClock, severity: int = 2) -> None:
        self.runtime, self.clock = runtime, clock
        kept = stores.incidents(runtime.storage)
        self.id = kept.create(incident(severity, next_diagnosis_at=None), None).id
        tracking.track_once(runtime)

    def now(self) -> Incident:
        found = stores.incidents(self.runtime.storage).get(self.id)
        assert found is not None
        return found

    def taps(self, action: Action, name: str = "ada", hours: str = "4") -> None:
        token = sign(link_to(action, self.now(), self.clock.moment), self.runtime.key_ring.newest())
        form = urlencode({"name": name, "hours": hours}).encode()
        headers = {"content-type": "application/x-www-form-urlencoded"}
        assert 200 == answering.respond_once("POST", token, form, headers, self.runtime).status

    def minutes_later(self, minutes: int) -> None:
        """Let the timer run each minute."""
        for _ in range(minutes):
            self.clock.goes_on(timedelta(minutes=1))
            tracking.track_once(self.runtime)

    def told(self, receiver: str = "on-call") -> list[str]:
        notices = stores.outbox(self.runtime.storage).of(lane_key(self.id, receiver))
        return [notice.milestone for notice in notices if notice.fate is Fate.PENDING]

    def last_card(self) -> dict[str, Any]:
        outbox = stores.outbox(self.runtime.storage)
        *_, last = outbox.of(lane_key(self.id, "on-call"))
        card: dict[str, Any] = json.loads(outbox.text(last) or "")["attachments"][0]["content"]
        return card


@pytest.fixture
def channel(storage_environment: dict[str, str], tmp_path: Path) -> Channel:
    (tmp_path / "receivers.yaml").write_text(RECEIVERS, encoding="utf-8")
    environment = {
        **storage_environment,
        "CONFIG_FOLDER": str(tmp_path),
        "PUBLIC_URL": "https://watch.example/api",
    }
    clock = StandingClock(NOW)
    return Channel(Runtime(Settings.from_environment(environment), clock), clock)


def test_three_taps_within_two_minutes_are_one_card(channel: Channel) -> None:
    channel.taps(Action.ACKNOWLEDGE)
    channel.minutes_later(1)
    channel.taps(Action.TAKE_OVER, "grace")
    channel.taps(Action.TAKE_OVER, "mia")
    assert ["opened"] == channel.told()

    channel.minutes_later(5)
    assert ["opened", "who has it"] == channel.told()
    card = channel.last_card()
    assert "**mia (unverified) has it** since 02:17 UTC, taken over from grace (unverified)" == (
        card["body"][0]["items"][0]["text"].replace("\\", "")
    )
    assert ["Details", "Take over", "Give back"] == [button["title"] for button in card["actions"]]


def test_a_storm_of_taps_that_ends_as_it_began_is_no_card(channel: Channel) -> None:
    for _ in range(4):
        channel.taps(Action.ACKNOWLEDGE)
        channel.taps(Action.GIVE_BACK)
    channel.taps(Action.RESOLVE)
    channel.taps(Action.REOPEN)
    channel.minutes_later(9)

    assert ["opened"] == channel.told()


def test_a_silence_is_seen_by_who_heard_of_it_and_what_follows_is_not(channel: Channel) -> None:
    channel.taps(Action.SILENCE)
    channel.minutes_later(3)
    channel.taps(Action.ACKNOWLEDGE, "grace")
    channel.minutes_later(3)

    assert (["opened", "silenced"], []) == (channel.told(), channel.told("leads"))


def test_a_silence_that_is_ended_is_seen_too(channel: Channel) -> None:
    channel.taps(Action.SILENCE)
    channel.minutes_later(3)
    channel.taps(Action.END_SILENCE, "grace")
    channel.minutes_later(3)

    assert ["opened", "silenced", "silenced"] == channel.told()
    assert channel.last_card()["fallbackText"].startswith("No longer silenced: grace")


def test_an_end_by_hand_is_told_once_it_can_hardly_be_undone_any_more(channel: Channel) -> None:
    channel.taps(Action.RESOLVE)
    channel.minutes_later(1)
    assert ["opened"] == channel.told()
    channel.minutes_later(2)
    assert (["opened", "resolved"], False) == (channel.told(), channel.now().is_live)

    channel.taps(Action.REOPEN, "grace")
    channel.minutes_later(3)
    assert ["opened", "resolved", "who has it"] == channel.told()
    assert channel.last_card()["fallbackText"].startswith("Open again: grace")


def test_what_is_given_back_goes_to_the_next_receiver_a_quarter_of_an_hour_after_people_know(
    channel: Channel,
) -> None:
    channel.taps(Action.ACKNOWLEDGE)
    channel.minutes_later(20)
    channel.taps(Action.GIVE_BACK)
    channel.minutes_later(16)
    assert [] == channel.told("leads")
    channel.minutes_later(2)

    assert ["escalated"] == channel.told("leads")


def test_what_is_open_still_is_told_again_at_its_interval(channel: Channel, tmp_path: Path) -> None:
    (tmp_path / "severity.yaml").write_text("updates: {2: 10m}", encoding="utf-8")
    channel.minutes_later(5)
    channel.taps(Action.ACKNOWLEDGE)
    channel.minutes_later(8)

    assert ["opened", "who has it", "still open"] == channel.told()
    lines = [block["text"].replace("\\", "") for block in channel.last_card()["body"][0]["items"]]
    assert "**Still open**, began 02:10 UTC" == lines[0]
    assert lines[1].endswith("7.1 % refused · cause not known · ada (unverified) has it since 02:21 UTC")


def test_a_silence_has_no_updates(channel: Channel, tmp_path: Path) -> None:
    (tmp_path / "severity.yaml").write_text("updates: {2: 10m}", encoding="utf-8")
    channel.taps(Action.SILENCE, hours="1")
    channel.minutes_later(62)

    assert ["opened", "silenced"] == channel.told()
