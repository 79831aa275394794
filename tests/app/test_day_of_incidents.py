"""A day of a hundred incidents leaves less than 10 MB: one is played from its first bad bucket to its end, and counted."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from shared.app import diagnosing, stores, tracking, watching
from shared.app.names import Container, Queue, Table
from shared.app.runtime import Runtime
from shared.cloud.storage.account import Storage
from shared.incidents.incident import State
from shared.settings import Settings
from tests.context.live_sources import MemoryArm
from tests.incidents.fake_rooms import FAILURES, LOBBY, NOON, REFUSED, FakeMetrics, Floor, FloorLogs, Row
from tests.notices.fake_outbox import StandingClock

INCIDENTS = 100
MOST_BYTES = 10_000_000
SENTENCE = "31 of 120 failed connects (25.8 %) were answered 401 and no text says why; an expired token is one reason."
MINUTES = (6, 11, 16, 23, 26, 33, 43, 51, 58)  # at which something changes: its looks, and its end


class TalkativeLogs(FloorLogs):
    """Answers each check with a sentence as long as those of the library, and its numbers."""

    def _found(self, text: str) -> Row:
        return {
            **super()._found(text),
            "Summary": SENTENCE,
            "Total": 1200,
            "Bad": 120,
            "Hits": 31,
            "Users": 17,
        }


def refused_for_twenty_minutes() -> Floor:
    floor = Floor(causes={(FAILURES, "token-expired"): NOON})
    for since, until, bad in ((-60, 0, 0), (0, 20, 80), (20, 90, 0)):
        floor.happens(REFUSED, since, until, bad, 200)
    return floor


def play(runtime: Runtime, clock: StandingClock) -> None:
    for minute in MINUTES:
        clock.moment = NOON + timedelta(minutes=minute)
        watching.watch_once(runtime)
        tracking.track_once(runtime)
        queue = runtime.storage.queue(Queue.WORK)
        for message in queue.receive_messages():
            diagnosing.diagnose_once(message.content, runtime)
            queue.delete_message(message)


def bytes_of(storage: Storage) -> Mapping[str, int]:
    """Return how many bytes each table, and each folder of documents, holds."""
    sizes: Counter[str] = Counter()
    for table in Table:
        for row in storage.table(table).list_entities():
            # Table Storage keeps names and texts in UTF-16.
            sizes[table] += sum(2 * len(name) + 2 * len(str(value)) for name, value in row.items())
    for blob in storage.container(Container.DOCUMENTS).list_blobs():
        sizes[f"{blob.name.partition('/')[0]}/"] += blob.size
    return sizes


def test_a_hundred_incidents_leave_less_than_ten_megabytes(
    storage_environment: dict[str, str], tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    (tmp_path / "resources.yaml").write_text(f"resources: [{LOBBY}]", encoding="utf-8")
    values = {
        **storage_environment,
        "CONFIG_FOLDER": str(tmp_path),
        "LOGS_WORKSPACE": "1a2b3c4d-0003-4000-8000-00000000c003",
        "PUBLIC_URL": "https://watch.contoso.com/api",
    }
    clock, floor = StandingClock(NOON), refused_for_twenty_minutes()
    runtime = Runtime(Settings.from_environment(values), clock)
    vars(runtime).update(
        metrics=FakeMetrics(),
        context=MemoryArm().sources(),
        _logs=lambda *workspaces: TalkativeLogs(floor, workspaces),
    )

    play(runtime, clock)

    incident = stores.incidents(runtime.storage).current(LOBBY, FAILURES)
    assert incident is not None
    assert (State.RESOLVED, "token-expired", 4) == (incident.state, incident.cause, incident.diagnosis_count)
    sizes = bytes_of(runtime.storage)
    whole = sum(sizes.values())
    largest = ", ".join(f"{name} {size:,}" for name, size in Counter(sizes).most_common(4))
    record_property(
        "figure", f"{INCIDENTS} incidents leave {INCIDENTS * whole / 1e6:.1f} MB; of one {largest} bytes"
    )
    assert INCIDENTS * whole < MOST_BYTES


@pytest.mark.parametrize("folder", ["diagnoses/", "reports/", "notices/"])
def test_a_long_document_is_packed_and_read_as_it_was(folder: str, storage: Storage) -> None:
    documents, text = stores.documents(storage), "31 of 120 failed connects ü 😀\n" * 1_000
    documents.put(f"{folder}a", text)
    documents.put(f"{folder}a", text)

    (blob,) = storage.container(Container.DOCUMENTS).list_blobs()
    assert blob.size < len(text) / 10
    assert text == documents.get(f"{folder}a")


def test_a_long_document_of_an_older_version_is_read_as_it_is(storage: Storage) -> None:
    text = "plain " * 2_000
    storage.container(Container.DOCUMENTS).upload_blob("reports/a", text.encode())

    assert text == stores.documents(storage).get("reports/a")
    stores.documents(storage).put("reports/a", text)


def test_a_packed_document_that_is_cut_is_set_aside(storage: Storage) -> None:
    stores.documents(storage).put("reports/a", "31 of 120 failed connects\n" * 1_000)
    container = storage.container(Container.DOCUMENTS)
    content = container.download_blob("reports/a").readall()
    container.upload_blob("reports/a", content[:-9], overwrite=True)

    assert stores.documents(storage).get("reports/a") is None
    assert content[:-9] == container.download_blob("quarantine/reports/a").readall()
