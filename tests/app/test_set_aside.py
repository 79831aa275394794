"""What is stored and cannot be read stops only itself: it is set aside, told once, shown by readiness, and put back."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import EntityProperty, UpdateMode

from local.__main__ import main
from shared.app import dead_letters, notifying, stores, tracking
from shared.app.names import Table
from shared.app.pages import answering
from shared.app.runtime import Runtime
from shared.errors import LinekeeperError
from shared.health.quarantine import SetAside, restore_all
from shared.incidents.incident import Incident
from shared.incidents.lifecycle import states
from shared.notices.answers.signed_links import Action, link_to, sign
from shared.notices.notice import Fate, Notice, lane_key
from shared.notices.routing.silence import card_silence
from shared.playbooks.loading.load import load_library
from shared.playbooks.stored import encode_diagnosis
from shared.settings import Settings
from tests.incidents.full_diagnosis import full_diagnosis
from tests.notices.broken_lobby import OPENED_AT as NOW
from tests.notices.broken_lobby import refused_connects
from tests.notices.diagnoses import RESOURCE
from tests.notices.fake_outbox import StandingClock

WATCHED = """resources:
  - id: /subscriptions/0a1b/resourceGroups/chat/providers/Microsoft.SignalRService/webPubSub/foyer
    workspace: 00000000-0000-0000-0000-000000000001
"""
RECEIVERS = "receivers: [{name: on-call, webhook: TEAMS_ON_CALL_URL}]"
ANOTHER_VERSION: dict[str, dict[str, Any]] = {
    "a field of another type": {"severity": "very"},
    "an unknown state": {"state": "hibernating"},
    "a time without a zone": {"last_bad": "2026-03-02T12:00:00"},
    "text that is no JSON": {"timeline": "[["},
    "a list where a mapping was": {"signals": "[1, 2]"},
    "null where a mapping was": {"signals": "null"},
    "another incident's id": {"id": "a1.web-pubsub-connection-drops.7"},
    "another resource": {"resource": "/subscriptions/other"},
    "open, and closed": {"closed_at": "2026-03-02T12:00:00.000000Z"},
}


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock(NOW)


@pytest.fixture
def runtime(storage_environment: dict[str, str], tmp_path: Path, clock: StandingClock) -> Runtime:
    (tmp_path / "receivers.yaml").write_text(RECEIVERS, encoding="utf-8")
    address = {"PUBLIC_URL": "https://lines.example.net/api"}
    environment = {**storage_environment, "CONFIG_FOLDER": str(tmp_path), **address}
    return Runtime(Settings.from_environment(environment), clock)


def opened(runtime: Runtime, name: str, **changes: Any) -> Incident:
    """Open the incident of a lobby; its opening is not told yet."""
    breach = refused_connects(resource=RESOURCE + name)
    incident = replace(states.opened(breach, 2, NOW, None), next_diagnosis_at=None, **changes)
    return stores.incidents(runtime.storage).create(incident, None)


def garbled(runtime: Runtime, table: Table, like: dict[str, str], changes: dict[str, Any]) -> dict[str, Any]:
    """Change properties of the only row of a table that is like this, and return the row."""
    client = runtime.storage.table(table)
    (row,) = (row for row in client.list_entities() if like.items() <= dict(row).items())
    client.update_entity({**row, **changes})
    return dict(client.get_entity(row["PartitionKey"], row["RowKey"]))


def aside(runtime: Runtime) -> list[SetAside]:
    return list(stores.quarantine(runtime.storage).all())


def told_of(runtime: Runtime, incident: Incident) -> list[str]:
    notices = stores.outbox(runtime.storage).of(lane_key(incident.id, "on-call"))
    return [notice.milestone for notice in notices]


def announcements(runtime: Runtime) -> list[str]:
    rows = runtime.storage.table(Table.NOTICES).list_entities()
    notices = [row for row in rows if row["speaks"] == "announcement"]
    documents = stores.documents(runtime.storage)
    return [str(documents.get(notice["document"])) for notice in notices]


@pytest.mark.parametrize("changes", ANOTHER_VERSION.values(), ids=ANOTHER_VERSION)
def test_an_incident_that_cannot_be_read_ends_no_tracking(changes: dict[str, Any], runtime: Runtime) -> None:
    bad, good = opened(runtime, "-a"), opened(runtime, "-b")
    row = garbled(runtime, Table.INCIDENTS, {"id": bad.id, "resource": bad.resource}, changes)

    tracking.track_once(runtime)
    tracking.track_once(runtime)

    assert ["opened"] == told_of(runtime, good)
    (entry,) = aside(runtime)
    assert ("incidents", f"{row['PartitionKey']}/{row['RowKey']}") == (entry.place, entry.name)
    assert 1 == len(announcements(runtime))
    (probe,) = dead_letters.probes(runtime)
    with pytest.raises(LinekeeperError, match="set aside: 1 of incidents"):
        probe.check()
    restore_all(stores.quarantine(runtime.storage))
    again = runtime.storage.table(Table.INCIDENTS).get_entity(row["PartitionKey"], row["RowKey"])
    assert row == dict(again)
    assert [] == aside(runtime)
    probe.check()


def test_the_symptom_of_an_incident_that_was_set_aside_opens_another_which_counts(runtime: Runtime) -> None:
    bad = opened(runtime, "-a")
    garbled(runtime, Table.INCIDENTS, {"id": bad.id, "resource": bad.resource}, {"severity": "very"})
    tracking.track_once(runtime)

    incidents = stores.incidents(runtime.storage)
    assert incidents.current(bad.resource, bad.symptom) is None
    after = incidents.create(replace(bad, etag=""), None)

    assert (2, after.id) == (after.number, f"{bad.id.rpartition('.')[0]}.2")
    assert after == incidents.current(bad.resource, bad.symptom)
    (restoration,) = restore_all(stores.quarantine(runtime.storage))
    assert (True, "a later incident has followed") == (restoration.is_kept, restoration.outcome)


@pytest.mark.parametrize("changes", [{"number": "one"}, {"open": "perhaps"}], ids=str)
def test_a_slot_that_cannot_be_read_is_told_by_the_newest_incident(
    changes: dict[str, Any], runtime: Runtime
) -> None:
    incident = opened(runtime, "-a")
    client = runtime.storage.table(Table.INCIDENTS)
    (slot,) = (row for row in client.list_entities() if row["RowKey"].startswith("slot"))
    client.update_entity({**slot, **changes})

    incidents = stores.incidents(runtime.storage)
    current = incidents.current(incident.resource, incident.symptom)

    assert current is not None
    assert incident.id == current.id
    saved = incidents.save(replace(current, escalations=1))
    assert saved == incidents.current(incident.resource, incident.symptom)


UNREADABLE_DIAGNOSES: dict[str, Any] = {
    "a field missing": lambda document: document.pop("findings"),
    "a verdict that nobody knows": lambda document: document["symptom"].update(verdict="likely"),
    "a strength that is a text": lambda document: document["symptom"].update(strength="strong"),
    "numbers that are a list": lambda document: document["findings"][0]["evidence"].update(numbers=[1]),
    "a cause that is no finding": lambda document: document.update(cause="gone-since"),
    "a load that is a text": lambda document: document.update(load="much"),
    "an unexplained text of another type": lambda document: document.update(
        unexplained=[{"text": 7, "events": 1}]
    ),
    "a window without a zone": lambda document: document.update({"from": "2026-03-02T12:00:00"}),
    "findings that are a mapping": lambda document: document.update(findings={}),
    "coverage of another version": lambda document: document.update(
        coverage=[{"table": "WebPubSubConnectivity"}]
    ),
}


@pytest.mark.parametrize("change", UNREADABLE_DIAGNOSES.values(), ids=UNREADABLE_DIAGNOSES)
def test_a_manual_resolve_beside_a_diagnosis_of_another_version_is_answered(
    change: Callable[[dict[str, Any]], object], runtime: Runtime
) -> None:
    document = json.loads(encode_diagnosis(full_diagnosis(load_library()["web-pubsub-connection-failures"])))
    change(document)
    name = "diagnoses/a/1.json"
    stores.documents(runtime.storage).put(name, json.dumps(document))
    incident = opened(runtime, "-a", document=name, cause="token-expired")

    token = sign(link_to(Action.RESOLVE, incident, NOW), runtime.key_ring.newest())
    headers = {"content-type": "application/x-www-form-urlencoded"}
    page = answering.respond_once("POST", token, b"name=Ada", headers, runtime)

    assert 200 == page.status
    resolved = stores.incidents(runtime.storage).get(incident.id)
    assert resolved is not None
    assert not resolved.is_open
    (entry,) = aside(runtime)
    assert ("documents", name) == (entry.place, entry.name)
    assert stores.documents(runtime.storage).get(name) is None
    restore_all(stores.quarantine(runtime.storage))
    assert json.dumps(document) == stores.documents(runtime.storage).get(name)


def test_an_incident_without_its_playbook_ends_like_any_other(
    runtime: Runtime, clock: StandingClock, tmp_path: Path
) -> None:
    # Something is watched; where nothing is, nobody looked, and nothing ends as unconfirmed.
    (tmp_path / "resources.yaml").write_text(WATCHED, encoding="utf-8")
    breach = refused_connects(symptom="a-page-that-a-team-removed")
    incident = stores.incidents(runtime.storage).create(states.opened(breach, 2, NOW, None), None)
    clock.moment = NOW + timedelta(days=2)

    tracking.track_once(runtime)

    ended = stores.incidents(runtime.storage).get(incident.id)
    assert ended is not None
    assert not ended.is_open
    assert [] == aside(runtime)


def test_an_incident_that_cannot_be_handled_stays_is_told_once_and_is_forgotten_when_it_can(
    runtime: Runtime, clock: StandingClock
) -> None:
    bad, good = opened(runtime, "-a"), opened(runtime, "-b")
    garbled(
        runtime,
        Table.INCIDENTS,
        {"id": bad.id, "resource": bad.resource},
        {"last_bad": "0001-01-01T00:00:00.000000Z"},
    )
    for minute in range(3):
        clock.moment = NOW + timedelta(minutes=minute)
        tracking.track_once(runtime)

    assert ["opened"] == told_of(runtime, good)
    (entry,) = aside(runtime)
    assert ("track_incidents", bad.id, True) == (entry.place, entry.name, entry.is_in_place)
    assert 1 == len(announcements(runtime))

    garbled(
        runtime,
        Table.INCIDENTS,
        {"id": bad.id, "resource": bad.resource},
        {"last_bad": "2026-11-12T02:15:00.000000Z"},
    )
    tracking.track_once(runtime)
    assert [] == aside(runtime)


def test_a_silence_that_cannot_be_read_holds_nothing_back_and_ends_nothing(runtime: Runtime) -> None:
    silences = stores.silences(runtime.storage, ())
    incident = opened(runtime, "-a")
    silences.add(card_silence("other.1", "Ada", NOW - timedelta(minutes=5), reason="known"))
    garbled(runtime, Table.SILENCES, {}, {"match": "[7]"})

    tracking.track_once(runtime)

    assert ["opened"] == told_of(runtime, incident)
    assert ["silences"] == [entry.place for entry in aside(runtime)]


def test_a_lane_that_cannot_be_read_keeps_no_other_waiting(runtime: Runtime) -> None:
    outbox = stores.outbox(runtime.storage)
    bad, good = (Notice.about(name, "on-call", "announcement", NOW) for name in ("bad", "good"))
    for notice in (bad, good):
        outbox.add(notice, "{}")
        stores.lanes(runtime.storage).touch(notice.lane, "on-call", NOW - timedelta(hours=1))
    garbled(runtime, Table.LANES, {"RowKey": bad.lane}, {"attempts": "many"})

    notifying.send_due_once(runtime)

    messages = [message.content for message in runtime.storage.queue("notices").receive_messages()]
    assert any(good.lane in message for message in messages)
    assert ["streams"] == [entry.place for entry in aside(runtime)]


@pytest.mark.parametrize("due_at", [7, True, 0.5, None], ids=repr)
def test_a_lane_whose_time_is_none_does_not_wait_for_ever(due_at: Any, runtime: Runtime) -> None:
    stores.lanes(runtime.storage).touch("lobby~on-call", "on-call", NOW)
    client = runtime.storage.table(Table.LANES)
    row = client.get_entity("pending", "lobby~on-call")
    del row["due_at"]
    client.update_entity(row | ({} if due_at is None else {"due_at": due_at}), mode=UpdateMode.REPLACE)

    notifying.send_due_once(runtime)

    assert ["streams"] == [entry.place for entry in aside(runtime)]


@pytest.mark.parametrize("live", ["perhaps", 7, None], ids=repr)
def test_an_incident_whose_row_does_not_say_that_it_is_open_is_followed(live: Any, runtime: Runtime) -> None:
    incident = opened(runtime, "-a")
    client = runtime.storage.table(Table.INCIDENTS)
    (row,) = client.query_entities("live eq true")
    del row["live"]
    client.update_entity(row | ({} if live is None else {"live": live}), mode=UpdateMode.REPLACE)

    tracking.track_once(runtime)

    assert ["opened"] == told_of(runtime, incident)


def test_a_row_that_was_mended_since_it_was_read_stays(runtime: Runtime) -> None:
    client = runtime.storage.table(Table.SILENCES)
    client.create_entity({"PartitionKey": "made", "RowKey": "card", "match": "[7]"})
    read = client.get_entity("made", "card")
    client.update_entity({"PartitionKey": "made", "RowKey": "card", "match": "[]"})

    stores.quarantine(runtime.storage).set_aside(client, read, "it could not be read")

    assert "[]" == client.get_entity("made", "card")["match"]
    assert [] == aside(runtime)


def test_two_instances_set_the_same_row_aside_once(runtime: Runtime) -> None:
    client = runtime.storage.table(Table.SILENCES)
    client.create_entity(
        {"PartitionKey": "made", "RowKey": "card", "at": NOW, "big": EntityProperty(2**60, "Edm.Int64")}
    )
    read = client.get_entity("made", "card")
    for _ in range(2):
        stores.quarantine(runtime.storage).set_aside(client, read, "it could not be read")

    assert 1 == len(aside(runtime))
    restore_all(stores.quarantine(runtime.storage))
    assert dict(read) == dict(client.get_entity("made", "card"))


def test_what_has_been_replaced_meanwhile_stays_aside(runtime: Runtime) -> None:
    client = runtime.storage.table(Table.SILENCES)
    client.create_entity({"PartitionKey": "made", "RowKey": "card", "match": "[7]"})
    stores.quarantine(runtime.storage).set_aside(client, client.get_entity("made", "card"), "unreadable")
    client.create_entity({"PartitionKey": "made", "RowKey": "card", "match": "[]"})

    (restoration,) = restore_all(stores.quarantine(runtime.storage))

    assert (True, "another row is in its place") == (restoration.is_kept, restoration.outcome)
    assert 1 == len(aside(runtime))


def test_a_card_whose_document_is_no_message_is_given_up_and_the_next_one_goes(runtime: Runtime) -> None:
    outbox = stores.outbox(runtime.storage)
    notice = Notice.about("lobby", "on-call", "announcement", NOW)
    outbox.add(notice, "[1, 2")
    outbox.ask(notice, NOW)

    notifying.deliver_once(json.dumps({"stream": notice.lane}), runtime)

    given_up = outbox.get(notice.key)
    assert given_up is not None
    assert (Fate.DEAD, "its document is not a message") == (given_up.fate, given_up.reason)


def test_redeliver_puts_back_what_is_set_aside(runtime: Runtime, capsys: pytest.CaptureFixture[str]) -> None:
    bad = opened(runtime, "-a")
    row = garbled(runtime, Table.INCIDENTS, {"id": bad.id, "resource": bad.resource}, {"severity": "very"})
    tracking.track_once(runtime)
    client = runtime.storage.table(Table.INCIDENTS)
    with pytest.raises(ResourceNotFoundError):
        client.get_entity(row["PartitionKey"], row["RowKey"])

    assert 0 == main(["redeliver"])

    assert "put back into incidents" in capsys.readouterr().out
    assert row == dict(client.get_entity(row["PartitionKey"], row["RowKey"]))
