"""Faults that are planted in the product for a while: each is one that a person could make, and a seed must find it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from azure.data.tables import UpdateMode

from shared.app.pages import answering
from shared.app.runtime import Runtime
from shared.cloud.storage.alerts import alerts as stored_alerts
from shared.cloud.storage.incidents import incidents as stored_incidents
from shared.cloud.storage.notices import lanes as stored_lanes
from shared.cloud.storage.notices import outbox as stored_outbox
from shared.cloud.storage.watermarks import TableWatermarks
from shared.cloud.teams import post
from shared.incidents import closing, diagnose, track, watch
from shared.incidents import open as opening
from shared.incidents.incident import Incident
from shared.incidents.lifecycle.states import notified
from shared.incidents.ports import Casework, SignalSources
from shared.notices.answers.respond import AnswerPorts
from shared.notices.delivery.lane import CLAIM, Lane
from shared.notices.notice import Fate, Notice
from shared.races import LostRaceError
from shared.signals.counts import Count, Counts
from tests.simulation.channel import ADDRESS
from tests.simulation.host import WORKSPACE

Plant = Callable[[pytest.MonkeyPatch], None]
_REPLACE = {"mode": UpdateMode.REPLACE}


def lane_without_if_match(patch: pytest.MonkeyPatch) -> None:
    """Save a lane whatever another instance wrote."""

    def save(self: Any, lane: Lane) -> Lane:
        answer = self._table.upsert_entity(stored_lanes._row(lane), **_REPLACE)
        return replace(lane, etag=str(answer["etag"]))

    patch.setattr(stored_lanes.TableLanes, "save", save)


def outbox_after_the_post(patch: pytest.MonkeyPatch) -> None:
    """Post a card, and write its notice then."""
    waiting: dict[str, str] = {}

    def add(self: Any, notice: Notice, text: str) -> None:
        self._documents.put(notice.document, text)
        waiting[notice.key] = text

    def ask(self: Any, notice: Notice, now: datetime, after: timedelta = timedelta(0)) -> None:
        post(ADDRESS, {"text": waiting.get(notice.key, "")})
        row = stored_outbox._row(replace(notice, fate=Fate.DELIVERED, settled_at=now))
        self._table.upsert_entity(row, **_REPLACE)

    patch.setattr(stored_outbox.TableOutbox, "add", add)
    patch.setattr(stored_outbox.TableOutbox, "ask", ask)


def watermark_before_the_counts(patch: pytest.MonkeyPatch) -> None:
    """Note until when rows were counted, and keep the counts then."""
    whole = watch.watch

    @dataclass
    class Early:
        counts: Counts
        sources: SignalSources

        def __getattr__(self, name: str) -> Any:
            return getattr(self.counts, name)

        def replace(self, counts: tuple[Count, ...]) -> None:
            if counts:
                self.sources.watermarks.advance(WORKSPACE, max(count.as_of for count in counts))
            self.counts.replace(counts)

    def early(sources: SignalSources, *given: Any) -> Any:
        return whole(replace(sources, counts=Early(sources.counts, sources)), *given)

    patch.setattr(watch, "watch", early)


def lease_not_renewed(patch: pytest.MonkeyPatch) -> None:
    """Begin a post on a claim that may be about to end."""
    patch.setattr(Lane, "with_post_begun", lambda self, row, _now: replace(self, sending=row))


def id_from_the_clock(patch: pytest.MonkeyPatch) -> None:
    """Name a notice after the moment at which it is written."""
    whole = Notice._create.__func__  # type: ignore[attr-defined]

    def create(cls: type[Notice], lane: str, revision: int, milestone: str, **fields: Any) -> Notice:
        notice: Notice = whole(cls, lane, revision, milestone, **fields)
        row = f"{fields['at']:%H%M%S%f}~{milestone.replace(' ', '-')}"
        return replace(notice, row=row, document=f"notices/{lane}/{row}.json")

    patch.setattr(Notice, "_create", classmethod(create))


def incident_without_if_match(patch: pytest.MonkeyPatch) -> None:
    """Save an incident whatever another instance wrote."""
    patch.setattr(stored_incidents, "_if_unchanged", lambda row, _etag: ("update", row, _REPLACE))


def noted_as_handled_too_early(patch: pytest.MonkeyPatch) -> None:
    """Note that an alert is handled, and handle it then."""
    whole = stored_alerts.StoredInbox.keep

    def keep(self: Any, key: str, body: bytes) -> None:
        whole(self, key, body)
        self.note_handled(key)

    patch.setattr(stored_alerts.StoredInbox, "keep", keep)


def noted_as_told_too_early(patch: pytest.MonkeyPatch) -> None:
    """Note that people are told, and write the notices then."""

    def early(casework: Casework, incident: Incident, now: datetime) -> Incident:
        current = incident
        for state in incident.unnotified:
            current = notified(current, state, now, ("default",))
        try:
            current = casework.incidents.save(current) if incident.unnotified else current
        except LostRaceError:
            return current
        for state in incident.unnotified:
            casework.notifier.notify(current, state.revision, state.milestone)
        return current

    for module in (opening, track, diagnose, closing):
        patch.setattr(module, "saved_and_notified", early)


def post_not_noted(patch: pytest.MonkeyPatch) -> None:
    """Post without a note that a post begins."""
    patch.setattr(Lane, "with_post_begun", lambda self, _row, now: replace(self, claimed_until=now + CLAIM))


def lane_removed_without_if_match(patch: pytest.MonkeyPatch) -> None:
    """Forget a lane to which a notice may just have been added."""

    def remove(self: Any, lane: Lane) -> None:
        self._table.delete_entity(stored_lanes._PENDING, lane.key)

    patch.setattr(stored_lanes.TableLanes, "remove", remove)


def watermark_goes_back(patch: pytest.MonkeyPatch) -> None:
    """Write a mark without a look at the one that is there."""

    def advance(self: Any, workspace: str, to: datetime) -> None:
        self._table.upsert_entity({"PartitionKey": "looks", "RowKey": workspace, "until": to.isoformat()})

    patch.setattr(TableWatermarks, "advance", advance)


def resolved_is_overwritten(patch: pytest.MonkeyPatch) -> None:
    """Note that an alert fired in the place of whatever was noted of it."""

    def fired(self: Any, place: str, occurrence: str, at: datetime) -> None:
        row = {"PartitionKey": place, "RowKey": occurrence, "fired": True, "resolved": False}
        self._table.upsert_entity(row | {"at": stored_alerts.text_of(at)}, **_REPLACE)

    patch.setattr(stored_alerts.TableAlerts, "fired", fired)


def claim_kept_from_a_lost_race(patch: pytest.MonkeyPatch) -> None:
    """Create an incident though another instance has just made one."""

    def create(self: Any, incident: Incident, previous: Incident | None) -> Incident:
        latest = replace(incident, revision=incident.revision + 1)
        self._table.upsert_entity(stored_incidents.incident_row(latest), **_REPLACE)
        answer = self._table.upsert_entity(stored_incidents.slot_row(latest), **_REPLACE)
        return replace(latest, etag=str(answer["etag"]))

    patch.setattr(stored_incidents.TableIncidents, "create", create)


def answered_though_another_wrote_first(patch: pytest.MonkeyPatch) -> None:
    """Tell a person that it is done, though the incident was changed meanwhile and nothing was stored."""
    whole = answering.ports

    @dataclass
    class Hasty:
        incidents: Any

        def __getattr__(self, name: str) -> Any:
            return getattr(self.incidents, name)

        def save(self, incident: Incident) -> Incident:
            try:
                saved: Incident = self.incidents.save(incident)
            except LostRaceError:
                return incident
            return saved

    def hasty(runtime: Runtime) -> AnswerPorts:
        ports = whole(runtime)
        return replace(ports, incidents=Hasty(ports.incidents))

    patch.setattr(answering, "ports", hasty)


RACES: Mapping[str, Plant] = {
    "an If-Match of a lane is dropped": lane_without_if_match,
    "the outbox is written after the post": outbox_after_the_post,
    "the watermark is written before the counts": watermark_before_the_counts,
    "a lease is not renewed": lease_not_renewed,
    "an id comes from the clock": id_from_the_clock,
    "an If-Match of an incident is dropped": incident_without_if_match,
    "an alert is noted as handled before it is": noted_as_handled_too_early,
    "people are noted as told before they are": noted_as_told_too_early,
    "a post is not noted before it begins": post_not_noted,
    "a lane is removed with a notice that was just added": lane_removed_without_if_match,
    "a mark goes back": watermark_goes_back,
    "a Resolved is overwritten by its Fired": resolved_is_overwritten,
    "an incident is created twice": claim_kept_from_a_lost_race,
    "a person is answered though another wrote first": answered_though_another_wrote_first,
}
