"""`send-test` proves every receiver, `redeliver` brings back what was refused; both against real tables and a channel."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from azure.core.exceptions import ServiceRequestError

from functions.deliver_notice import blueprint as deliver_notice
from functions.send_due_notices import blueprint as send_due_notices
from local.__main__ import main
from local.commands import explain
from local.machine.certificates import certificate
from local.teams import Channel, teams
from local.teams.behaviour import GONE, UNAVAILABLE, in_turn
from local.webhook import webhook_receiver
from shared.app import stores
from shared.app.runtime import current
from shared.clock import SystemClock
from shared.cloud.storage.health.deadletters import TableDeadLetters
from shared.health.deadletters import DeadLetter
from shared.notices.cards.sources import CardSources
from shared.notices.notice import Fate, lane_key
from shared.notices.notify import OutboxNotifier
from tests.incidents.fake_incidents import FakeDocuments

if TYPE_CHECKING:
    import azure.functions as func

    from shared.cloud.storage.account import Storage

NINE = datetime(2026, 11, 21, 9, tzinfo=UTC)
RECEIVERS = """
receivers:
  - {name: on-call, webhook: ON_CALL_URL, fallback: team}
  - {name: team, webhook: TEAM_URL}
routes:
  - to: [on-call]
"""


@pytest.fixture
def channels(
    tmp_path: Path, storage: "Storage", monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, Channel]]:
    """Serve a channel for each of two receivers, as configured."""
    (tmp_path / "receivers.yaml").write_text(RECEIVERS, encoding="utf-8")
    with teams() as on_call, teams() as team:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate()))
        monkeypatch.setenv("CONFIG_FOLDER", str(tmp_path))
        monkeypatch.setenv("ON_CALL_URL", on_call.url)
        monkeypatch.setenv("TEAM_URL", team.url)
        yield {"on-call": on_call, "team": team}


class Message:
    """A message of the queue."""

    def __init__(self, text: str) -> None:
        self.text = text

    def get_body(self) -> bytes:
        return self.text.encode()


def code_of(blueprint: "func.Blueprint") -> "func.Function":
    (builder,) = blueprint._function_builders
    return builder._function.get_user_function()


def drain(storage: "Storage") -> None:
    """Call the function with each message, as the host does."""
    queue = storage.queue("notices")
    while messages := list(queue.receive_messages()):
        for message in messages:
            code_of(deliver_notice)(message=Message(message.content))
            queue.delete_message(message)


def announce(key: str) -> None:
    outbox = stores.outbox(current().storage)
    notifier = OutboxNotifier(
        outbox, CardSources(FakeDocuments(), {}), SystemClock(), announced_to=["on-call"]
    )
    notifier.announce(key, f"Bell {key}", "It rings.", NINE)


def titles(channel: Channel) -> list[str]:
    return [card["fallbackText"] for card in channel.cards]


def test_send_test_posts_one_card_to_each_receiver(
    channels: dict[str, Channel], capsys: pytest.CaptureFixture[str]
) -> None:
    assert 0 == main(["send-test"])

    assert {"on-call": ["Test of the receiver on-call"], "team": ["Test of the receiver team"]} == {
        name: [title.partition(".")[0] for title in titles(channel)] for name, channel in channels.items()
    }
    output = capsys.readouterr().out
    assert "on-call (ON_CALL_URL): accepted" in output
    assert "Accepted is no proof" in output


def test_send_test_posts_a_payload_to_a_webhook_without_storage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "receivers: [{name: pager, kind: webhook, webhook: PAGER_URL, key: PAGER_KEY}]"
    (tmp_path / "receivers.yaml").write_text(text, encoding="utf-8")
    with webhook_receiver() as pager:
        for name, value in {
            "REQUESTS_CA_BUNDLE": str(certificate()),
            "CONFIG_FOLDER": str(tmp_path),
            "PAGER_URL": pager.url,
            "PAGER_KEY": pager.key,
        }.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("AzureWebJobsStorage", raising=False)

        assert 0 == main(["send-test"])

    (payload,) = pager.told.values()
    assert ("test", "Test of the receiver pager") == (payload["type"], payload["title"])
    assert "pager (PAGER_URL, PAGER_KEY): accepted" in capsys.readouterr().out


def test_send_test_names_the_receiver_that_does_not_take_it(
    channels: dict[str, Channel], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    channels["on-call"].plan = in_turn(GONE)
    monkeypatch.delenv("TEAM_URL")

    assert 1 == main(["send-test"])

    output = capsys.readouterr().out
    assert "on-call (ON_CALL_URL): refused: Teams answered 404" in output
    assert "team (TEAM_URL): not taken now: the setting TEAM_URL of the receiver team is missing" in output
    assert channels["on-call"].url not in output


def test_what_was_refused_is_told_to_the_fallback_and_comes_again_when_redelivered(
    channels: dict[str, Channel], storage: "Storage", capsys: pytest.CaptureFixture[str]
) -> None:
    channels["on-call"].plan = in_turn(GONE)
    announce("lobby")
    drain(storage)
    assert [] == titles(channels["on-call"])
    assert ["Bell lobby", "The receiver on-call refuses our cards"] == sorted(titles(channels["team"]))

    assert 0 == main(["redeliver"])
    drain(storage)

    assert ["Bell lobby"] == titles(channels["on-call"])
    assert "pending again (was: Teams answered 404" in capsys.readouterr().out
    assert [] == TableDeadLetters(storage.table("deadletters")).read("notices")
    assert 0 == main(["redeliver"])
    assert "0 dead letters" in capsys.readouterr().out


def test_letters_of_streams_are_asked_for_and_others_are_kept(
    channels: dict[str, Channel], storage: "Storage", capsys: pytest.CaptureFixture[str]
) -> None:
    announce("lobby")
    storage.queue("notices").clear_messages()
    letters = TableDeadLetters(storage.table("deadletters"))
    for named in (
        {"stream": lane_key("lobby", "on-call")},
        {"stream": "gone~on-call"},
        {"notice": "nobody/1"},
        ["no object"],
    ):
        letters.put(DeadLetter("notices", json.dumps(named), "every attempt failed", NINE))

    assert 1 == main(["redeliver"])
    drain(storage)

    assert ["Bell lobby"] == titles(channels["on-call"])
    assert ['["no object"]', '{"notice": "nobody/1"}'] == sorted(
        letter.text for letter in letters.read("notices")
    )
    assert 2 == capsys.readouterr().out.count("it names no notice that is kept")


def test_what_teams_did_not_take_is_asked_for_by_the_timer(
    channels: dict[str, Channel], storage: "Storage", monkeypatch: pytest.MonkeyPatch
) -> None:
    channels["on-call"].plan = in_turn(UNAVAILABLE)
    announce("lobby")
    drain(storage)
    lanes = stores.lanes(current().storage)
    lane = lanes.get(lane_key("lobby", "on-call"))
    assert lane is not None
    lanes.save(lane.released_until(NINE))  # its time has come

    code_of(send_due_notices)(timer=None)
    drain(storage)

    assert ["Bell lobby"] == titles(channels["on-call"])
    assert [Fate.DELIVERED] == [notice.fate for notice in stores.outbox(current().storage).of(lane.key)]


def test_an_account_that_cannot_be_reached_is_one_clear_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")

    assert 2 == main(["redeliver", "--app", "stlines"])

    assert "redeliver: storage does not answer: Azure CLI not found" in capsys.readouterr().err


def test_storage_that_is_not_there_is_one_clear_line_of_every_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_: "Storage") -> None:
        raise ServiceRequestError("Connection refused\nby the host")

    monkeypatch.setattr(explain, "incidents", refuse)
    monkeypatch.setenv("AzureWebJobsStorage", "UseDevelopmentStorage=true")

    assert 2 == main(["explain", "lobby.drops.1"])

    assert "linekeeper explain: storage does not answer: Connection refused\n" == capsys.readouterr().err
