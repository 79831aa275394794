"""Whose events are accepted: what is wrong is told, and is not accepted."""

from pathlib import Path

import pytest

from shared.configuration.events import usable_events
from shared.configuration.files.usable import flawless
from shared.configuration.match import star_fits

LOBBY = "/subscriptions/5f/resourceGroups/rt/providers/Microsoft.SignalRService/webPubSub/lobby"
CALLS = "/subscriptions/5f/resourceGroups/rt/providers/Microsoft.Communication/communicationServices/calls"
GOOD = f"  - {{resource: {LOBBY}, origins: [Lobby.example], keys: [A], hubs: [{{hub: Chat}}]}}\n"


def folder(place: Path, entries: str) -> Path:
    (place / "events.yaml").write_text(f"resources:\n{entries}", encoding="utf-8")
    return place


def test_no_file_accepts_nobody(tmp_path: Path) -> None:
    assert () == flawless(usable_events(tmp_path)).resources


def test_names_of_hosts_hubs_and_resources_are_compared_in_any_case(tmp_path: Path) -> None:
    rules = flawless(usable_events(folder(tmp_path, GOOD)))
    resource = rules.of_origin("LOBBY.Example")

    assert resource is not None
    assert (LOBBY.lower(), {"chat"}) == (resource.id, set(resource.hubs))
    assert rules.of_origin("lobby.example.org") is None


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        (
            f"{{resource: {CALLS}, origins: [c.example], keys: [A], hubs: [{{hub: a}}]}}",
            "sends no such events",
        ),
        (f"{{resource: {LOBBY}, origins: [c.example], hubs: [{{hub: a}}]}}", "nothing proves its events"),
        (
            f"{{resource: {LOBBY}, origins: [LOBBY.example], keys: [A], hubs: [{{hub: a}}]}}",
            "stands already at",
        ),
        (
            f"{{resource: {LOBBY}, origins: [c.example], keys: [A], hubs: [{{hub: a}}, {{hub: A}}]}}",
            "stands twice",
        ),
        (
            f"{{resource: {LOBBY}, origins: [c.example], keys: [A], hubs: [{{hub: a, time_limit: 5s}}]}}",
            "'time_limit' is 5s",
        ),
        (
            f"{{resource: {LOBBY}, origins: [c.example], keys: [A], hubs: [{{hub: a, time_limit: 0s}}]}}",
            "'time_limit' is 0s",
        ),
    ],
)
def test_a_wrong_entry_is_told_and_the_others_are_used(tmp_path: Path, entry: str, complaint: str) -> None:
    rules, problems = usable_events(folder(tmp_path, f"{GOOD}  - {entry}\n"))

    assert [LOBBY.lower()] == [resource.id for resource in rules.resources]
    assert [True] == [complaint in problem.message for problem in problems]
    assert problems[0].where == "events.yaml:3"


@pytest.mark.parametrize(
    ("pattern", "text", "is_fit"),
    [
        ("ada", "ada", True),
        ("ada", "ada2", False),
        ("*", "", True),
        ("*@contoso.com", "ada@contoso.com", True),
        ("*@contoso.com", "ada@contoso.com.evil", False),
        ("a*a", "a", False),
        ("a*b*c", "a-b-c", True),
        ("a*b*c", "a-c-b", False),
        ("*ab*ab*", "xabxabx", True),
        ("*ab*ab*", "xabx", False),
        ("a*", "b\na", False),
        ("*\n*", "b\na", True),
    ],
)
def test_a_star_stands_for_anything(pattern: str, text: str, is_fit: bool) -> None:
    assert is_fit == star_fits(pattern, text)


def test_a_text_that_is_made_to_hurt_is_compared_at_once() -> None:
    assert not star_fits("*a*a*a*a*b", "a" * 1_000_000)
