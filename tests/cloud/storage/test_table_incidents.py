import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from azure.data.tables import TableClient

from shared.cloud.storage.account import Storage
from shared.cloud.storage.documents import BlobDocuments
from shared.cloud.storage.incidents.incidents import TableIncidents
from shared.cloud.storage.incidents.work import QueueWork
from shared.incidents.incident import Ending, Incident
from shared.incidents.lifecycle import states
from shared.incidents.lifecycle.alert_rules import MOST_NOTES, MOST_RULES, alert_joined, alert_resolved
from shared.incidents.lifecycle.escalate import escalated
from shared.incidents.lifecycle.timeline import noted
from shared.incidents.store import Documents, Incidents
from shared.objectives.breach import ALERT, Breach
from shared.races import LostRaceError
from tests.incidents.fake_incidents import FakeDocuments, FakeIncidents

LOBBY = "/subscriptions/5f/resourcegroups/trading/providers/microsoft.signalrservice/webpubsub/lobby"
FLOOR = LOBBY.replace("lobby", "trading-floor")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def breach(resource: str = LOBBY, symptom: str = "web-pubsub-connection-drops", after: int = 0) -> Breach:
    onset = NOON + timedelta(minutes=after)
    return Breach(
        resource=resource,
        signal="aborts",
        symptom=symptom,
        rule="burn 14.4 over 1 h and 5 min",
        onset=onset,
        last_bad=onset + timedelta(minutes=5),
        bad=143,
        total=2010,
        peak_ratio=0.31,
        reasons={"ping timeout": 120.0, "slow client": 23.0},
    )


def opened(breach_: Breach, previous: Incident | None = None) -> Incident:
    return states.opened(breach_, 2, breach_.last_bad + timedelta(minutes=1), previous)


def diagnosed(incident: Incident, cause: str) -> Incident:
    return states.diagnosed(
        incident,
        conclusion="supported",
        cause=cause,
        document="diagnosis/1.json",
        users=41,
        next_diagnosis_at=NOON + timedelta(minutes=8, seconds=1.5),
        is_last=False,
        now=NOON + timedelta(minutes=7),
    )


def told_all(incident: Incident) -> Incident:
    for state in incident.unnotified:
        incident = states.notified(incident, state, NOON)
    return incident


def closed(store: Incidents, incident: Incident) -> Incident:
    return store.save(states.resolved(incident, Ending.BY_HAND, incident.opened_at + timedelta(hours=1)))


@pytest.fixture(params=["in memory", "in a table"])
def store(request: pytest.FixtureRequest) -> Incidents:
    if request.param == "in memory":
        return FakeIncidents()
    return TableIncidents(request.getfixturevalue("storage").table("incidents"))


def test_what_was_stored_is_read_back_whole(store: Incidents) -> None:
    first = store.create(opened(breach()), None)
    explained = diagnosed(first, "ping-timeout")

    saved = store.save(explained)

    assert replace(explained, revision=2, etag=saved.etag) == saved
    assert saved == store.get(saved.id) == store.current(LOBBY, saved.symptom)


def test_there_is_none_before_the_first(store: Incidents) -> None:
    assert store.current(LOBBY, "web-pubsub-connection-drops") is None
    assert store.get("no id") is None
    assert store.get("feedfeedfeedfeed.web-pubsub-connection-drops.1") is None


def test_a_second_one_is_refused_while_the_first_is_open(store: Incidents) -> None:
    first = store.create(opened(breach()), None)

    with pytest.raises(LostRaceError):
        store.create(opened(breach()), None)
    with pytest.raises(LostRaceError):
        store.create(opened(breach(), first), first)
    assert [first] == store.open_ones()


def test_the_next_one_links_the_closed_one(store: Incidents) -> None:
    first = closed(store, store.create(opened(breach()), None))

    second = store.create(opened(breach(after=3000), first), first)

    assert (2, first.id) == (second.number, second.follows)
    assert second == store.current(LOBBY, second.symptom)
    assert first == store.get(first.id)


def test_another_symptom_and_another_resource_have_their_own(store: Incidents) -> None:
    drops = store.create(opened(breach()), None)
    failures = store.create(opened(breach(symptom="web-pubsub-connection-failures", after=1)), None)
    elsewhere = store.create(opened(breach(FLOOR, after=2)), None)

    assert [drops, failures, elsewhere] == store.open_ones()
    assert [drops, failures] == store.of_resource(LOBBY, NOON)


def test_a_save_of_what_another_changed_is_lost(store: Incidents) -> None:
    read = store.create(opened(breach()), None)
    store.save(states.acknowledged(read, "alice", NOON))

    with pytest.raises(LostRaceError):
        store.save(states.mitigating(read, "bob restarts the hub", NOON))
    assert "acknowledged" == store.current(LOBBY, read.symptom).state  # type: ignore[union-attr]


def test_a_closed_one_cannot_reopen_beside_its_successor(store: Incidents) -> None:
    first = closed(store, store.create(opened(breach()), None))
    store.create(opened(breach(after=100), first), first)

    with pytest.raises(LostRaceError):
        store.save(states.reopened(first, breach(after=100), 2, NOON + timedelta(hours=2)))


def test_a_successor_cannot_open_beside_one_that_reopened(store: Incidents) -> None:
    first = closed(store, store.create(opened(breach()), None))
    again = store.save(states.reopened(first, breach(after=100), 2, NOON + timedelta(hours=2)))

    with pytest.raises(LostRaceError):
        store.create(opened(breach(after=100), first), first)
    assert [again] == store.open_ones()


def test_a_closed_one_stays_in_sight_until_all_was_told(store: Incidents) -> None:
    ended = closed(store, store.create(opened(breach()), None))

    assert [ended] == store.open_ones()

    store.save(told_all(ended))

    assert [] == store.open_ones()


def test_closed_ones_of_a_resource_are_found_for_as_long_as_asked(store: Incidents) -> None:
    ended = closed(store, store.create(opened(breach()), None))
    assert ended.closed_at is not None

    assert [ended] == store.of_resource(LOBBY, ended.closed_at - timedelta(microseconds=1))
    assert [] == store.of_resource(LOBBY, ended.closed_at)


def raced(*writers: Callable[[], Incident]) -> list[bool]:
    """Run writers at once; tell of each whether it won."""

    def won(writer: Callable[[], Incident]) -> bool:
        try:
            writer()
        except LostRaceError:
            return False
        return True

    with ThreadPoolExecutor(len(writers)) as pool:
        return sorted(pool.map(won, writers))


@pytest.fixture
def table(storage: Storage) -> TableClient:
    return storage.table("incidents")


def test_of_four_who_open_at_once_one_wins(table: TableClient) -> None:
    incident = opened(breach())

    wins = raced(*[lambda: TableIncidents(table).create(incident, None)] * 4)

    assert [False, False, False, True] == wins


def test_of_reopening_and_opening_anew_at_once_one_wins(table: TableClient) -> None:
    store = TableIncidents(table)
    first = closed(store, store.create(opened(breach()), None))
    again = states.reopened(first, breach(after=100), 2, NOON + timedelta(hours=2))
    anew = opened(breach(after=100), first)

    wins = raced(lambda: store.save(again), lambda: store.create(anew, first))

    assert [False, True] == wins
    assert 1 == len([incident for incident in store.open_ones() if incident.is_open])


def test_of_two_who_save_at_once_one_wins(table: TableClient) -> None:
    store = TableIncidents(table)
    read = store.create(opened(breach()), None)
    saving = [states.acknowledged(read, name, NOON) for name in ("alice", "bob")]

    assert [False, True] == raced(*(lambda incident=incident: store.save(incident) for incident in saving))  # type: ignore[misc]


def test_the_longest_incident_fits_its_row(table: TableClient) -> None:
    incident = opened(breach())
    for minute in range(400):
        at = NOON + timedelta(minutes=minute)
        incident = noted(incident, at, "seen", '"\U0001f525\\' * 400)
    rules = [f"{name}-{'ü' * 190}" for name in range(MOST_RULES)]
    for rule in rules:
        for second in range(2 * MOST_NOTES):
            step = alert_resolved if second % 2 else partial(alert_joined, text="ü" * 300, is_new=True)
            incident = step(incident, rule, now=NOON + timedelta(hours=9, seconds=second))
    receivers = tuple(f"receiver-{'x' * 28}-{name:02}" for name in range(40))
    incident = states.notified(incident, incident.unnotified[0], NOON, receivers)
    incident = escalated(incident, lambda _: 1, NOON + timedelta(days=1))
    for cause in range(40):
        incident = diagnosed(incident, f"a-cause-that-has-a-long-name-{cause:02}")
    counted = {f"signal-{name}": "ü" * 300 for name in range(20 - len(rules))}
    incident = replace(incident, signals=counted | {f"{ALERT}{rule}": "ü" * 300 for rule in rules})

    latest = TableIncidents(table).create(incident, None)

    entity = table.get_entity(latest.id.partition(".")[0], f"incident~{latest.symptom}~00000001")
    assert (MOST_RULES, 20, 20) == tuple(
        len(bounded) for bounded in (latest.alert_rules, latest.notified_receivers, latest.notified_causes)
    )
    assert latest.unanswered is not None
    assert 55_000 < sum(len(str(value).encode("utf-16-le")) for value in entity.values()) <= 60_000
    assert latest == TableIncidents(table).get(latest.id)


@pytest.fixture(params=["in memory", "in blobs"])
def documents(request: pytest.FixtureRequest) -> Documents:
    if request.param == "in memory":
        return FakeDocuments()
    return BlobDocuments(request.getfixturevalue("storage").container("documents"))


def test_a_document_is_kept_once_and_never_changed(documents: Documents) -> None:
    documents.put("diagnosis/lobby.1/3.json", '{"cause": "Überlast"}')
    documents.put("diagnosis/lobby.1/3.json", '{"cause": "Überlast"}')

    with pytest.raises(LostRaceError):
        documents.put("diagnosis/lobby.1/3.json", '{"cause": null}')
    assert '{"cause": "Überlast"}' == documents.get("diagnosis/lobby.1/3.json")
    assert documents.get("diagnosis/lobby.1/4.json") is None


def test_a_look_is_asked_for_in_json(storage: Storage) -> None:
    QueueWork(storage.queue("work")).ask_for_diagnosis("feed.web-pubsub-connection-drops.1")

    message = storage.queue("work").receive_message()
    assert message is not None
    assert {"incident": "feed.web-pubsub-connection-drops.1"} == json.loads(message.content)
