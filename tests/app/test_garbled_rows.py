"""Whatever is wrong with one property of one row of any table, every timer ends well and everything else is served."""

import copy
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

from azure.data.tables import EdmType, EntityProperty, UpdateMode

from shared.app import notifying, stores, tracking, watching
from shared.app.alerts import reconciling
from shared.app.context import declaring, discovering, reviewing
from shared.app.names import Table
from shared.app.runtime import Runtime
from shared.cloud.storage.account import Storage
from shared.configuration.resources import FoundLine, Selection
from shared.context.discoveries import Discovery, KnownNeeds
from shared.context.event import DeclaredKind, ServiceHealthEvent
from shared.events.answer import EventAnswer
from shared.events.cloud_event import EventKind
from shared.events.repeats import EventRow, EventState
from shared.health.configuration_watch import FaultState
from shared.health.deadletters import DeadLetter
from shared.health.sources import Source, SourceState
from shared.incidents.lifecycle import states
from shared.incidents.store import Claim
from shared.notices.delivery.rate import RateWindow
from shared.notices.notice import Notice, lane_key
from shared.notices.routing.group import REGION, GroupScope
from shared.notices.routing.ruling import group_card
from shared.notices.routing.shared_card import HeldMilestone, SharedCard, SharedCardKind
from shared.notices.routing.silence import card_silence
from shared.objectives.breach import Breach
from shared.objectives.learned import LearnedNormal
from shared.objectives.sequential.normal import Normal
from shared.settings import Settings
from shared.signals.counts import Count
from shared.signals.tries import LineTry
from shared.tokens.client_rates import ProcessRate
from tests import drawn
from tests.context.live_sources import MemoryArm
from tests.incidents.fake_rooms import REFUSED, FakeMetrics, Floor, FloorLogs
from tests.simulation.storage.memory import MemoryAccount, MemoryTransport, memory_storage

NOW = datetime(2026, 3, 2, 12, 7, tzinfo=UTC)
DAY = timedelta(days=1)
WORKSPACE = "1a2b3c4d-0003-4000-8000-00000000c003"
GROUP = (
    "/subscriptions/8f1e2d3c-0001-4000-8000-00000000a001/resourcegroups/trading"
    "/providers/microsoft.signalrservice/webpubsub/"
)
LOBBIES = ("lobby", "foyer")
FAILURES, DROPS = "web-pubsub-connection-failures", "web-pubsub-connection-drops"
FILES = {
    "resources": "resources:\n- discover: {tag: watched}\n"
    + "".join(f"- {GROUP}{name}\n" for name in LOBBIES),
    "receivers": "receivers: [{name: on-call, webhook: TEAMS_ON_CALL_URL}]",
}
# What a property may hold that another version, a person or a broken disk wrote.
GARBAGE: Mapping[str, Any] = MappingProxyType(
    {
        "nothing": None,
        "an empty text": "",
        "a word": "hibernating",
        "a number": -7,
        "a fraction": 0.5,
        "no number": float("nan"),
        "a large number": EntityProperty(2**60, EdmType.INT64),
        "a truth value": True,
        "bytes": b"\x00\xff",
        "a moment": NOW,
        "a moment as text": "2026-03-02T12:00:00.000000Z",
        "a moment without a zone": "2026-03-02T12:00:00",
        "the last moment": "9999-12-31T23:59:59.999999Z",
        "the first moment": "0001-01-01T00:00:00.000000Z",
        "an empty list": "[]",
        "a list of another kind": '[{"a": 1}, 7, null]',
        "an empty mapping": "{}",
        "a mapping of another kind": '{"a": {"b": [1]}}',
        "null": "null",
        "cut JSON": '[["2026-03-02T12:0',
        "nested JSON": "[" * 5_000,
        "markup": "<at>all</at> {{DATE(2026-03-02T12:00:00Z)}} [a](b)",
    }
)
TIMERS: Mapping[str, Callable[[Runtime], object]] = MappingProxyType(
    {
        "watch_connectivity": watching.watch_once,
        "track_incidents": tracking.track_once,
        "send_due_notices": notifying.send_due_once,
        "watch_service_health": declaring.watch_service_health_once,
        "discover_resources": discovering.discover_once,
        "review_configuration": reviewing.review_once,
        "find_missed_alerts": reconciling.find_missed_once,
        "set_alert_states": reconciling.set_states_once,
    }
)


@dataclass
class Hand:
    moment: datetime = NOW

    def now(self) -> datetime:
        return self.moment


def breach(name: str, symptom: str, last_bad: datetime) -> Breach:
    return Breach(
        resource=GROUP + name,
        signal=REFUSED if symptom == FAILURES else "aborts",
        symptom=symptom,
        rule="burn 14.4 over 1 h and 5 min",
        onset=last_bad - timedelta(minutes=5),
        last_bad=last_bad,
        bad=143,
        total=2010,
        peak_ratio=0.31,
        reasons={"401": 143.0},
    )


def fill(storage: Storage, names: Iterable[str] = LOBBIES) -> None:
    """Put something into every table for each of these lobbies, and what belongs to none."""
    incidents, quarter = stores.incidents(storage), NOW - timedelta(minutes=7)
    for name in names:
        resource = GROUP + name
        new = incidents.create(states.opened(breach(name, FAILURES, quarter), 2, quarter, None), None)
        old = states.opened(breach(name, DROPS, NOW - 2 * DAY), 2, NOW - 2 * DAY, None)
        incidents.create(
            replace(old, unnotified=(), azure_alert=f"{resource}/alert", next_diagnosis_at=None), None
        )
        notice = Notice.about(name, "on-call", "announcement", NOW - DAY)
        stores.outbox(storage).add(notice, json.dumps({"attachments": [{"content": {"body": []}}]}))
        stores.lanes(storage).touch(notice.lane, "on-call", NOW - DAY)
        stores.silences(storage, ()).add(
            card_silence(f"{name}.other.1", "Ada", quarter, reason=f"{name} is painted")
        )
        group = stores.groups(storage).join(GroupScope(REGION, f"region of {name}"), new.id, quarter)
        stores.shared_cards(storage).open(group_card(group, "on-call"))
        silence = SharedCard(SharedCardKind.DIGEST, name, "on-call", "painted", quarter, quarter)
        stores.shared_cards(storage).hold(silence, HeldMilestone(new.id, 1, "opened", quarter))
        stores.counts(storage).replace(
            [Count(resource, REFUSED, quarter.replace(minute=0), 3, 200, quarter, {"401": 3})]
        )
        stores.regions(storage).learn(resource, "westeurope")
        known = Normal(quarter, NOW - 20 * DAY, share=0.001, dispersion=0.5)
        stores.normals(storage).keep([LearnedNormal(resource, "handshakes", known)])
        stores.sources(storage).save(
            {Source(WORKSPACE, "WebPubSubConnectivity", resource): SourceState(quarter)}
        )
        stores.faults(storage).save(
            resource, [FaultState("plain-text", is_present=True, turns=1, since=quarter)]
        )
        stores.tries(storage).keep(LineTry(resource, "chat", quarter, {"negotiate": 12}))
        stores.declared_events(storage).keep([declared(name)], quarter)
        stores.discoveries(lambda: storage).keep_needs(resource, KnownNeeds((), quarter))
        stores.events(storage).keep(received(resource))
        stores.alerts(storage).claim(f"{name}-guid", Claim(f"{name}-occurrence"))
        stores.alerts(storage).fired(f"{name}-place", f"{name}-occurrence", quarter)
        stores.dead_letters(storage).put(DeadLetter("work", name, "the message is not JSON", quarter))
        stores.client_rates(lambda: storage).exchange(name, ProcessRate(f"{name}-process", 3.5, quarter))
    stores.discoveries(lambda: storage).keep_found(
        Selection("watched", "", "resources.yaml:1"), Discovery((FoundLine(f"{GROUP}found"),), quarter)
    )
    garbled = stores.quarantine(storage)
    garbled.note("track_incidents", {"an incident that cannot be handled": "of another version"})
    garbled.mark_told(garbled.all(), quarter)
    stores.watermarks(storage).advance(WORKSPACE, quarter)
    stores.watermarks(storage).advance("metrics", quarter)
    stores.watermarks(storage).advance("missed alerts", quarter)
    stores.rates(storage).save("on-call", RateWindow((quarter,)))


def declared(name: str) -> ServiceHealthEvent:
    tomorrow = NOW + DAY / 2
    return ServiceHealthEvent(
        f"VN1K-{name}",
        DeclaredKind.PLANNED,
        "Maintenance",
        (),
        tomorrow,
        tomorrow + DAY / 8,
        impacted=(GROUP + name,),
    )


def received(resource: str) -> EventRow:
    return EventRow(
        resource,
        "chat",
        NOW - timedelta(minutes=6),
        f"0{resource[-5:]}",
        EventKind.CONNECT,
        EventState.DONE,
        EventAnswer(204),
    )


@cache
def filled(names: tuple[str, ...] = LOBBIES) -> MemoryAccount:
    """Return the account as it is before anything is garbled."""
    account = MemoryAccount(Hand().now)
    fill(memory_storage(MemoryTransport(account)), names)
    return account


@dataclass(frozen=True)
class Place:
    """One property of one row; the lobby to which the row belongs, or none."""

    table: str
    key: tuple[str, str]
    name: str
    owner: str | None

    def __str__(self) -> str:
        return f"{self.name} of {self.table} {self.key[1]}"


def places() -> list[Place]:
    """Return every property of every row."""
    of_one = {name: filled((name,)).tables.rows for name in LOBBIES}
    found = []
    for table, rows in filled().tables.rows.items():
        for key, row in rows.items():
            owners = [name for name in LOBBIES if key in of_one[name][table]]
            owner = owners[0] if len(owners) == 1 else None
            names = {name.partition("@")[0] for name in row.properties} - {
                "PartitionKey",
                "RowKey",
                "Timestamp",
            }
            found += [Place(table, key, name, owner) for name in sorted(names)]
    return found


def garble(storage: Storage, place: Place, value: Any) -> None:
    client = storage.table(place.table)
    row = client.get_entity(*place.key)
    row.pop(place.name)
    if value is not None:
        row[place.name] = value
    client.update_entity(row, mode=UpdateMode.REPLACE)


def runtime_of(account: MemoryAccount, folder: Path) -> Runtime:
    """Return the app on an account in memory; what it asks of Azure is in memory, too."""
    for name, text in FILES.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    values = {"CONFIG_FOLDER": str(folder), "LOGS_WORKSPACE": WORKSPACE, "SET_ALERT_STATES": "true"}
    runtime = Runtime(Settings.from_environment(values), Hand())
    storage = memory_storage(MemoryTransport(account))
    vars(runtime).update(
        storage=storage,
        fast_storage=storage,
        metrics=FakeMetrics(),
        context=MemoryArm().sources(),
        _logs=lambda *workspaces: FloorLogs(Floor(), workspaces),
    )
    return runtime


def served(runtime: Runtime, name: str) -> dict[str, Any]:
    """Return what a lobby got: its incidents' states, what was told of them, and the lanes that were asked for."""
    outbox = stores.outbox(runtime.storage)
    incidents = {
        symptom: stores.incidents(runtime.storage).current(GROUP + name, symptom)
        for symptom in (FAILURES, DROPS)
    }
    messages = [message.content for message in runtime.storage.queue("notices").peek_messages(32)]
    lane = Notice.about(name, "on-call", "announcement", NOW).lane
    return {
        "states": {symptom: incident and str(incident.state) for symptom, incident in incidents.items()},
        "told": {
            symptom: [notice.milestone for notice in outbox.of(lane_key(incident.id, "on-call"))]
            if incident
            else None
            for symptom, incident in incidents.items()
        },
        "asked for": any(lane in message for message in messages),
    }


@cache
def expected() -> Mapping[str, dict[str, Any]]:
    """Return what each lobby gets where nothing is garbled."""
    with TemporaryDirectory() as folder:
        runtime = runtime_of(copy.deepcopy(filled()), Path(folder))
        for timer in TIMERS.values():
            timer(runtime)
        assert [] == [entry for entry in stores.quarantine(runtime.storage).all() if not entry.is_in_place]
        return {name: served(runtime, name) for name in LOBBIES}


def test_every_table_has_rows_that_can_be_garbled() -> None:
    # No timer reads the identities of Communication Services, nor reports of readiness; decisions are made meanwhile.
    unread = {Table.ACS_IDENTITIES, Table.READINESS, Table.DECISIONS}
    assert set(Table) - unread == {place.table for place in places()}


def test_every_lobby_is_served_where_nothing_is_garbled() -> None:
    for lobby in expected().values():
        assert {FAILURES: ["opened"], DROPS: ["resolved"]} == lobby["told"]
        assert lobby["asked for"]


# Each takes a second: `make thorough` draws of them, too.
MATRIX = Random(drawn.SEED).sample([(place, garbage) for place in places() for garbage in GARBAGE], 300)


@drawn.both
def test_one_garbled_property_stops_only_itself(tmp_path: Path) -> None:
    for place, garbage in drawn.items("garbled rows", MATRIX, 6):
        account = copy.deepcopy(filled())
        runtime = runtime_of(account, tmp_path)
        garble(runtime.storage, place, GARBAGE[garbage])

        for timer in TIMERS.values():
            timer(runtime)

        for name in LOBBIES:
            if name != place.owner:
                assert expected()[name] == served(runtime, name), f"{name} beside {garbage} in {place}"
