"""From a failed event of Web PubSub to its card, without a watch: through real storage, the queue and a channel."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.machine.certificates import certificate
from local.replay.stage import StageClock
from local.teams import Channel, teams
from shared.app import pubsub_events, watching
from shared.app.names import Queue
from shared.app.runtime import Runtime
from shared.app.stores import incidents
from shared.errors import InputError
from shared.settings import Settings
from tests.events.lobby import LOBBY, NOON, RULES, SETTINGS, event_headers

WORKSPACE = "1a2b3c4d-0003-4000-8000-00000000c003"


@pytest.fixture
def channel(monkeypatch: pytest.MonkeyPatch) -> Iterator[Channel]:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate()))
    with teams(clock=StageClock(NOON)) as served:
        monkeypatch.setenv("TEAMS_WEBHOOK_URL", served.url)
        yield served


@pytest.fixture
def runtime(storage_environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runtime:
    (tmp_path / "events.yaml").write_text(RULES, encoding="utf-8")
    (tmp_path / "resources.yaml").write_text(f"resources: [{LOBBY}]\n", encoding="utf-8")
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    environment = {**storage_environment, "CONFIG_FOLDER": str(tmp_path), "LOGS_WORKSPACE": WORKSPACE}
    return Runtime(Settings.from_environment(environment), StageClock(NOON))


def send(runtime: Runtime, name: str, number: int) -> int:
    """Send an event as the service does; return what it was answered."""
    headers = event_headers("user", name, f"c-{number}", number)
    return pubsub_events.receive_pubsub_event_once("POST", "chat", headers, b"{}", runtime).status


def messages(runtime: Runtime) -> list[str]:
    received = runtime.storage.queue(Queue.PUSHED).receive_messages()
    return [str(message.content) for message in received]


def test_events_that_fail_are_a_card_without_a_watch(runtime: Runtime, channel: Channel) -> None:
    statuses = {send(runtime, "nobody-handles-this", number) for number in range(40)}
    asked = messages(runtime)
    assert ({404}, 1) == (statuses, len(asked))

    watching.judge_pushed_once(asked[0], runtime)

    (opened,) = incidents(runtime.storage).open_ones()
    assert (LOBBY, "web-pubsub-event-handler-errors") == (opened.resource, opened.symptom)
    assert 1 == len(channel.cards)


def test_events_that_go_well_ask_for_nothing(runtime: Runtime) -> None:
    assert {204} == {send(runtime, "greet", number) for number in range(5)}
    assert [] == messages(runtime)


def test_a_repeat_of_a_failed_event_asks_no_second_time(runtime: Runtime) -> None:
    send(runtime, "nobody-handles-this", 1)
    messages(runtime)
    clock = runtime.clock
    assert isinstance(clock, StageClock)
    clock.moment = NOON.replace(minute=NOON.minute + 1)
    send(runtime, "nobody-handles-this", 1)

    assert [] == messages(runtime)


def test_a_message_that_names_nothing_is_given_up(runtime: Runtime) -> None:
    with pytest.raises(InputError, match="message of queue pushed"):
        watching.judge_pushed_once("{}", runtime)
