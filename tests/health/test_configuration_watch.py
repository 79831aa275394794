from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from shared.cloud.storage.account import Storage
from shared.cloud.storage.context.faults import TableFaults
from shared.context.live import Gap
from shared.context.ports import Absence
from shared.context.review.judge import Fault, Review, Unjudged
from shared.context.review.rule import Urgency
from shared.health.configuration_watch import announce_new_faults

LOBBY = "/subscriptions/8f1e/resourcegroups/rt/providers/microsoft.signalrservice/webpubsub/lobby"
MORNING = datetime(2026, 3, 2, 6, tzinfo=UTC)
DAY = timedelta(days=1)
SINGLE = Fault("single-unit", Urgency.SOON, "One unit", "lobby has 1 unit.", "az webpubsub update")
WILD = Fault("wildcard-network-rule", Urgency.URGENT, "Wild", "0.0.0.0/0 is allowed.", "az resource update")
NO_ROLE = Gap(Absence.FORBIDDEN, "hubs: 403: the app lacks the action read", "Reader")


@dataclass
class Channel:
    announced: dict[str, tuple[str, str]] = field(default_factory=dict)  # by key: what is told once

    def announce(self, key: str, title: str, text: str, at: datetime, link: str | None = None) -> None:
        self.announced.setdefault(key, (title, text))


class Mornings:
    """Reviews of one resource, morning after morning, with the app's own table."""

    def __init__(self, storage: Storage) -> None:
        self.known = TableFaults(storage.table("configurationfaults"))
        self.channel = Channel()
        self.now = MORNING

    def review(self, *faults: Fault, unjudged: tuple[Unjudged, ...] = ()) -> list[str]:
        """Return the texts that were announced."""
        before = len(self.channel.announced)
        announce_new_faults(Review(LOBBY, faults, unjudged), self.known, self.channel, self.now)
        self.now += DAY
        return [text for _, text in list(self.channel.announced.values())[before:]]


def test_a_fault_is_announced_once_and_its_command_with_it(storage: Storage) -> None:
    mornings = Mornings(storage)

    assert ["Soon: lobby has 1 unit. Mend: az webpubsub update"] == mornings.review(SINGLE)
    assert [] == mornings.review(SINGLE)


def test_only_what_is_new_is_announced_the_most_urgent_first(storage: Storage) -> None:
    mornings = Mornings(storage)
    mornings.review(SINGLE)
    handler = Fault(
        "handler-key-in-clear", Urgency.URGENT, "Key", "A key.", "az", target="handler 1 of hub chat"
    )

    (text,) = mornings.review(SINGLE, handler, WILD)

    assert [
        "Urgent: A key. Mend: az",
        "Urgent: 0.0.0.0/0 is allowed. Mend: az resource update",
    ] == text.split("\n\n")


def test_what_went_and_came_back_is_new_again(storage: Storage) -> None:
    mornings = Mornings(storage)
    mornings.review(WILD)

    assert [] == mornings.review()
    assert 1 == len(mornings.review(WILD))


def test_what_could_not_be_judged_stays_as_it_was(storage: Storage) -> None:
    mornings = Mornings(storage)
    mornings.review(SINGLE)
    late = Gap(Absence.OUT_OF_TIME, "lobby: no answer in time")

    assert [] == mornings.review(unjudged=(Unjudged(("single-unit",), late),))
    assert [] == mornings.review(SINGLE)


def test_a_missing_role_is_announced_once(storage: Storage) -> None:
    mornings = Mornings(storage)
    unjudged = (Unjudged(("handler-key-in-clear",), NO_ROLE),)

    (text,) = mornings.review(unjudged=unjudged)

    assert "not judged: handler-key-in-clear: hubs: 403" in text
    assert "the role Reader would mend it" in text
    assert [] == mornings.review(unjudged=unjudged)


def test_a_missing_role_whose_refusal_names_another_request_each_day_is_announced_once(
    storage: Storage,
) -> None:
    mornings = Mornings(storage)

    texts = [
        mornings.review(unjudged=(Unjudged(("handler-key-in-clear",), refusal),))
        for refusal in (
            replace(NO_ROLE, reason="hubs: 403: Trace ID: 5f0c Timestamp: 2026-03-02"),
            replace(NO_ROLE, reason="hubs: 403: Trace ID: 9a1b Timestamp: 2026-03-03"),
        )
    ]

    assert [1, 0] == [len(text) for text in texts]


def test_a_row_that_cannot_be_read_is_left_out(storage: Storage) -> None:
    mornings = Mornings(storage)
    mornings.review(SINGLE)
    mornings.review(SINGLE, WILD)
    rows = list(storage.table("configurationfaults").query_entities("PartitionKey ne ''"))
    torn = next(row for row in rows if row["key"].startswith("wildcard"))
    storage.table("configurationfaults").upsert_entity({**torn, "since": "yesterday"})

    assert ["single-unit|"] == list(mornings.known.of(LOBBY))


def test_a_run_that_died_before_it_remembered_announces_the_same(storage: Storage) -> None:
    mornings = Mornings(storage)
    forgetful = Mornings(storage)
    forgetful.channel = mornings.channel
    mornings.review(SINGLE)
    announced = dict(mornings.channel.announced)
    storage.table("configurationfaults").delete_entity(**keys_of(storage))

    forgetful.review(SINGLE)

    assert announced == forgetful.channel.announced


def keys_of(storage: Storage) -> dict[str, str]:
    (row,) = storage.table("configurationfaults").query_entities("PartitionKey ne ''")
    return {"partition_key": row["PartitionKey"], "row_key": row["RowKey"]}
