import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import azure.functions as func
import pytest

from functions.collect_poison_notices import blueprint as of_notices
from functions.collect_poison_pushed import blueprint as of_pushed
from functions.collect_poison_urgent_alerts import blueprint as of_urgent_alerts
from functions.collect_poison_work import blueprint as of_work
from shared.app import stores
from shared.health.deadletters import DeadLetter, collect

TEN = datetime(2026, 11, 21, 10, tzinfo=UTC)


class Drawer:
    """Dead letters in memory."""

    def __init__(self) -> None:
        self.letters: dict[str, DeadLetter] = {}

    def put(self, letter: DeadLetter) -> None:
        self.letters.setdefault(letter.id, letter)

    def read(self, queue: str) -> Sequence[DeadLetter]:
        return [letter for letter in self.letters.values() if letter.queue == queue]

    def remove(self, letter: DeadLetter) -> None:
        self.letters.pop(letter.id, None)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"incident": "a1.web-pubsub-connection-drops.1"}', "every attempt to handle it failed; the app's log names the error"),
        ("lobby is down", "the message is not JSON"),
        ("[" * 100_000, "the message is not JSON"),
        ("[1, 2]", "the message is JSON, but not an object of ids"),
        (" \n", "the message is empty"),
    ],
    ids=["a good message", "prose", "a hostile nest", "a list", "blanks"],
)  # fmt: skip
def test_every_message_is_kept_as_it_was_with_its_reason(text: str, reason: str) -> None:
    drawer = Drawer()
    collect("work-poison", text, 1, TEN, drawer)

    assert [DeadLetter("work", text, reason, TEN)] == drawer.read("work")


def test_a_message_that_comes_twice_is_one_letter() -> None:
    drawer = Drawer()
    for minutes in (0, 5):
        collect("work", "{}", 1, TEN + timedelta(minutes=minutes), drawer)

    assert [TEN] == [letter.at for letter in drawer.read("work")]


def test_the_same_text_of_another_queue_is_another_letter() -> None:
    letter = DeadLetter("work", "{}", "", TEN)

    assert letter.id != replace(letter, queue="notices").id


def test_the_log_names_the_letter_and_not_its_text(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        letter = collect("notices", "alice was here", 1, TEN, Drawer())

    assert letter.id in caplog.text
    assert "alice" not in caplog.text


def test_each_poison_queue_has_its_function(monkeypatch: pytest.MonkeyPatch) -> None:
    drawer = Drawer()
    monkeypatch.setattr(stores, "dead_letters", lambda _: drawer)
    monkeypatch.setenv("AzureWebJobsStorage", "UseDevelopmentStorage=true")
    found = {}
    for blueprint in (of_work, of_notices, of_pushed, of_urgent_alerts):
        (builder,) = blueprint._function_builders
        function = builder._function
        function.get_user_function()(func.QueueMessage(body=b"caf\xe9"))
        found[function.get_user_function().__name__] = function.get_trigger().get_dict_repr()["queueName"]

    assert {
        "collect_poison_work": "work-poison",
        "collect_poison_notices": "notices-poison",
        "collect_poison_pushed": "pushed-poison",
        "collect_poison_urgent_alerts": "urgent-alerts-poison",
    } == found
    assert {"work", "notices", "pushed", "urgent-alerts"} == {
        letter.queue for letter in drawer.letters.values()
    }
