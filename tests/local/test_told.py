from datetime import UTC, datetime
from typing import cast

from local.replay.play import Scene
from local.replay.story import scene_line
from shared.incidents.incident import Entry, Incident


def scene(day: int, hour: int) -> Scene:
    entry = Entry(datetime(2026, 11, day, hour, 5, tzinfo=UTC), "looked")
    return Scene(cast("Incident", None), entry)


def test_a_line_of_the_story_names_its_date_where_another_day_began() -> None:
    assert "20:05 UTC  looked" == scene_line(scene(21, 20)).plain
    assert "21:05 UTC  looked" == scene_line(scene(21, 21), scene(21, 20)).plain
    assert "2026-11-22 20:05 UTC  looked" == scene_line(scene(22, 20), scene(21, 20)).plain
