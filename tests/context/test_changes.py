"""What changed: two sources, each operation once, and a source that is missing is one gap."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from local.arm.graph_language import check
from shared.context import ports
from shared.context.change import Change, ChangeSource, RecentChanges, Topic
from shared.context.changes import ChangeReading, graph_text, log_text, read_changes
from shared.context.history.ranking import Bearing, ranked
from shared.context.history.topics import topics_of
from shared.context.history.words import distance, in_short, top_sentence
from shared.context.ports import Absence, SourceUnavailableError
from shared.queries.logs import Failure, LogAnswer, QueryError
from shared.queries.run import Run
from shared.queries.scope import Scope, Window
from tests.context.live_sources import MemoryArm, forbidden

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
GROUP = "/subscriptions/8f1e/resourcegroups/rt"
LOBBY = f"{GROUP}/providers/microsoft.signalrservice/webpubsub/lobby"
SERVICE = "microsoft.signalrservice/webpubsub"
REQUEST = "7a6e0001-0001-4000-8000-000000000001"
OTHER = "7a6e0001-0001-4000-8000-000000000002"
SCOPE = Scope((LOBBY,), Window(NOON, NOON + timedelta(hours=1)))


@dataclass
class ActivityLog:
    """A workspace that holds some operations, or refuses to say."""

    rows: list[Mapping[str, object]] = field(default_factory=list)
    held: int = 1
    error: QueryError | None = None

    def query(self, text: str, within: timedelta) -> LogAnswer:
        if self.error:
            raise self.error
        return LogAnswer(({"Rows": json.dumps(self.rows), "Held": self.held},))


def operation(
    minute: float, name: str, run: str = REQUEST, target: str = LOBBY, **fields: object
) -> dict[str, object]:
    at = (NOON + timedelta(minutes=minute)).isoformat()
    row = {
        "Part": "resource",
        "Run": run,
        "Operation": name,
        "Target": target,
        "StartedAt": at,
        "ChangedAt": at,
    }
    return {**row, "Details": "[]", "Who": "alice@contoso.example", "Address": "203.0.113.7", **fields}


def snapshot(
    minute: float, changes: Mapping[str, tuple[object, object]], request: str = REQUEST
) -> dict[str, object]:
    bag = {path: {"previousValue": old, "newValue": new} for path, (old, new) in changes.items()}
    at = (NOON + timedelta(minutes=minute)).isoformat()
    attributes = {
        "timestamp": at,
        "correlationId": request,
        "changedBy": "bob@contoso.example",
        "operation": "",
    }
    properties = {
        "targetResourceId": LOBBY,
        "changeType": "Update",
        "changeAttributes": attributes,
        "changes": bag,
    }
    return {"id": f"{LOBBY}/providers/Microsoft.Resources/changes/1", "properties": properties}


def read(log: ActivityLog, arm: MemoryArm | None) -> ChangeReading:
    return read_changes(Run(log, SCOPE), arm.sources() if arm else None)


def test_an_operation_that_both_sources_tell_is_one_change() -> None:
    arm = MemoryArm(rows=[snapshot(5.2, {"properties.disableLocalAuth": ("false", "true")})])

    (change,) = read(ActivityLog([operation(5, f"{SERVICE}/write")]), arm).changes

    assert (ChangeSource.ACTIVITY_LOG, ChangeSource.RESOURCE_CHANGES) == change.sources
    assert ("alice@contoso.example", "203.0.113.7", (Topic.SIGN_IN,)) == (
        change.who,
        change.address,
        change.topics,
    )
    assert ("false", "true") == (change.edits[0].old, change.edits[0].new)


def test_without_an_id_the_nearest_write_is_the_same_one() -> None:
    zeros = "00000000-0000-0000-0000-000000000000"
    arm = MemoryArm(
        rows=[
            snapshot(6.4, {"tags.a": ("1", "2")}, zeros),
            snapshot(5.1, {"sku.capacity": ("2", "1")}, zeros),
        ]
    )

    later, earlier = read(ActivityLog([operation(5, f"{SERVICE}/write")]), arm).changes

    assert ((Topic.UNRELATED,), 1) == (later.topics, len(later.sources))
    assert ((Topic.SCALE,), 2) == (earlier.topics, len(earlier.sources))


def test_another_request_at_the_same_time_is_another_change() -> None:
    arm = MemoryArm(rows=[snapshot(5, {"sku.capacity": ("2", "1")}, OTHER)])

    assert 2 == len(read(ActivityLog([operation(5, f"{SERVICE}/write")]), arm).changes)


def test_a_hub_stands_in_the_activity_log_alone_and_its_code_is_redacted() -> None:
    body = {"properties": {"eventHandlers": [{"urlTemplate": "https://f.example/api?code=bm90LWEta2V5"}]}}
    details = json.dumps([json.dumps({"requestbody": json.dumps(body)})])
    log = ActivityLog([operation(5, f"{SERVICE}/hubs/write", target=f"{LOBBY}/hubs/chat", Details=details)])

    (change,) = read(log, MemoryArm(rows=[{"id": LOBBY}])).changes

    assert (Topic.HUB,) == change.topics
    assert "https://f.example/api?code=[redacted code]" == change.edits[0].new


def test_a_deployment_is_said_with_what_it_wrote_and_alone_where_it_wrote_something_else() -> None:
    deployments = f"{GROUP}/providers/microsoft.resources/deployments"
    name = "microsoft.resources/deployments/write"
    log = ActivityLog(
        [
            operation(5, f"{SERVICE}/write"),
            operation(6, name, target=f"{deployments}/release", Part="deployment"),
            operation(7, name, OTHER, f"{deployments}/elsewhere", Part="deployment"),
        ]
    )

    alone, write = read(log, None).changes

    assert ((ChangeSource.DEPLOYMENT,), f"{deployments}/elsewhere") == (alone.sources, alone.resource)
    assert ChangeSource.DEPLOYMENT in write.sources


GAPS = [
    pytest.param(
        ActivityLog(error=QueryError(Failure.PERMISSION, "403")), MemoryArm(rows=[snapshot(5, {"tags.a": (1, 2)})]),
        Absence.FORBIDDEN, "Log Analytics Reader", 1, id="no right to the workspace",
    ),
    pytest.param(ActivityLog(held=0), MemoryArm(rows=[{"id": LOBBY}]), Absence.NOT_FOUND, None, 0, id="no Activity Log"),
    pytest.param(
        ActivityLog([operation(5, f"{SERVICE}/restart/action")]), MemoryArm(), Absence.FORBIDDEN, "Reader", 1,
        id="a subscription that shows no rows and no error",
    ),
    pytest.param(
        ActivityLog([operation(5, f"{SERVICE}/restart/action")]), MemoryArm(refuses={"8f1e": forbidden()}),
        Absence.FORBIDDEN, "Reader", 1, id="no right to Resource Graph",
    ),
    pytest.param(
        ActivityLog([operation(5, f"{SERVICE}/restart/action")]),
        MemoryArm(refuses={"8f1e": SourceUnavailableError("Resource Graph: no answer")}),
        Absence.UNREACHABLE, None, 1, id="Resource Graph is not reachable",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("log", "arm", "absence", "role", "changes"), GAPS)
def test_a_source_that_is_missing_is_one_gap_and_the_other_is_read(
    log: ActivityLog, arm: MemoryArm, absence: Absence, role: str | None, changes: int
) -> None:
    reading = read(log, arm)

    assert [(absence, role)] == [(gap.absence, gap.role) for gap in reading.gaps]
    assert changes == len(reading.changes)


def test_the_ports_have_no_write() -> None:
    """What was read is written back nowhere, because there is nothing to write with."""
    asked = {
        port: {name for name in vars(port) if not name.startswith("_")}
        for port in (ports.ResourceGraph, ports.ResourceReader, ports.ResourceHealth, ports.HostNames)
    }

    assert [{"query"}, {"get", "children"}, {"current"}, {"addresses"}] == list(asked.values())


def test_reading_asks_resource_graph_and_nothing_else() -> None:
    arm = MemoryArm(rows=[snapshot(5, {"sku.capacity": ("2", "1")})])

    read(ActivityLog(), arm)

    assert 1 == len(arm.asked)
    assert arm.asked[0].startswith("resourcechanges\n")


def test_the_query_of_resource_graph_uses_what_it_documents() -> None:
    check(graph_text(Run(ActivityLog(), SCOPE)))


def test_a_quote_in_a_group_ends_no_string() -> None:
    assert r"rt\'s/providers/microsoft.resources/deployments/'" in log_text(LOBBY.replace("/rt/", "/rt's/"))


TOPICS = [
    (f"{SERVICE}/regeneratekey/action", (), Topic.KEYS),
    (f"{SERVICE}/restart/action", (), Topic.RESTART),
    (f"{SERVICE}/hubs/write", ("properties.eventHandlers[0].urlTemplate",), Topic.HUB),
    (f"{SERVICE}/write", ("sku.capacity",), Topic.SCALE),
    (f"{SERVICE}/write", ("tags.owner", "properties.networkACLs.defaultAction"), Topic.NETWORK),
    (f"{SERVICE}/write", ("tags.owner",), Topic.UNRELATED),
    (f"{SERVICE}/write", ("properties.somethingNew",), Topic.SERVICE),
    (f"{SERVICE}/write", (), Topic.SERVICE),
    ("microsoft.resources/tags/write", (), Topic.UNRELATED),
    ("microsoft.authorization/locks/write", (), Topic.UNRELATED),
    ("microsoft.web/sites/restart/action", (), Topic.HOST),
]


@pytest.mark.parametrize(("name", "paths", "topic"), TOPICS)
def test_tells_what_a_change_touches(name: str, paths: tuple[str, ...], topic: Topic) -> None:
    assert (topic,) == topics_of(name, paths)


def change(minute: float, topic: Topic, what: str = f"{SERVICE}/write") -> Change:
    at = NOON + timedelta(minutes=minute)
    return Change(at, LOBBY, what, (ChangeSource.ACTIVITY_LOG,), topics=(topic,))


def recent(*changes: Change) -> RecentChanges:
    return ranked(
        changes, (), NOON, {Topic.KEYS: Bearing(1.0, "access-key-rotated"), Topic.SCALE: Bearing(0.3, "q")}
    )


def test_a_relevant_change_of_hours_ago_goes_before_a_tag_of_a_minute_ago() -> None:
    keys, tag = change(-300, Topic.KEYS), change(-1, Topic.UNRELATED)

    assert [Topic.KEYS, Topic.UNRELATED] == [one.topics[0] for one in recent(tag, keys).changes]


def test_of_two_alike_the_nearer_goes_first() -> None:
    assert [-12, -90] == [
        (one.at - NOON) / timedelta(minutes=1)
        for one in recent(change(-90, Topic.KEYS), change(-12, Topic.KEYS)).changes
    ]


def test_what_came_after_the_onset_did_not_bring_it_about() -> None:
    later = recent(change(10, Topic.KEYS))

    assert ((), True) == (later.pointed_out("access-key-rotated"), later.bears_nothing)
    assert "10 minutes after it began" == distance(later.changes[0], later)


def test_a_tag_alone_is_nothing_to_ask_about() -> None:
    tag = recent(change(-1, Topic.UNRELATED))

    assert ((), True) == (tag.pointed_out("access-key-rotated"), tag.bears_nothing)


def test_a_key_of_ten_hours_before_is_asked_about_where_it_is_the_cause() -> None:
    listed = recent(change(-600, Topic.KEYS), change(-2, Topic.SCALE))
    pointed_out = listed.pointed_out("access-key-rotated")

    assert [Topic.KEYS, Topic.SCALE] == [one.topics[0] for one in pointed_out]
    assert [Topic.SCALE] == [one.topics[0] for one in listed.pointed_out("token-expired")]


@pytest.mark.parametrize(
    ("listed", "bears_nothing"),
    [
        (recent(), True),
        (recent(change(-600, Topic.KEYS)), False),
        (recent(change(-1, Topic.UNRELATED), change(2.5, Topic.KEYS)), True),
        (replace(recent(change(2.5, Topic.KEYS)), is_onset=False), False),  # within a window without an onset
        (replace(recent(change(-1, Topic.UNRELATED)), left_out=1), False),
    ],
)
def test_nothing_bears_only_where_all_is_unrelated_or_later(
    listed: RecentChanges, bears_nothing: bool
) -> None:
    assert bears_nothing == listed.bears_nothing


def test_says_what_and_when_and_never_that_it_is_the_cause() -> None:
    listed = recent(change(-12, Topic.KEYS, f"{SERVICE}/regeneratekey/action"))

    assert (
        "webpubsub/regeneratekey/action on lobby, 12 minutes before it began; of the kind behind: A key was rotated."
    ) == top_sentence(listed.changes[0], listed, "token-expired", {"access-key-rotated": "A key was rotated"})


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        (f"{SERVICE}/regeneratekey/action", "access key regenerated"),
        (f"{SERVICE}/restart/action", "restarted"),
        (f"{SERVICE}/purge/action", "purge"),
    ],
)
def test_beside_a_mark_a_change_is_what_was_done(operation: str, words: str) -> None:
    assert words == in_short(change(-12, Topic.KEYS, operation))
