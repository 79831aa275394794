import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from shared.queries.logs import Failure, LogAnswer, QueryError
from shared.queries.run import AT_ONCE, Run
from shared.queries.scope import Scope, Window

LOBBY = "/subscriptions/0a1b/resourcegroups/chat/providers/microsoft.signalrservice/webpubsub/lobby"
SCOPE = Scope((LOBBY,), Window(datetime(2026, 11, 20, 3, tzinfo=UTC), datetime(2026, 11, 20, 4, tzinfo=UTC)))


@dataclass
class FakeLogs:
    """Answers each text with a function, and remembers what it was asked and for how long."""

    answer: Callable[[str], LogAnswer]
    queries: list[str] = field(default_factory=list)
    allowed: list[timedelta] = field(default_factory=list)

    def query(self, text: str, within: timedelta) -> LogAnswer:
        self.queries.append(text)
        self.allowed.append(within)
        return self.answer(text)


def without(*tables: str) -> Callable[[str], LogAnswer]:
    """Answer as a workspace that never received some tables."""

    def answer(text: str) -> LogAnswer:
        for table in tables:
            if re.search(rf"\b{table}\b", text) and f"let {table} = " not in text:
                raise QueryError(Failure.MISSING_TABLE, f"no {table}", table=table)
        return LogAnswer(({"Rows": 7},))

    return answer


def test_asks_each_text_once_however_often_it_is_wanted() -> None:
    logs = FakeLogs(lambda _: LogAnswer(()))

    Run(logs, SCOPE).ask_all(["print 1", "print 2", "print 1"])

    assert len(logs.queries) == 2


def test_stands_in_for_missing_tables_and_remembers_them() -> None:
    run = Run(FakeLogs(without("WebPubSubMessaging", "AzureActivity")), SCOPE)

    outcome = run.ask_all(["union WebPubSubMessaging, AzureActivity | count"])

    assert list(outcome.values()) == [LogAnswer(({"Rows": 7},))]
    assert run.missing == {"WebPubSubMessaging", "AzureActivity"}


def test_looks_for_a_table_only_once() -> None:
    logs = FakeLogs(without("AzureActivity"))
    run = Run(logs, SCOPE)

    run.ask_all(["AzureActivity | count"])
    run.ask_all(["AzureActivity | take 1"])

    assert 3 == len([text for text in logs.queries if "let AzureActivity = " in text or "take 0" in text])


def test_reads_no_row_to_find_out_which_tables_are_missing() -> None:
    logs = FakeLogs(lambda _: LogAnswer(()))

    Run(logs, SCOPE).ask_all(["union WebPubSubMessaging, AzureActivity | count"])

    assert logs.queries[0] == (
        "union (AzureActivity | take 0 | summarize Rows = count()),"
        " (WebPubSubMessaging | take 0 | summarize Rows = count())"
    )


def test_a_failure_of_one_query_leaves_the_others_alone() -> None:
    def answer(text: str) -> LogAnswer:
        if "print 1" in text:
            raise QueryError(Failure.PERMISSION, "403")
        return LogAnswer(())

    outcome = Run(FakeLogs(answer), SCOPE).ask_all(["print 1", "print 2"])

    assert isinstance(outcome["print 1"], QueryError)
    assert outcome["print 2"] == LogAnswer(())


def test_never_runs_more_than_four_at_once() -> None:
    lock, running, most = threading.Lock(), [0], [0]
    full = threading.Event()

    def answer(_text: str) -> LogAnswer:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
            if running[0] == AT_ONCE:
                full.set()
        full.wait(timeout=5)
        with lock:
            running[0] -= 1
        return LogAnswer(())

    Run(FakeLogs(answer), SCOPE).ask_all([f"print {number}" for number in range(12)])

    assert most[0] == AT_ONCE


def test_what_has_not_answered_within_the_budget_is_out_of_time() -> None:
    released = threading.Event()

    def answer(text: str) -> LogAnswer:
        if "print 1" in text:
            released.wait(timeout=5)
        return LogAnswer(())

    outcome = Run(FakeLogs(answer), SCOPE, budget=timedelta(milliseconds=200)).ask_all(["print 1", "print 2"])
    released.set()

    late = outcome["print 1"]
    assert isinstance(late, QueryError)
    assert late.failure is Failure.OUT_OF_TIME
    assert outcome["print 2"] == LogAnswer(())


def test_gives_a_query_only_the_time_that_is_left() -> None:
    logs = FakeLogs(lambda _: LogAnswer(()))
    times = iter([0.0, 10.0, 10.0, 10.0])

    Run(logs, SCOPE, budget=timedelta(seconds=90), elapsed=lambda: next(times)).ask_all(["print 1"])

    assert logs.allowed == [timedelta(seconds=80)]


def test_sends_nothing_when_the_budget_is_spent() -> None:
    logs = FakeLogs(lambda _: LogAnswer(()))
    times = iter([0.0, 91.0, 91.0, 91.0])

    outcome = Run(logs, SCOPE, budget=timedelta(seconds=90), elapsed=lambda: next(times)).ask_all(["print 1"])

    assert isinstance(outcome["print 1"], QueryError)
    assert logs.queries == []
