"""Break every request on the way from an alert to its delivered card, one at a time: `python -m tests.contract.crash_points`."""

import logging
import random
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rich.progress import track
from rich.table import Table

from local.output.console import console_for
from tests.contract.alert_road import ANNOUNCEMENT, INCIDENT, STATES, Ending, Road, road
from tests.contract.injected import Kind, Sent

THE_ONE = (
    "the answer to the POST to Teams is lost: the card may come twice, the second marked as a possible repeat"
)


@dataclass(frozen=True, slots=True)
class Point:
    """One request, and how it fails.

    Attributes:
        number: of the request in its story.
        is_cold: the story is played on an account where nothing was made yet.
        lasts: what is like it fails from there on, until somebody mends it.
    """

    story: str
    number: int
    sent: Sent
    kind: Kind
    is_cold: bool = False
    lasts: bool = False

    @property
    def may_repeat(self) -> bool:
        """Tell whether a card may come again: its answer was lost, or what became of it can be noted by nobody for long."""
        is_outcome = self.lasts and self.sent.what == "table notices, a transaction"
        return is_outcome or (self.sent.is_post_to_teams and self.kind is not Kind.NOT_SENT)

    @property
    def may_mark(self) -> bool:
        """Tell whether it may be stored that a post begins, and nobody knows: the only card says then that it may be a repeat."""
        notes = self.sent.method == "PUT" and self.sent.what == "table streams"
        return notes and self.kind is not Kind.NOT_SENT


def points(way: Road) -> Iterator[Point]:
    """Return every point of the stories; what only asks fails as an exception does, and no other way differs."""
    way.on_new_account()
    cold, warm = (way.play(INCIDENT).sent for _ in range(2))
    requests = (
        *((INCIDENT, number, request, True) for number, request in enumerate(cold, 1) if request not in warm),
        *((INCIDENT, number, request, False) for number, request in enumerate(warm, 1)),
        *(
            (ANNOUNCEMENT, number, request, False)
            for number, request in enumerate(way.play(ANNOUNCEMENT).sent, 1)
        ),
    )
    for story, number, sent, is_cold in requests:
        for kind in Kind if sent.changes else (Kind.NOT_SENT, Kind.LOST):
            yield Point(story, number, sent, kind, is_cold)


def lasting(every: Sequence[Point]) -> list[Point]:
    """Return the points at which something goes on to fail: once for each kind of request of each function."""
    kinds = (Kind.NOT_SENT, Kind.LOST)
    points = (replace(point, lasts=True) for point in every if point.kind in kinds)
    return list({(point.story, point.sent, point.kind, point.is_cold): point for point in points}.values())


def pairs(every: Sequence[Point], story: str, seed: int, number: int) -> list[tuple[Point, Point]]:
    """Draw so many pairs of points of one story."""
    chance = random.Random(seed)
    warm = [point for point in every if point.story == story and not point.is_cold]
    drawn_pairs = (sorted(chance.sample(warm, 2), key=lambda point: point.number) for _ in range(number))
    return [(first, second) for first, second in drawn_pairs]


def tried_both(way: Road, pair: tuple[Point, Point]) -> Ending:
    """Play a story in which two requests fail; the second is another one where the first has changed the way."""
    first, second = pair
    return way.play(first.story, {first.number: first.kind, second.number: second.kind})


def wrong_after_both(pair: tuple[Point, Point], ending: Ending) -> list[str]:
    """Return what is not as it must be: each state is told once without a mark, and marked repeats stand for lost answers."""
    story = pair[0].story
    problems = list(ending.problems)
    # The first fault may change the way, and the second hits another request then.
    hit = [replace(one, sent=ending.sent[one.number - 1]) for one in pair if one.number <= len(ending.sent)]
    may_mark = any(point.may_mark for point in hit)
    for state in STATES[story]:
        marks = sorted(is_marked for states, is_marked in ending.cards if states == state)
        is_first = marks[:1] == [False] or (marks == [True] and may_mark)
        if not is_first or not all(marks[1:]):
            problems.append(f"the cards that say {state}, marked as a repeat: {marks}")
    told = _told(story, ending)
    if told != list(STATES[story]):
        problems.append(f"the cards came as {told}")
    return problems


def _told(story: str, ending: Ending) -> list[str]:
    """Return the states in the order of their first cards, without what was told of the failures themselves."""
    return list(dict.fromkeys(state for state, _ in ending.cards if state in STATES[story]))


def tried(way: Road, point: Point) -> Ending:
    """Play a story in which this request fails."""
    if point.is_cold:
        way.on_new_account()
    return way.play(point.story, {point.number: point.kind}, lasts=point.lasts)


def wrong(point: Point, ending: Ending) -> list[str]:
    """Return what is not as it must be: each alert is one card for each of its states, and the work is done."""
    problems = list(ending.problems)
    if ending.sent[point.number - 1 : point.number] != (point.sent,):
        problems.append("another request was hit")
    for state in STATES[point.story]:
        marks = [is_marked for states, is_marked in ending.cards if states == state]
        if len(marks) != 1 and not (point.may_repeat and _are_repeats(marks, point)):
            problems.append(f"{len(marks)} cards say {state}, marked as a repeat: {marks}")
    told = _told(point.story, ending)
    if told != list(STATES[point.story]):
        problems.append(f"the cards came as {told}")
    return problems


def _are_repeats(marks: list[bool], point: Point) -> bool:
    """Tell whether all cards but the first are marked; where answers are lost once, there are two."""
    return marks == [False, True] or (point.lasts and marks[:1] == [False] and all(marks[1:]))


def most_cards(ending: Ending) -> int:
    """Return how often the state was told that was told most often."""
    states = [state for state, _ in ending.cards]
    return max(map(states.count, states), default=0)


def drawn(endings: Sequence[tuple[Point, Ending]]) -> Table:
    """Draw what became of each request of each function; how often it stands on the way, and the cards of a state."""
    rows: dict[Sent, dict[Kind, list[tuple[Point, Ending]]]] = defaultdict(lambda: defaultdict(list))
    for point, ending in endings:
        rows[point.sent][point.kind].append((point, ending))
    table = Table(
        title="Most cards of one state, by request and by how it fails", box=None, title_justify="left"
    )
    for column in ("function", "method", "request", "times"):
        table.add_column(column, justify="right" if column == "times" else "left")
    for kind in Kind:
        table.add_column(kind, justify="right")
    for sent, kinds in rows.items():
        times = str(max(map(len, kinds.values())))
        table.add_row(sent.by, sent.method, sent.what, times, *(_cell(kinds.get(kind, [])) for kind in Kind))
    return table


def _cell(tries: Sequence[tuple[Point, Ending]]) -> str:
    if any(wrong(*attempt) for attempt in tries):
        return "WRONG"
    return str(max(most_cards(ending) for _, ending in tries)) if tries else ""


def main() -> int:
    """Try every point in every way and print what became of it."""
    console, endings = console_for(sys.stdout), []
    logging.disable()
    with road() as way:
        all_points = list(points(way))
        for point in track(all_points, "Breaking", console=console, transient=True):
            endings.append((point, tried(way, point)))
            for problem in wrong(*endings[-1]):
                console.print(f"{point}: {problem}", soft_wrap=True, markup=False)
    console.print(drawn(endings))
    requests = {(point.story, point.number, point.is_cold) for point in all_points}
    twice = {point.sent.what for point, ending in endings if most_cards(ending) > 1}
    console.print(
        f"{len(all_points)} exceptions at {len(requests)} requests. A card came twice at: {', '.join(twice)}."
    )
    console.print(f"Expected there alone: {THE_ONE}.", soft_wrap=True)
    return int(any(wrong(*attempt) for attempt in endings))


if __name__ == "__main__":
    sys.exit(main())
