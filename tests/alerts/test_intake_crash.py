"""Whoever falls over between two writes and runs again ends as if nothing had happened."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.alerts.post import Post, moved, told
from tests.alerts.sample import fired, resolved
from tests.incidents.fake_rooms import House, at


class FallError(Exception):
    """The process ends here."""


class Stumble:
    """Lets the process end before, or after, the nth write."""

    def __init__(self, nth: int) -> None:
        self.left = nth
        self.falls = 0

    def over(self, place: object, name: str) -> None:
        do: Callable[..., object] = getattr(place, name)

        def call(*given: Any, **named: Any) -> object:
            self._step(name)
            result = do(*given, **named)
            self._step(name)
            return result

        setattr(place, name, call)

    def _step(self, name: str) -> None:
        self.left -= 1
        if self.left == 0:
            self.falls += 1
            raise FallError(name)


def stumbling(house: House, post: Post, nth: int) -> Stumble:
    stumble = Stumble(nth)
    for name in ("create", "save"):
        stumble.over(house.incidents, name)
    for name in ("fired", "resolved"):
        stumble.over(house.alerts, name)
    stumble.over(house.notifier, "notify")
    stumble.over(house.work, "ask_for_diagnosis")
    stumble.over(post.announcer, "announce")
    return stumble


def outcome(name: str, nth: int) -> tuple[object, int]:
    """Let an alert fire and be resolved; the queue brings again what fell over."""
    house = House()
    post = Post(house)
    stumble = stumbling(house, post, nth)
    for variant_of in (fired, resolved):
        try:
            post.take(moved(variant_of(name), 5), 6)
        except FallError:
            post.take(moved(variant_of(name), 5), 6)
    stumble.left = 0
    house.track(at(7))
    incidents = [
        (
            incident.id,
            incident.state,
            incident.severity,
            incident.signals,
            [what for what in told(incident) if "told" not in what],
        )
        for incident in house.incidents.kept.values()
    ]
    cards = [(incident, milestone) for incident, _, milestone in house.notifier.told]
    return (incidents, cards, post.announcer.told), stumble.falls


@pytest.mark.parametrize(
    "name", ["metric-static", "budget"], ids=["an alert that fits", "one that fits none"]
)
def test_a_crash_anywhere_and_another_run_end_the_same(name: str) -> None:
    whole, _ = outcome(name, 0)
    tried = 0
    while (ending := outcome(name, tried + 1))[1]:
        tried += 1
        assert whole == ending[0], f"fell over at {tried}"

    assert tried >= 8
