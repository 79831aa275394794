"""Learning what is normal costs in proportion to what is watched."""

from collections.abc import Iterator
from datetime import UTC, datetime

from shared.configuration.objectives import default_objectives
from shared.configuration.resources import WatchedResource
from shared.isolation import LoggedTroubles
from shared.objectives.by_minute import signals_by_minute
from shared.objectives.learn import Learner
from shared.objectives.learned import LearnedNormal
from shared.objectives.sequential.normal import Normal
from tests.incidents.fake_rooms import FakeCounts, FakeNormals

NOW = datetime(2026, 11, 21, 3, 30, tzinfo=UTC)
NORMAL = Normal(NOW, NOW, 0.01, 1.0)
RESOURCES = [
    WatchedResource(f"/s/1/g/1/providers/microsoft.signalrservice/webpubsub/line-{number}", "", "", "")
    for number in range(50)
]


class Stored(list[LearnedNormal]):
    """Normals that count how often they were read through."""

    readings = 0

    def __iter__(self) -> Iterator[LearnedNormal]:
        self.readings += 1
        return super().__iter__()


def test_the_normals_of_all_lines_are_read_through_once() -> None:
    stored = Stored(
        LearnedNormal(resource.id, signal.id, NORMAL)
        for resource in RESOURCES
        for signal in signals_by_minute(resource.service)
    )
    learner = Learner(FakeCounts(), FakeNormals(), default_objectives(), lambda *_: {}, LoggedTroubles())

    assert (stored, 1) == (learner.learn(RESOURCES, stored, NOW), stored.readings)
