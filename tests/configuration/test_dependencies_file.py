from pathlib import Path

import pytest

from shared.configuration.dependencies import DeclaredDependency, usable_dependencies
from shared.context.dependencies import (
    Dependency,
    DependencyKind,
    dependencies_of,
    dependents_of,
    idle_limit_of,
)

ROOMS = "/subscriptions/8f1e/resourceGroups/rt/providers/Microsoft.DocumentDB/databaseAccounts/Rooms"
LOBBY = "/subscriptions/8f1e/resourcegroups/rt/providers/microsoft.signalrservice/webpubsub/lobby"
TEXT = f"""
dependencies:
  - line: Lobby
    network: [{{name: office proxy, idle_limit: 1m}}, {{name: edge, idle_limit: 30s}}]
    data: [{{resource: {ROOMS}, region: West Europe}}]
    needed_by: [kiosks]
  - line: trading-floor
    data: [{{resource: {LOBBY}}}]
"""


def config(folder: Path, text: str) -> Path:
    (folder / "dependencies.yaml").write_text(text, encoding="utf-8")
    return folder


def test_reads_what_a_line_needs_and_what_needs_it(tmp_path: Path) -> None:
    lines, problems = usable_dependencies(config(tmp_path, TEXT))

    assert () == problems
    assert DeclaredDependency("data", "rooms", ROOMS.lower(), "", "westeurope") in lines[0].members
    assert 30 == idle_limit_of(lines, LOBBY)
    assert ("kiosks", "trading-floor") == dependents_of(lines, LOBBY)
    assert ("Azure Cosmos DB", "westeurope") in dependencies_of(lines, lambda _: (), LOBBY).services()


def test_what_nobody_declared_is_not_known(tmp_path: Path) -> None:
    lines, _ = usable_dependencies(tmp_path)

    assert None is dependents_of(lines, LOBBY)
    assert 60 == idle_limit_of(lines, LOBBY)


def test_what_is_declared_and_found_counts_once(tmp_path: Path) -> None:
    lines, _ = usable_dependencies(config(tmp_path, TEXT))
    found = Dependency(
        DependencyKind.DATA, "rooms", "Azure Cosmos DB", "northeurope", ROOMS.lower(), is_declared=False
    )

    assert (ROOMS.lower(),) == dependencies_of(lines, lambda _: [found], LOBBY).resources()


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        pytest.param(
            "{line: lobby, network: [{region: westeurope}]}", "it names nothing", id="nothing named"
        ),
        pytest.param("{line: lobby, network: [{nme: proxy}]}", "unknown key 'nme'", id="a typo"),
        pytest.param("{network: []}", "the line has no 'line'", id="no line"),
        pytest.param("{line: lobby, data: [{resource: /subscriptions/a}]}", "resource", id="no ARM id"),
    ],
)
def test_a_wrong_entry_is_left_out_and_told(tmp_path: Path, entry: str, complaint: str) -> None:
    lines, (problem,) = usable_dependencies(config(tmp_path, f"dependencies: [{entry}, {{line: quiz}}]"))

    assert ["quiz"] == [line.line for line in lines]
    assert complaint in str(problem)
