"""What must hold after every step, whatever happens; and at the end, when nothing goes wrong any more."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from shared.app.names import ALERT_QUEUES, Table
from shared.cloud.storage.incidents.rows import incident_of
from shared.incidents.alerted import place_of
from shared.incidents.incident import Milestone, State
from shared.incidents.lifecycle.graph import GRAPH
from shared.notices.answers.pages import HtmlPage
from shared.notices.delivery.lane import CLAIM
from shared.objectives.breach import ALERT
from shared.signals.keep import decode_count
from tests.simulation.chance import Decision
from tests.simulation.channel import REPEAT, Card
from tests.simulation.host import WORKSPACE, World
from tests.simulation.mischief import BYSTANDER
from tests.simulation.network import HostClock
from tests.simulation.people import Visit
from tests.simulation.story import LOBBY, SYMPTOM, Posting, parsed
from tests.simulation.tasks import Task

Row = Mapping[str, Any]
Key = tuple[str, str]
_SETTLED = {"delivered", "merged", "dead"}


class LawBrokenError(BaseException):
    """What must hold does not; no `except Exception` of the product takes it for a failure of its own."""


@dataclass
class Laws:
    """Hears of every change, and raises where it breaks a law."""

    world: World
    accepted: dict[str, Posting] = field(default_factory=dict)  # answered 202
    told: dict[tuple[object, ...], str] = field(default_factory=dict)  # shown unmarked, to the task that did
    heard: set[tuple[object, ...]] = field(default_factory=set)  # shown, marked or not
    posted: set[Key] = field(default_factory=set)  # notices that a post was begun for
    asked: set[Key] = field(default_factory=set)  # notices whose lane was opened, or touched, for them
    answered: set[tuple[str, str, int]] = field(default_factory=set)  # what people did, stored
    redelivers: bool = False

    def row_changed(self, table: str, key: Key, before: Row | None, after: Row | None) -> None:
        """Judge a change of a row."""
        judges = {
            Table.INCIDENTS: self._incident,
            Table.NOTICES: self._notice,
            Table.LANES: self._lane,
            Table.ALERTS: self._alert,
            Table.WATERMARKS: self._watermark,
            Table.COUNTS: self._counts,
        }
        judge = judges.get(table)  # type: ignore[call-overload]
        if judge is not None and not _is_bystander(key):
            judge(key, before, after)

    def blob_changed(self, container: str, name: str) -> None:
        """Note a blob that was written."""

    def queue_changed(self, queue: str) -> None:
        """Judge a change of a queue."""
        if queue.startswith(ALERT_QUEUES):
            self._check_accepted()

    def alert_accepted(self, posting: Posting) -> None:
        """Note an alert that was answered 202."""
        self.accepted[posting.key] = posting
        self._check_accepted()

    # Incidents.

    def _incident(self, key: Key, before: Row | None, after: Row | None) -> None:
        if not key[1].startswith("incident~"):
            self._slot(key, before, after)
            return
        _demand(after is not None, f"incident {key} is deleted")
        if before is None or after is None:
            return
        _demand(
            after["revision"] > before["revision"],
            f"incident {key[1]}: revision {before['revision']} is followed by {after['revision']}",
        )
        old, new = State(before["state"]), State(after["state"])
        _demand(old is new or new in GRAPH[old], f"incident {key[1]}: {old} is followed by {new}")
        self._note_answers(before, after)
        was = {tuple(pair) for pair in json.loads(before.get("untold") or "[]")}
        owed = {tuple(pair) for pair in json.loads(after.get("untold") or "[]")}
        is_open_again = bool(before.get("ended_by")) and new is not State.RESOLVED
        for revision, milestone in was - owed:
            if is_open_again and milestone == Milestone.RESOLVED:
                continue  # it never ended for people
            self._check_told(str(after["id"]), revision, milestone)

    # People.

    def _note_answers(self, before: Row, after: Row) -> None:
        """Note what people have done to an occurrence; what they did is not forgotten."""
        occurrence = str(after["id"]), int(after.get("reopened", 0))
        if after.get("acknowledgement"):
            self.answered.add(("acknowledge", *occurrence))
        elif before.get("acknowledgement"):
            _demand(
                after.get("reopened", 0) != before.get("reopened", 0),
                f"the acknowledgement of {occurrence} is lost",
            )
        if after["state"] == State.RESOLVED and after.get("ended_by"):
            self.answered.add(("resolve", *occurrence))
        if after.get("silence"):
            self.answered.add(("silence", *occurrence))

    def person_answered(self, visit: Visit, page: HtmlPage) -> None:
        """Make sure that what a person was told is done is stored."""
        if not visit.is_done(page):
            return
        what = (visit.action, *visit.occurrence)
        _demand(what in self.answered, f"{visit.who} was told that {what} is done, and it is not stored")
        silences = {
            row.properties["incident"]
            for row in self._rows(Table.SILENCES).values()
            if "incident" in row.properties
        }
        _demand(
            visit.action != "silence" or what[1] in silences,
            f"{visit.who} silenced {what}, and no silence is stored",
        )

    def _check_told(self, incident: str, revision: int, milestone: str) -> None:
        """Make sure that what is noted as told has a notice, and that one which waits is in a lane that somebody looks at."""
        told = f"incident {incident}: {milestone} of revision {revision} is noted as told"
        notices = [
            row.properties
            for row in self._rows(Table.NOTICES).values()
            if row.properties.get("incident") == incident
            and (row.properties["revision"], row.properties["speaks"]) == (revision, milestone)
        ]
        _demand(bool(notices), f"{told}, and has no notice")
        lanes = self._rows(Table.LANES)
        for notice in notices:
            waits = notice["state"] == "pending"
            lane = notice["PartitionKey"]
            _demand(
                not waits or ("pending", lane) in lanes,
                f"{told}, and waits in lane {lane}, which is forgotten",
            )

    def _slot(self, key: Key, before: Row | None, after: Row | None) -> None:
        _demand(after is not None, f"slot {key} is deleted")
        if before is not None and after is not None:
            _demand(after["number"] >= before["number"], f"slot {key}: an older incident is the current one")

    # Notices.

    def _notice(self, key: Key, before: Row | None, after: Row | None) -> None:
        _demand(after is not None, f"notice {key} is deleted")
        if after is None:
            return
        old, new = before and before["state"], after["state"]
        if old in _SETTLED and new != old and not self.redelivers:
            raise LawBrokenError(f"notice {key}: {old} is followed by {new}")
        if new == "delivered" and old != "delivered":
            _demand(key in self.posted, f"notice {key} is delivered, and was never posted")

    def post_begun(self, task: Task, text: str) -> list[Row]:
        """Return the notices that a card is about to tell; it must have some."""
        lane = str(task.notes.get("lane", ""))
        rows = [row.properties for key, row in sorted(self._rows(Table.NOTICES).items()) if key[0] == lane]
        pending = [row for row in rows if row["state"] == "pending"]
        if not pending and REPEAT in text:  # another instance was on its way with it, and is back
            sending = self._rows(Table.LANES)["pending", lane].properties.get("sending")
            pending = [row for row in rows if row["RowKey"] == sending]
        _demand(bool(pending), f"{task.name} posts a card that no row of the outbox has: {text[:200]}")
        return pending if "Sent late, for" in text else pending[:1]

    def card_shown(self, task: Task, card: Card, notices: list[Row]) -> None:
        """Judge a card that people see from now on."""
        lane = str(task.notes.get("lane", ""))
        row = self._rows(Table.LANES).get(("pending", lane))
        if card.is_on_time:
            self._check_claim(task, lane, row.properties if row else {})
        for notice in notices:
            self.posted.add((lane, notice["RowKey"]))
            self._tell(task, notice, card)

    def _check_claim(self, task: Task, lane: str, row: Row) -> None:
        claim = task.notes.get("claim")
        stalled = self.world.time.now() - _moment(task.notes["noted_at"]) >= CLAIM
        if not stalled and not self._clocks_differ():
            holds = row.get("claim") == claim
            _demand(
                holds, f"{task.name} posts of lane {lane}, which {row.get('claim')} has claimed meanwhile"
            )
            ends = datetime.fromisoformat(str(row.get("claimed_until")))
            _demand(
                ends > self.world.time.now(), f"{task.name} posts of lane {lane} after its claim has ended"
            )

    def _tell(self, task: Task, notice: Row, card: Card) -> None:
        subject = (
            (notice["incident"], notice["revision"]) if notice.get("incident") else (notice["PartitionKey"],)
        )
        what = (*subject, notice["speaks"], notice["receiver"])
        self.heard.add(what)
        if card.is_marked:
            return
        _demand(
            what not in self.told,
            f"{task.name} tells {what} a second time without a mark, as {self.told.get(what)} did",
        )
        self.told[what] = task.name

    # Lanes.

    def _lane(self, key: Key, before: Row | None, after: Row | None) -> None:
        lane = key[1]
        waiting = {
            place
            for place, notice in self._rows(Table.NOTICES).items()
            if place[0] == lane and notice.properties["state"] == "pending"
        }
        if after is None:
            forgotten = sorted(waiting & self.asked)
            _demand(not forgotten, f"lane {lane} is forgotten, and {forgotten} wait in it")
            return
        if before is None or before.get("touched") != after.get("touched"):
            self.asked |= waiting
        old, new = (before or {}).get("claim", ""), after.get("claim", "")
        task = self._task()
        if task is None:
            return
        if new and new != old:
            task.notes |= {"claim": new, "lane": lane, "noted_at": self.world.time.now()}
            if old:
                ended = datetime.fromisoformat(str(before["claimed_until"])) if before else None
                now = HostClock(self.world.time, task.host).now()
                _demand(
                    ended is None or ended <= now or self._clocks_differ(),
                    f"{task.name} claims lane {lane}, which {old} has claimed until {ended}",
                )
        if new and after.get("sending") and (before or {}).get("sending") != after["sending"]:
            task.notes["noted_at"] = task.notes.get("clock_read_at", self.world.time.now())

    # Alerts.

    def _alert(self, key: Key, before: Row | None, after: Row | None) -> None:
        for flag in ("fired", "resolved"):
            was, now = bool((before or {}).get(flag)), bool((after or {}).get(flag))
            _demand(now or not was, f"alert {key} was noted as {flag}, and is not any more")
        self._check_accepted()

    def _check_accepted(self) -> None:
        for key, posting in self.accepted.items():
            if not (self._is_waiting(key) or self._is_taken(posting) or self._is_set_aside(key)):
                raise LawBrokenError(f"{posting.name} was accepted, and is nowhere")

    def _is_waiting(self, key: str) -> bool:
        queues = self.world.account.queues.messages
        names = [name for queue in ALERT_QUEUES for name in (queue, f"{queue}-poison")]
        return any(key in message.text for name in names for message in queues.get(name, ()))

    def _is_taken(self, posting: Posting) -> bool:
        """Tell whether its row says so, and that is true: its incident or its announcement is there."""
        alert = parsed(posting.body)
        place = place_of(LOBBY, SYMPTOM) if posting.fits else f"unfit.{alert.id[:2]}"
        row = self._rows(Table.ALERTS).get((place, alert.id))
        return row is not None and bool(row.properties.get("fired" if posting.is_fired else "resolved"))

    def _is_set_aside(self, key: str) -> bool:
        rows = (*self._rows(Table.DEAD_LETTERS).values(), *self._rows(Table.QUARANTINE).values())
        return any(key in str(row.properties) for row in rows)

    # Counts and marks.

    def _watermark(self, key: Key, before: Row | None, after: Row | None) -> None:
        _demand(after is not None, f"mark {key} is deleted")
        if after is None:
            return
        until = datetime.fromisoformat(after["until"])
        since = (
            datetime.fromisoformat(before["until"]) if before else datetime.min.replace(tzinfo=until.tzinfo)
        )
        _demand(until >= since, f"mark {key[1]}: {since} is followed by {until}")
        if key[1] == WORKSPACE:
            for moment in self._uncounted(since, until):
                raise LawBrokenError(f"mark {key[1]} is {until}, and {moment} is not counted")

    def _uncounted(self, since: datetime, until: datetime) -> Iterator[datetime]:
        counted = set(self._buckets())
        for _, moment in self.world.story.floor.events:
            if since < moment + timedelta(minutes=5) <= until and moment not in counted:
                yield moment

    def _buckets(self) -> Iterator[datetime]:
        for row in self._rows(Table.COUNTS).values():
            hour = datetime.strptime(row.properties["RowKey"].partition("~")[0] + "+0000", "%Y-%m-%dT%H%z")
            for minute in range(0, 60, 5):
                if f"m{minute:02}" in row.properties:
                    yield hour + timedelta(minutes=minute)

    def _counts(self, key: Key, before: Row | None, after: Row | None) -> None:
        if before is None or after is None:
            return
        hour = datetime.strptime(key[1].partition("~")[0] + "+0000", "%Y-%m-%dT%H%z")
        for name, text in before.items():
            if not (name.startswith("m") and name[1:].isdecimal()):
                continue
            _demand(name in after, f"counts {key[1]}: {name} is gone")
            was, now = (decode_count("", "", hour, row[name]) for row in ({name: text}, after))
            _demand(
                now.as_of >= was.as_of, f"counts {key[1]}: {name} of {was.as_of} is followed by {now.as_of}"
            )

    # At the end.

    def unsettled(self) -> list[str]:
        """Return what is not as it must be in the end: everything accepted is told and closed."""
        return list(self._unsettled())

    def _unsettled(self) -> Iterator[str]:
        for key, incident in self._rows(Table.INCIDENTS).items():
            row = key[1]
            if row.startswith("incident~") and not _is_bystander(key):
                latest = incident_of(incident.properties, "")
                if latest.is_live:
                    yield f"{row} is {latest.state} and owes {latest.unnotified}"
        for key, notice in self._rows(Table.NOTICES).items():
            if notice.properties["state"] == "pending":
                yield f"notice {key} waits"
        yield from (f"lane {key[1]} is open" for key in self._rows(Table.LANES) if not _is_bystander(key))
        for name, messages in self.world.account.queues.messages.items():
            yield from (f"a message of {name} waits: {message.text}" for message in messages)
        for key, posting in self.accepted.items():
            places = (self._is_waiting(key), self._is_taken(posting), self._is_set_aside(key))
            if places != (False, True, False):
                yield f"{posting.name} is in {places} of inbox, incident and quarantine"
            if posting.is_fired:
                yield from self._untold(posting)

    def _untold(self, posting: Posting) -> Iterator[str]:
        """Say that an alert fired of which nobody was told."""
        if posting.fits:
            signal = ALERT + str(json.loads(posting.body)["data"]["essentials"]["alertRule"])
            incidents = [
                incident_of(row.properties, "")
                for key, row in self._rows(Table.INCIDENTS).items()
                if key[1].startswith("incident~") and not _is_bystander(key)
            ]
            knows = any(signal in incident.signals or incident.reopened for incident in incidents)
            if not knows and not self._is_end_told(posting):
                yield f"no incident knows of {posting.name}"
        wanted = "opened" if posting.fits else "announcement"
        if not any(wanted in str(what) or "reopened" in str(what) for what in self.heard):
            yield f"nobody was told of {posting.name}"

    def _is_end_told(self, posting: Posting) -> bool:
        """Tell whether people heard that an alert ended, of which nobody knew by then that it had fired.

        A Fired that was a dead letter until after its Resolved begins no incident.
        """
        stem = posting.key.rpartition(".")[0]
        ended = any(
            key.rpartition(".")[0] == stem and not other.is_fired for key, other in self.accepted.items()
        )
        return ended and any("announcement" in str(what) for what in self.heard)

    def _rows(self, table: str) -> dict[Key, Any]:
        return self.world.account.tables.rows.get(table, {})

    def _clocks_differ(self) -> bool:
        return any(Decision.CLOCK in made for made in self.world.network.chance.made)

    def _task(self) -> Task | None:
        return self.world.network.acting


def _is_bystander(key: Key) -> bool:
    return key[0] == BYSTANDER or key[1].startswith(BYSTANDER)


def _demand(holds: object, otherwise: str) -> None:
    if not holds:
        raise LawBrokenError(otherwise)


def _moment(value: object) -> datetime:
    assert isinstance(value, datetime)
    return value
