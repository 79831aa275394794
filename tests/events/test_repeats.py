"""A repeat is answered as the event was, and its effect happens once, wherever the process died."""

import threading
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from shared.cloud.storage.account import Storage
from shared.cloud.storage.events.rows import TableEvents
from shared.errors import LinekeeperError
from shared.events.answer import EventAnswer
from shared.events.cloud_event import CloudEvent, EventKind
from shared.events.handlers import MOST_ANSWER_BYTES, Handled
from shared.events.repeats import EventRow, EventState, PausedRows
from tests.events.lobby import NOON, RULES, DeathError, FakeRows, Line, StageClock, event_headers

ORDER = event_headers("user", "order")


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(tmp_path)


def test_a_repeat_gets_the_same_answer_and_is_not_handled_again(line: Line) -> None:
    answers = [line.send(ORDER, b"tea") for _ in range(5)]

    assert {(200, b"taken as number 1")} == {(answer.status, answer.body) for answer in answers}
    assert (1, 1, [b"tea"]) == (line.handled, len(line.effects), [*line.book.values()])


def test_another_event_of_the_connection_is_handled(line: Line) -> None:
    line.send(ORDER, b"tea")
    line.send(event_headers("user", "order", number=2), b"tea")

    assert 2 == len(line.book)


def test_the_same_id_of_another_connection_hub_or_client_session_is_another_event(line: Line) -> None:
    for headers in (
        event_headers("sys", "connected"),
        event_headers("sys", "connected", connection="c-2"),
        event_headers("sys", "connected") | {"ce-physicalconnectionid": "p-1"},
        event_headers("sys", "connected") | {"ce-physicalconnectionid": "p-2"},
    ):
        line.send(headers)
    line.send(event_headers("sys", "connected", hub="door"), hub="door")

    assert 5 == len(line.rows.kept)


def test_a_user_is_one_client_on_any_connection_and_a_guest_is_one_on_its_own(line: Line) -> None:
    headers = [
        event_headers("sys", "connected"),
        event_headers("sys", "connected", connection="c-2"),
        event_headers("sys", "connected", connection="c-3") | {"ce-userid": "bob@contoso.com"},
        event_headers("sys", "connected", connection="c-4") | {"ce-userid": ""},
        event_headers("sys", "connected", connection="c-5") | {"ce-userid": ""},
    ]
    for each in headers:
        line.send(each)
    ada, ada_again, bob, guest, another_guest = (row.client for row in line.rows.kept.values())

    assert ada == ada_again
    assert 4 == len({ada, bob, guest, another_guest})
    assert not any("ada" in client or "c-4" in client for client in (ada, bob, guest))


@pytest.mark.parametrize("name", ["connect", "connected", "disconnected"])
def test_a_system_event_that_comes_again_is_one_row(line: Line, name: str) -> None:
    answers = [line.send(event_headers("sys", name)) for _ in range(3)]

    assert [answers[0]] * 3 == answers
    assert 1 == len(line.rows.kept)


def test_a_repeat_of_a_connect_gets_the_answer_of_the_rules_of_before(line: Line) -> None:
    before = line.send(event_headers("sys", "connect"))
    line.rules = line.rules.replace("groups: [staff]", "groups: [others]")
    line.__post_init__()

    assert before == line.send(event_headers("sys", "connect"))


# Of an event with an effect: reserved, decided, done.
@pytest.mark.parametrize("changes", [1, 2, 3])
def test_wherever_the_process_dies_the_effect_happens_once(line: Line, changes: int) -> None:
    line.rows.dies_after = changes
    with suppress(DeathError):
        line.send(ORDER, b"tea")
    early = line.send(ORDER, b"tea")
    line.wait(9)  # the last repeat of the service
    answers = [line.send(ORDER, b"tea") for _ in range(2)]

    assert (503 if changes < 3 else 200) == early.status
    assert [200, 200] == [answer.status for answer in answers]
    assert 1 == len({answer.body for answer in answers})
    assert [b"tea"] == [*line.book.values()]
    assert 1 == len(set(line.effects))


def test_a_death_in_the_effect_keeps_the_answer_that_was_decided(line: Line) -> None:
    def dies(key: str) -> None:
        line.book[key] = b"tea"
        raise DeathError

    def handler(_: CloudEvent) -> Handled:
        effect = dies if line.handled == 1 else lambda key: line.book.setdefault(key, b"a second cup")
        return Handled(EventAnswer(200, f"number {line.handled}".encode()), effect)

    line.order = handler
    assert 503 == line.send(ORDER).status
    line.wait(9)

    assert (200, b"number 1") == ((answer := line.send(ORDER)).status, answer.body)
    assert [b"tea"] == [*line.book.values()]


def test_a_handler_that_fails_is_503_and_the_repeat_is_a_first_attempt(line: Line) -> None:
    def handler(_: CloudEvent) -> Handled:
        if line.handled == 1:
            raise ValueError("no such tea")
        return Handled()

    line.order = handler
    first, row = line.send(ORDER), line.only_row()
    second = line.send(ORDER)

    assert [503, 204] == [first.status, second.status]
    assert (EventState.FAILED, "handler failed") == (row.state, row.failure)
    assert (EventState.DONE, "") == (line.only_row().state, line.only_row().failure)


def test_a_handler_that_takes_too_long_is_503(tmp_path: Path) -> None:
    line = Line(
        tmp_path,
        rules=RULES.replace("handler: acknowledge}]", "handler: acknowledge}]\n        time_limit: 1s"),
    )
    going_on = threading.Event()

    def handler(_: CloudEvent) -> Handled:
        going_on.wait(20)
        return Handled()

    line.order = handler
    answer = line.send(ORDER)
    going_on.set()

    assert (503, "handler out of time") == (answer.status, line.only_row().failure)


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (EventAnswer(200, b"x" * (MOST_ANSWER_BYTES + 1)), "answer too large"),
        (EventAnswer(500), "handler answered 500"),
        (EventAnswer(408), "handler answered 408"),
    ],
)
def test_an_answer_that_cannot_be_kept_is_503(line: Line, answer: EventAnswer, failure: str) -> None:
    line.order = lambda _: Handled(answer)

    assert (503, failure) == (line.send(ORDER).status, line.only_row().failure)


def test_a_refusal_by_a_handler_is_kept_and_no_failure(line: Line) -> None:
    line.order = lambda _: Handled(EventAnswer(403, b"not you", "text/plain", state="c2Vlbg=="))
    answers = [line.send(ORDER) for _ in range(2)]

    assert [(403, b"not you", "c2Vlbg==")] * 2 == [
        (answer.status, answer.body, answer.all_headers["ce-connectionState"]) for answer in answers
    ]
    assert (1, "") == (line.handled, line.only_row().failure)


def test_an_event_at_work_counts_as_failed_until_it_has_ended(line: Line) -> None:
    line.rows.dies_after = 1
    with suppress(DeathError):
        line.send(ORDER)

    assert "not ended" == line.only_row().failure


@pytest.mark.parametrize("name", ["connected", "disconnected", "order"])
def test_while_storage_is_down_the_service_is_asked_to_come_again(line: Line, name: str) -> None:
    line.rows.is_down = True
    kind = "user" if name == "order" else "sys"

    assert (503, 0) == (line.send(event_headers(kind, name)).status, line.handled)


def test_what_is_known_to_be_down_is_not_asked_by_everybody() -> None:
    rows, clock = FakeRows(is_down=True), StageClock()
    paused = PausedRows(lambda: rows, clock)
    row = EventRow("lobby", "chat", NOON, "ab12", EventKind.CONNECTED)
    for _ in range(20):
        with pytest.raises(LinekeeperError):
            paused.keep(row)
    calls_while_down = rows.calls
    rows.is_down = False
    clock.moment += timedelta(seconds=6)

    assert 1 == calls_while_down
    assert paused.keep(row)[1]


# ---- the same on tables -----------------------------------------------------------------------------


class MortalTable(TableEvents):
    """Rows in Table Storage, in a process that dies after so many changes."""

    dies_after, changes = 0, 0

    def keep(self, row: EventRow) -> tuple[EventRow, bool]:
        kept, is_new = super().keep(row)
        self._count(is_new)
        return kept, is_new

    def change(self, row: EventRow) -> EventRow:
        changed = super().change(row)
        self._count(True)
        return changed

    def _count(self, is_change: bool) -> None:
        self.changes += is_change
        if is_change and self.changes == self.dies_after:
            raise DeathError


@pytest.fixture
def tabled(tmp_path: Path, storage: Storage) -> Line:
    return Line(tmp_path, rows=MortalTable(storage.table("pubsubevents")))


@pytest.mark.parametrize("changes", [0, 1, 2, 3])
def test_on_tables_too_the_effect_happens_once(tabled: Line, changes: int) -> None:
    tabled.rows.dies_after = changes
    with suppress(DeathError):
        tabled.send(ORDER, b"tea")
    tabled.wait(9)
    answers = [tabled.send(ORDER, b"tea") for _ in range(3)]

    assert 1 == len({(answer.status, answer.body, answer.content_type) for answer in answers})
    assert (200, [b"tea"]) == (answers[0].status, [*tabled.book.values()])


def test_a_repeat_after_the_end_of_its_five_minutes_is_the_same_event(tabled: Line) -> None:
    headers = {**ORDER, "ce-time": "2026-03-02T12:04:58Z"}
    tabled.clock.moment = NOON.replace(minute=4, second=59)
    first = tabled.send(headers, b"tea")
    tabled.wait(9)

    assert first == tabled.send(headers, b"tea")
    assert 1 == tabled.handled


def test_of_two_processes_with_one_event_one_runs_its_effect(tabled: Line, storage: Storage) -> None:
    at_work, going_on = threading.Event(), threading.Event()

    def handler(event: CloudEvent) -> Handled:
        at_work.set()
        going_on.wait(20)
        return Handled(EventAnswer(200, b"taken"), tabled.effects.append)

    tabled.order = handler
    first: list[EventAnswer] = []
    thread = threading.Thread(target=lambda: first.append(tabled.send(ORDER)))
    thread.start()
    assert at_work.wait(20)
    meanwhile = tabled.send(ORDER)
    going_on.set()
    thread.join()

    assert (503, 200, 200) == (meanwhile.status, first[0].status, tabled.send(ORDER).status)
    assert 1 == len(tabled.effects)
