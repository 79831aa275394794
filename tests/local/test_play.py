"""A replay shows every line of a timeline once."""

from datetime import timedelta

from local.replay.play import news
from shared.incidents.lifecycle.timeline import FOLDED, MOST_ENTRIES, noted
from tests.notices.milestones import opened

MINUTE = timedelta(minutes=1)


def test_every_entry_is_one_scene_also_after_the_timeline_was_folded() -> None:
    incident, counts = opened(), dict[str, int]()
    news([incident], counts)

    entries = [f"look {number}" for number in range(MOST_ENTRIES + 20)]
    scenes = []
    for number, what in enumerate(entries):
        incident = noted(incident, incident.opened_at + number * MINUTE, what)
        scenes += news([incident], counts)

    assert FOLDED in {entry.what for entry in incident.timeline}
    assert entries == [scene.entry.what for scene in scenes]


def test_several_entries_of_one_tick_are_shown_while_the_timeline_is_folded() -> None:
    incident, counts = opened(), dict[str, int]()
    for number in range(MOST_ENTRIES + 20):
        incident = noted(incident, incident.opened_at + number * MINUTE, "look")
    news([incident], counts)

    later = incident.opened_at + 1000 * MINUTE
    for what in ("validating", "resolved"):
        incident = noted(incident, later, what)

    assert ["validating", "resolved"] == [scene.entry.what for scene in news([incident], counts)]
